//! How the server is reached.

use super::{Config, PublicUrl};
use clap::Args;
use ipnet::IpNet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

pub(super) const MAX_REQUESTS: usize = 1024;

/// The section `Serving` of `--help`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Serving")]
pub struct HttpSettings {
    /// Address and port to listen on
    #[arg(
        long,
        env = "BULKHEAD_ADDR",
        value_name = "BULKHEAD_ADDR",
        default_value = "127.0.0.1:3000",
        global = true
    )]
    pub addr: SocketAddr,

    /// Where people and MCP clients reach this server: https, or http on a loopback name.
    /// Default: http:// and the address to listen on
    #[arg(
        long,
        env = "BULKHEAD_PUBLIC_URL",
        value_name = "BULKHEAD_PUBLIC_URL",
        global = true
    )]
    pub public_url: Option<PublicUrl>,

    /// Directory of the browser's files.
    /// Default: target/site, else the directory `site` beside the program
    #[arg(
        long,
        env = "BULKHEAD_SITE_DIR",
        value_name = "BULKHEAD_SITE_DIR",
        global = true
    )]
    pub site_dir: Option<PathBuf>,

    /// Networks of reverse proxies whose X-Forwarded-For is believed, separated by commas
    #[arg(
        long,
        env = "BULKHEAD_TRUSTED_PROXIES",
        value_name = "BULKHEAD_TRUSTED_PROXIES",
        value_delimiter = ',',
        global = true
    )]
    pub trusted_proxies: Vec<IpNet>,

    /// How many connections are open at once; more wait
    #[arg(
        long,
        env = "BULKHEAD_MAX_CONNECTIONS",
        value_name = "BULKHEAD_MAX_CONNECTIONS",
        default_value_t = 10_000,
        value_parser = at_least_one,
        global = true
    )]
    pub max_connections: usize,

    /// How many requests are worked on at once; more are refused with 503
    #[arg(
        long,
        env = "BULKHEAD_MAX_REQUESTS",
        value_name = "BULKHEAD_MAX_REQUESTS",
        default_value_t = MAX_REQUESTS,
        value_parser = at_least_one,
        global = true
    )]
    pub max_requests: usize,

    /// Seconds between saying "not ready" and refusing connections when told to stop;
    /// a balancer needs 3 to 5 to notice
    #[arg(
        long,
        env = "BULKHEAD_SHUTDOWN_DELAY",
        value_name = "BULKHEAD_SHUTDOWN_DELAY",
        default_value_t = 0,
        value_parser = clap::value_parser!(u64).range(0..=60),
        global = true
    )]
    pub shutdown_delay: u64,
}

impl HttpSettings {
    /// What handlers need, for a server that listens at `bound`.
    pub fn config(&self, bound: SocketAddr) -> Config {
        let public_url = self
            .public_url
            .clone()
            .unwrap_or_else(|| PublicUrl::of_address(bound));
        Config {
            public_url,
            trusted_proxies: self.trusted_proxies.clone(),
            max_requests: self.max_requests,
        }
    }

    /// How long a balancer is given to notice that the server is about to stop.
    pub fn shutdown_delay(&self) -> Duration {
        Duration::from_secs(self.shutdown_delay)
    }
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("must be at least 1".into()),
        Ok(number) => Ok(number),
        Err(error) => Err(format!("{error}")),
    }
}
