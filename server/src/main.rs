//! The binary.

use clap::Parser as _;
use server::config::{self, Cli, Command, WrongSetting};
use server::{healthcheck, rotate_keys, startup, telemetry, verify_audit};
use std::process::ExitCode;
use tokio::runtime::Runtime;

/// A call is many small allocations, which cost less with this allocator than with the system's: about a fifth, seen
/// twice on a machine that was not quiet.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// As clap does for a value that it cannot read.
const WRONG_SETTING: u8 = 2;

fn main() -> ExitCode {
    refuse_huge_pages();
    if let Err(wrong) = config::read_env_file() {
        return refuse(&wrong);
    }
    let cli = Cli::parse();
    if let Err(wrong) = telemetry::start(&cli.settings.logging) {
        return refuse(&wrong);
    }
    match run(&cli) {
        Ok(code) => code,
        Err(error) => fail(&error),
    }
}

/// The allocator asks for huge pages. A third of an idle server's memory was pages that it did not use, and under load it grew by
/// two megabytes at a time; calls were no slower without. Where they cannot be refused they stay.
fn refuse_huge_pages() {
    #[cfg(target_os = "linux")]
    rustix::thread::disable_transparent_huge_pages(true).ok();
}

fn run(cli: &Cli) -> anyhow::Result<ExitCode> {
    let runtime = Runtime::new()?;
    let ended = runtime.block_on(obey(cli));
    // Who was told to end at once does not wait for threads that still compute something.
    runtime.shutdown_background();
    ended
}

async fn obey(cli: &Cli) -> anyhow::Result<ExitCode> {
    match cli.command.as_ref().unwrap_or(&Command::Serve) {
        Command::Serve => startup::serve(&cli.settings).await,
        Command::Migrate => startup::migrate(&cli.settings).await,
        Command::Healthcheck => Ok(healthcheck::ask(cli.settings.http.addr).await),
        Command::VerifyAudit(asked) => verify_audit::run(asked),
        Command::RotateKeys(asked) => rotate_keys::run(&cli.settings, asked).await,
    }
}

fn refuse(wrong: &WrongSetting) -> ExitCode {
    eprintln!("bulkhead: {wrong}");
    ExitCode::from(WRONG_SETTING)
}

fn fail(error: &anyhow::Error) -> ExitCode {
    if let Some(wrong) = error.downcast_ref::<WrongSetting>() {
        return refuse(wrong);
    }
    eprintln!("bulkhead: {error:#}");
    ExitCode::FAILURE
}
