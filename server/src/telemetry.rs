//! The log: one line an event, on standard error, with the request's id and tenant, without any secret.

use crate::config::{LogFormat, LoggingSettings, WrongSetting};
use std::io::{IsTerminal as _, stderr};
use std::{panic, thread};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::{ParseError, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{fmt, registry};

/// What other crates say at `info` that is of no use to an operator.
const QUIET: [&str; 3] = [
    "tower_sessions",
    "tower_sessions_core",
    "sqlx::postgres::notice",
];

/// Starts logging; once a process.
pub fn start(settings: &LoggingSettings) -> Result<(), WrongSetting> {
    let filter = filter(&settings.log)?;
    let lines = fmt::layer().with_writer(stderr);
    let log = registry().with(filter);
    match settings.log_format {
        LogFormat::Pretty => log
            .with(lines.with_ansi(stderr().is_terminal()).with_target(false))
            .init(),
        LogFormat::Json => log
            .with(lines.json().flatten_event(true).with_span_list(false))
            .init(),
    }
    panic::set_hook(Box::new(log_panic));
    Ok(())
}

/// By level and module alone: filters that look into spans cost every request more than its lines.
fn filter(text: &str) -> Result<Targets, WrongSetting> {
    let asked: Targets = text
        .parse()
        .map_err(|error: ParseError| WrongSetting::new("RUST_LOG", error.to_string()))?;
    let named = |target: &str| asked.iter().any(|(asked, _)| asked == target);
    let quiet = QUIET.into_iter().filter(|target| !named(target));
    let quiet = quiet.map(|target| (target, LevelFilter::WARN));
    Ok(asked.clone().with_targets(quiet))
}

/// A panic becomes a line like any other, with the request it happened in.
fn log_panic(panic: &panic::PanicHookInfo<'_>) {
    let place = panic
        .location()
        .map(ToString::to_string)
        .unwrap_or_default();
    let message = panic.payload_as_str().unwrap_or("(no message)");
    let thread = thread::current();
    tracing::error!(place, thread = thread.name(), "panicked: {message}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_filter_is_told_by_its_name() {
        let error = filter("info,domain=loud").expect_err("no such level");
        assert!(error.to_string().starts_with("RUST_LOG: "), "{error}");
    }

    #[test]
    fn what_the_operator_asks_for_is_not_quietened() {
        let filter = filter("warn,tower_sessions=trace").expect("a filter");
        assert!(filter.would_enable("tower_sessions", &tracing::Level::TRACE));
        assert!(!filter.would_enable("tower_sessions_core", &tracing::Level::INFO));
    }
}
