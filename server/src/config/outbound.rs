//! What tenants may reach beside the public internet.

use super::WrongSetting;
use clap::Args;
use domain::outbound::InnerHosts;

const HOSTS: &str = "BULKHEAD_INNER_HOSTS";

/// The section `Calls to other services` of `--help`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Calls to other services")]
pub struct OutboundSettings {
    /// Hosts that are not public and that tenants may reach all the same, each with its port, such as
    /// `127.0.0.1:4010,billing.corp:8443`
    #[arg(long, env = HOSTS, value_name = HOSTS, global = true)]
    pub inner_hosts: Option<String>,
}

impl OutboundSettings {
    /// The hosts; none by default.
    pub fn inner_hosts(&self) -> Result<InnerHosts, WrongSetting> {
        let list = self.inner_hosts.as_deref().unwrap_or_default();
        InnerHosts::parse(list).map_err(|error| WrongSetting::new(HOSTS, error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Cli;
    use super::*;
    use clap::Parser as _;

    fn read(list: &str) -> Result<InnerHosts, String> {
        let cli = Cli::try_parse_from(["bulkhead", "--inner-hosts", list]);
        let settings = cli.expect("a line").settings.outbound;
        settings.inner_hosts().map_err(|error| error.to_string())
    }

    #[test]
    fn hosts_are_read_from_one_line() {
        assert!(read("127.0.0.1:4010,billing.corp:8443").is_ok());
        assert_eq!(read(""), Ok(InnerHosts::default()));
    }

    #[test]
    fn a_wrong_host_is_named_with_its_setting() {
        assert_eq!(
            read("127.0.0.1:4010,billing.corp"),
            Err("BULKHEAD_INNER_HOSTS: `billing.corp` is no host and port, such as `billing.corp:8443`".into())
        );
    }
}
