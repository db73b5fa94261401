//! Asking a domain's TXT records.

use crate::Services;
use anyhow::Context as _;
use hickory_resolver::{
    TokioResolver,
    config::{ConnectionConfig, NameServerConfig, ResolverConfig},
    net::runtime::TokioRuntimeProvider,
    proto::rr::RData,
};
use std::{net::SocketAddr, time::Duration};

/// Whether one of the domain's records says that. Nothing is known where no name server says what there is: that it
/// failed or does not answer.
pub(super) async fn says(s: &Services, domain: &str, wanted: &str) -> anyhow::Result<Option<bool>> {
    let resolver = resolver(s.providers.dns_server)?;
    // With a dot at its end, the name is not looked for in the machine's own domain.
    let found = match resolver.txt_lookup(format!("{domain}.")).await {
        Ok(found) => found,
        Err(error) if error.is_no_records_found() => return Ok(Some(false)),
        Err(error) => {
            tracing::info!(domain, %error, "no name server says what records there are");
            return Ok(None);
        }
    };
    let mut records = found
        .answers()
        .iter()
        .filter_map(|record| match &record.data {
            RData::TXT(text) => Some(text.txt_data.concat()),
            _ => None,
        });
    Ok(Some(records.any(|text| text == wanted.as_bytes())))
}

fn resolver(server: Option<SocketAddr>) -> anyhow::Result<TokioResolver> {
    let mut builder = match server {
        None => TokioResolver::builder_tokio().context("reading how names are resolved")?,
        Some(server) => {
            let mut ways = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
            for way in &mut ways {
                way.port = server.port();
            }
            let server = NameServerConfig::new(server.ip(), true, ways.into());
            let config = ResolverConfig::from_name_servers(vec![server]);
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
        }
    };
    let options = builder.options_mut();
    options.timeout = Duration::from_secs(3);
    options.attempts = 2;
    // Who has just set a record asks again.
    options.cache_size = 0;
    builder.build().context("building a resolver")
}
