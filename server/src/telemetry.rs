//! The log: one line an event, on standard error, with the request's id and tenant, without any secret.

use crate::config::{LogFormat, LoggingSettings, WrongSetting};
use std::io::{IsTerminal as _, stderr};
use std::{panic, thread};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::Directive;

/// What other crates say at `info` that is of no use to an operator.
const QUIET: [&str; 3] = [
    "tower_sessions=warn",
    "tower_sessions_core=warn",
    "sqlx::postgres::notice=warn",
];

/// Starts logging; once a process.
pub fn start(settings: &LoggingSettings) -> Result<(), WrongSetting> {
    let filter = filter(&settings.log)?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(stderr);
    match settings.log_format {
        LogFormat::Pretty => lines
            .with_ansi(stderr().is_terminal())
            .with_target(false)
            .init(),
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .init(),
    }
    panic::set_hook(Box::new(log_panic));
    Ok(())
}

fn filter(text: &str) -> Result<EnvFilter, WrongSetting> {
    let wrong = |error: &dyn std::fmt::Display| WrongSetting::new("RUST_LOG", error.to_string());
    let asked = EnvFilter::try_new(text).map_err(|error| wrong(&error))?;
    QUIET
        .into_iter()
        .filter(|quiet| !text.contains(quiet.split('=').next().unwrap_or(quiet)))
        .try_fold(asked, |filter, quiet| {
            let quiet: Directive = quiet.parse().map_err(|error| wrong(&error))?;
            Ok(filter.add_directive(quiet))
        })
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
        let filter = filter("warn,tower_sessions=trace")
            .expect("a filter")
            .to_string();
        assert!(
            filter.contains("tower_sessions=trace") && !filter.contains("tower_sessions=warn"),
            "{filter}"
        );
    }
}
