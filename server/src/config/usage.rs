//! How long calls are kept.

use clap::Args;
use domain::usage::SHORTEST_RETENTION_DAYS;

/// The section `Usage` of `--help`.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Usage")]
pub struct UsageSettings {
    /// Days after which a month's calls are dropped, 100 or more; 0 keeps them. Their numbers stay
    #[arg(
        long,
        env = "BULKHEAD_USAGE_RETENTION_DAYS",
        value_name = "BULKHEAD_USAGE_RETENTION_DAYS",
        default_value_t = 400,
        value_parser = retention_days,
        global = true
    )]
    pub usage_retention_days: u32,
}

fn retention_days(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(days) if days == 0 || days >= SHORTEST_RETENTION_DAYS => Ok(days),
        Ok(_) => Err(format!("must be 0 or at least {SHORTEST_RETENTION_DAYS}")),
        Err(error) => Err(format!("{error}")),
    }
}
