//! Every setting: a flag, an environment variable of the same name, a default, a sentence in `--help`.
//!
//! One file a section. A wrong setting stops the start with its name and the reason, and exit code 2.

mod audit;
mod audit_bucket;
mod billing;
mod connections;
mod database;
mod http;
mod logging;
mod mail;
mod oauth;
mod operators;
mod outbound;
mod places;
mod plans;
mod public_url;
mod secrets;
mod sign_in;
mod site;
mod transit;
mod usage;

pub use audit::AuditSettings;
pub use audit_bucket::BucketSettings;
pub use billing::BillingSettings;
pub use connections::ConnectionSettings;
pub use database::{DatabaseChoice, DatabaseSettings};
pub use http::HttpSettings;
pub use logging::{LogFormat, LoggingSettings};
pub use mail::MailSettings;
pub use oauth::OauthSettings;
pub use operators::OperatorSettings;
pub use outbound::OutboundSettings;
pub use places::PlaceSettings;
pub use plans::{PLANS_FILE, PlanSettings};
pub use public_url::PublicUrl;
pub use secrets::SecretSettings;
pub use sign_in::SignInSettings;
pub use site::Site;
pub use transit::TransitSettings;
pub use usage::UsageSettings;

use clap::{Args, Parser, Subcommand};
use ipnet::IpNet;
use std::{env, fmt, path::PathBuf};

/// The control plane for your company's MCP clients.
#[derive(Debug, Parser)]
#[command(name = "bulkhead", version, after_help = AFTER_HELP)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// How to do it.
    #[command(flatten)]
    pub settings: Settings,
}

const AFTER_HELP: &str = "\
Every option can be given by the environment variable that it names. \
With BULKHEAD_DEV=1, a file .env in the working directory is read first; \
variables that are set already win. docs/operations.md says more.";

/// What the binary can do.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Serve pages and MCP endpoints until told to stop (the default)
    Serve,
    /// Bring the database's schema up to date, then end
    Migrate,
    /// Ask a server on this machine whether it is ready; the exit code answers
    Healthcheck,
    /// Say whether an export of an audit log is whole, and which row is the first that is not
    VerifyAudit(VerifyAudit),
    /// Draw new data keys, seal everything anew and remove the old ones, beside running servers
    RotateKeys(RotateKeys),
}

/// How `rotate-keys` goes about it.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct RotateKeys {
    /// Change nothing; say how many data keys and cells are under which key.
    /// The exit code says whether all are under keys in use
    #[arg(long)]
    pub check: bool,
    /// Seconds for which old keys stay after nothing is sealed with them any more
    #[arg(long, default_value_t = domain::data_keys::GRACE.as_secs())]
    pub grace: u64,
}

/// What `verify-audit` reads.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct VerifyAudit {
    /// An export of an audit log, in JSONL
    pub export: PathBuf,
    /// Signed checkpoints: a file, or a directory of them; may be repeated
    #[arg(long)]
    pub checkpoints: Vec<PathBuf>,
    /// The key whose checkpoints are trusted: 64 hexadecimal digits or a file; may be repeated
    #[arg(long)]
    pub public_key: Vec<String>,
}

/// All settings by section.
#[derive(Debug, Args)]
pub struct Settings {
    /// How the server is reached.
    #[command(flatten)]
    pub http: HttpSettings,
    /// Where data is kept.
    #[command(flatten)]
    pub database: DatabaseSettings,
    /// Where the signed ends of audit logs are kept.
    #[command(flatten)]
    pub audit: AuditSettings,
    /// How long calls are kept.
    #[command(flatten)]
    pub usage: UsageSettings,
    /// What seals secrets.
    #[command(flatten)]
    pub secrets: SecretSettings,
    /// Where people can sign in with an account elsewhere.
    #[command(flatten)]
    pub sign_in: SignInSettings,
    /// With whose app people log in to other services.
    #[command(flatten)]
    pub connections: ConnectionSettings,
    /// How MCP clients log in.
    #[command(flatten)]
    pub oauth: OauthSettings,
    /// What tenants may reach.
    #[command(flatten)]
    pub outbound: OutboundSettings,
    /// Who runs this instance.
    #[command(flatten)]
    pub operators: OperatorSettings,
    /// Where in the world addresses are.
    #[command(flatten)]
    pub places: PlaceSettings,
    /// What tenants may do for what they pay.
    #[command(flatten)]
    pub plans: PlanSettings,
    /// How tenants pay.
    #[command(flatten)]
    pub billing: BillingSettings,
    /// How letters leave.
    #[command(flatten)]
    pub mail: MailSettings,
    /// What is logged.
    #[command(flatten)]
    pub logging: LoggingSettings,
}

/// What request handlers need to know of the settings.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where people and clients reach this server.
    pub public_url: PublicUrl,
    /// Proxies whose word about a client's address is taken.
    pub trusted_proxies: Vec<IpNet>,
    /// How many requests are worked on at once; more are refused with 503.
    pub max_requests: usize,
}

impl Config {
    /// The defaults for a server at this address.
    pub fn new(public_url: PublicUrl) -> Self {
        Self {
            public_url,
            trusted_proxies: Vec::new(),
            max_requests: http::MAX_REQUESTS,
        }
    }
}

/// A setting that cannot be used.
#[derive(Debug)]
pub struct WrongSetting {
    name: &'static str,
    reason: String,
}

impl WrongSetting {
    /// Names the setting and says what is wrong with it.
    pub fn new(name: &'static str, reason: impl Into<String>) -> Self {
        Self {
            name,
            reason: reason.into(),
        }
    }
}

impl fmt::Display for WrongSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.reason)
    }
}

impl std::error::Error for WrongSetting {}

/// Reads `.env` in development: in a debug build, or when `BULKHEAD_DEV` says so. A release build does not look
/// for files in whatever directory it happens to be started from.
pub fn read_env_file() -> Result<(), WrongSetting> {
    let asked_for = env::var("BULKHEAD_DEV").is_ok_and(|value| !matches!(value.as_str(), "" | "0"));
    if !asked_for && !cfg!(debug_assertions) {
        return Ok(());
    }
    match dotenvy::from_filename(".env") {
        Err(dotenvy::Error::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        // The error itself would quote a line of the file, which may hold a secret.
        Err(_) => Err(WrongSetting::new(
            ".env",
            "a line is not of the form NAME=value",
        )),
        Ok(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn settings_may_stand_before_and_after_the_command() {
        for line in [
            ["bulkhead", "--addr=[::1]:1", "serve"],
            ["bulkhead", "serve", "--addr=[::1]:1"],
        ] {
            let cli = Cli::try_parse_from(line).expect("a valid line");
            assert_eq!(cli.settings.http.addr.to_string(), "[::1]:1");
        }
    }

    #[test]
    fn a_wrong_value_is_told_with_its_name_and_exit_code_2() {
        let error = Cli::try_parse_from(["bulkhead", "--addr", "nowhere"]).expect_err("no address");
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().contains("BULKHEAD_ADDR"), "{error}");
    }

    #[test]
    fn help_names_every_setting_and_no_secret_value() {
        let help = Cli::command().render_long_help().to_string();
        for name in [
            "DATABASE_URL",
            "DATABASE_URL_FILE",
            "BULKHEAD_PUBLIC_URL",
            "BULKHEAD_DATA_DIR",
            "RUST_LOG",
        ] {
            assert!(help.contains(&format!("[env: {name}")), "{name} in {help}");
        }
    }
}
