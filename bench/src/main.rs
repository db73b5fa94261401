//! `make bench`: what one core serves, against a bare handler of the same framework, measured in the same run.
//!
//! Everything that serves is on one core, the generator on another, so that neither takes from the other. Figures
//! are ratios first of all: this machine's own peak is measured beside ours.

mod acts;
mod answers;
mod bulkhead;
mod calls;
mod connection;
mod elsewhere;
mod group;
mod keys;
mod limits;
mod load;
mod overload;
mod process;
mod report;
mod sign_ins;
mod start;
mod tokens;
mod turns;
mod usage;

use anyhow::{Context as _, ensure};
use clap::{Parser, ValueEnum};
use load::Window;
use std::path::PathBuf;
use std::time::Duration;

/// Measures `bulkhead` against a bare handler. Fails only if something does not work.
#[derive(Parser)]
struct Arguments {
    /// What to measure
    #[arg(
        value_delimiter = ',',
        default_value = "calls,start,keys,elsewhere,limits"
    )]
    what: Vec<What>,
    /// Callers at once, one measurement each
    #[arg(long, value_delimiter = ',', default_value = "1,16,64")]
    callers: Vec<usize>,
    /// How often the sides take turns; the middle of all rounds counts
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds of a round, after one second of warming up
    #[arg(long, default_value_t = 4.0)]
    seconds: f64,
    /// How many starts
    #[arg(long, default_value_t = 7)]
    starts: usize,
    /// The smaller number of keys
    #[arg(long, default_value_t = 1_000)]
    few: usize,
    /// The larger number of keys
    #[arg(long, default_value_t = 1_000_000)]
    many: usize,
    /// Passes over 1,000 keys
    #[arg(long, default_value_t = 15)]
    passes: usize,
    /// Answers of either kind at each door, to compare their times
    #[arg(long, default_value_t = 500)]
    samples: usize,
    /// Calls that are stored when usage is measured, one measurement each
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "1000000,10000000,50000000"
    )]
    events: Vec<i64>,
    /// Seconds of a burst in an overload
    #[arg(long, default_value_t = 60.0)]
    burst_seconds: f64,
    /// Percent of its core that the server gets in an overload, where the system lets us give it less than all
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..=100))]
    share: u32,
    /// Requests that the server works on at once in an overload; by default as many as it does by itself
    #[arg(long)]
    max_requests: Option<usize>,
    /// The server; by default the one built beside this program
    #[arg(long)]
    server: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    Calls,
    Start,
    Keys,
    Acts,
    Answers,
    SignIns,
    Tokens,
    Elsewhere,
    Usage,
    Overload,
    Limits,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let cores = std::thread::available_parallelism()?.get();
    ensure!(
        cores > process::ASKING,
        "two cores are needed, one for each side"
    );
    let beside = std::env::current_exe()?
        .parent()
        .context("a program has a directory")?
        .to_path_buf();
    let server = arguments
        .server
        .clone()
        .unwrap_or_else(|| beside.join("bulkhead"));
    let server = server
        .canonicalize()
        .with_context(|| format!("{} is missing: see `make build`", server.display()))?;
    let window = Window {
        warm_up: Duration::from_secs(1),
        measured: Duration::from_secs_f64(arguments.seconds),
    };
    // Acts and numbers of usage are made in this process, beside their PostgreSQL: they get the whole machine.
    let in_process = [What::Acts, What::Usage];
    if !arguments.what.iter().all(|what| in_process.contains(what)) {
        process::pin(process::ASKING)?;
    }
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(async {
            for what in &arguments.what {
                match what {
                    What::Calls => {
                        let plan = calls::Plan {
                            callers: &arguments.callers,
                            rounds: arguments.rounds,
                            window,
                        };
                        report::calls(&calls::run(&server, &beside.join("bare"), &plan).await?);
                    }
                    What::Acts => report::acts(&acts::run().await?),
                    What::Usage => report::usage(&usage::run(&arguments.events).await?),
                    What::Answers => report::answers(&answers::run(arguments.samples).await?),
                    What::SignIns => {
                        let storm = sign_ins::run(&server, arguments.rounds, window).await?;
                        report::sign_ins(&storm);
                    }
                    What::Tokens => {
                        let seen = tokens::run(&server, arguments.rounds, window).await?;
                        report::tokens(&seen);
                    }
                    What::Elsewhere => {
                        let seen = elsewhere::run(&server, arguments.rounds).await?;
                        report::elsewhere(&seen);
                    }
                    What::Overload => {
                        let plan = overload::Plan {
                            rounds: arguments.rounds,
                            window,
                            burst: Duration::from_secs_f64(arguments.burst_seconds),
                            share: arguments.share,
                            max_requests: arguments.max_requests,
                        };
                        report::overload(&overload::run(&server, &plan).await?);
                    }
                    What::Limits => {
                        report::limits(&limits::run(&server, arguments.rounds, window).await?);
                    }
                    What::Start => report::starts(&start::run(&server, arguments.starts).await?),
                    What::Keys => {
                        report::keys(
                            &keys::run(&server, arguments.few, arguments.many, arguments.passes)
                                .await?,
                        );
                    }
                }
            }
            Ok(())
        })
}
