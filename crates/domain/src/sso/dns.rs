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

/// Every text that the domain's records say; none where there are none, or nobody answers.
pub(super) async fn texts(s: &Services, domain: &str) -> anyhow::Result<Vec<String>> {
    let resolver = resolver(s.providers.dns_server)?;
    // With a dot at its end, the name is not looked for in the machine's own domain.
    let Ok(found) = resolver.txt_lookup(format!("{domain}.")).await else {
        return Ok(Vec::new());
    };
    let records = found
        .answers()
        .iter()
        .filter_map(|record| match &record.data {
            RData::TXT(text) => Some(text.txt_data.concat()),
            _ => None,
        });
    Ok(records
        .filter_map(|text| String::from_utf8(text).ok())
        .collect())
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
