//! The binary.

use clap::Parser as _;
use server::config::{self, Cli, Command, WrongSetting};
use server::{healthcheck, startup, telemetry};
use std::process::ExitCode;

/// As clap does for a value that it cannot read.
const WRONG_SETTING: u8 = 2;

fn main() -> ExitCode {
    if let Err(wrong) = config::read_env_file() {
        return refuse(&wrong);
    }
    let cli = Cli::parse();
    if let Err(wrong) = telemetry::start(&cli.settings.logging) {
        return refuse(&wrong);
    }
    match run(&cli) {
        Ok(code) => code,
        Err(error) => match error.downcast_ref::<WrongSetting>() {
            Some(wrong) => refuse(wrong),
            None => {
                eprintln!("bulkhead: {error:#}");
                ExitCode::FAILURE
            }
        },
    }
}

#[tokio::main]
async fn run(cli: &Cli) -> anyhow::Result<ExitCode> {
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => startup::serve(&cli.settings).await,
        Command::Migrate => startup::migrate(&cli.settings).await,
        Command::Healthcheck => Ok(healthcheck::ask(cli.settings.http.addr).await),
    }
}

fn refuse(wrong: &WrongSetting) -> ExitCode {
    eprintln!("bulkhead: {wrong}");
    ExitCode::from(WRONG_SETTING)
}
