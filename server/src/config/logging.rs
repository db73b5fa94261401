//! What is logged.

use clap::{Args, ValueEnum};

/// The section `Logging` of `--help`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Logging")]
pub struct LoggingSettings {
    /// Lines for people, or one JSON object a line
    #[arg(
        long,
        env = "BULKHEAD_LOG_FORMAT",
        value_name = "BULKHEAD_LOG_FORMAT",
        default_value = "pretty",
        global = true
    )]
    pub log_format: LogFormat,

    /// Which events are logged, such as `warn` or `info,domain=debug`
    #[arg(
        long,
        env = "RUST_LOG",
        value_name = "RUST_LOG",
        default_value = "info",
        global = true
    )]
    pub log: String,
}

/// How a line of the log looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// For machines.
    Json,
}
