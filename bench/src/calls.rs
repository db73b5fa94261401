//! Calls with key, scope, rate limit and a committed usage row, against a handler that does nothing of it.

use crate::bulkhead::{Bulkhead, Cpu};
use crate::connection::Connection;
use crate::load::{Window, closed_loop, median};
use crate::process::{Memory, Process, free_address};
use anyhow::{Context as _, ensure};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// What one round, or the median of all, has shown.
#[derive(Clone, Copy, Default)]
pub struct Figures {
    /// Answers a second.
    pub rate: f64,
    /// Half of the calls took at most so long.
    pub p50: Duration,
    /// 99 of 100 took at most so long.
    pub p99: Duration,
    /// Processor time a call.
    pub cpu: Cpu,
    /// The share of its core that the generator used: near 1, it is what was measured.
    pub asking: f64,
}

/// Both sides with so many callers.
pub struct Row {
    /// How many called at once.
    pub callers: usize,
    /// The handler that only reads and answers.
    pub bare: Figures,
    /// The server.
    pub ours: Figures,
}

/// Everything that this experiment has shown.
pub struct Calls {
    /// One for each number of callers.
    pub rows: Vec<Row>,
    /// The server's memory afterwards.
    pub memory: Memory,
    /// How many calls were answered, which is how many rows there are.
    pub counted: u64,
}

/// How to measure.
pub struct Plan<'a> {
    /// Numbers of callers.
    pub callers: &'a [usize],
    /// How often to alternate.
    pub rounds: usize,
    /// How long each time.
    pub window: Window,
}

/// Runs the experiment. Fails if a call fails or the rows are not as many as the answers.
pub async fn run(program: &Path, bare: &Path, plan: &Plan<'_>) -> anyhow::Result<Calls> {
    let server = Bulkhead::start(program).await?;
    let request = server.whoami(&server.new_key().await?);
    let result = result_of(
        Connection::open(server.addr())
            .await?
            .call(&request)
            .await?,
    )?;
    let bare = start_bare(bare, &result).await?;

    let mut counted = 1;
    let mut rows = Vec::new();
    for &callers in plan.callers {
        let (mut theirs, mut ours) = (Vec::new(), Vec::new());
        for _ in 0..plan.rounds {
            let free = || {
                Ok(Cpu {
                    server: bare.cpu()?,
                    postgres: Duration::ZERO,
                })
            };
            theirs.push(round(&bare, &request, callers, plan.window, free).await?.1);
            let (acknowledged, figures) =
                round(server.process()?, &request, callers, plan.window, || {
                    server.cpu()
                })
                .await?;
            counted += acknowledged;
            ours.push(figures);
        }
        rows.push(Row {
            callers,
            bare: medians(&theirs),
            ours: medians(&ours),
        });
        eprintln!("measured {callers} callers");
    }
    let memory = server.process()?.memory()?;
    let stored = server.counted().await?;
    ensure!(
        stored == counted,
        "{counted} calls were answered, but {stored} rows counted"
    );
    Ok(Calls {
        rows,
        memory,
        counted,
    })
}

/// The result that the server gives: the bare handler answers the same bytes.
pub fn result_of(answer: &[u8]) -> anyhow::Result<String> {
    #[derive(Deserialize)]
    struct Answer<'a> {
        #[serde(borrow)]
        result: &'a RawValue,
    }
    let text = || String::from_utf8_lossy(answer).into_owned();
    let parsed: Answer = serde_json::from_slice(answer).with_context(text)?;
    ensure!(
        !parsed.result.get().contains(r#""isError":true"#),
        "the tool failed: {}",
        text()
    );
    Ok(parsed.result.get().to_owned())
}

async fn start_bare(program: &Path, result: &str) -> anyhow::Result<Process> {
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), result)?;
    let addr = free_address()?;
    let mut command = Command::new(program);
    command
        .arg(addr.to_string())
        .arg(file.path())
        .stdout(Stdio::null());
    let mut process = Process::start(&mut command, addr)?;
    process.ready().await?;
    Ok(process)
}

async fn round(
    process: &Process,
    request: &[u8],
    callers: usize,
    window: Window,
    cpu: impl Fn() -> anyhow::Result<Cpu>,
) -> anyhow::Result<(u64, Figures)> {
    let meter = || Ok((cpu()?, crate::process::own_cpu()?));
    let (seen, before, after) = closed_loop(process.addr, request, callers, window, meter).await?;
    let calls = u32::try_from(seen.latencies.len())?;
    ensure!(calls > 0, "no call was answered");
    let figures = Figures {
        rate: f64::from(calls) / window.measured.as_secs_f64(),
        p50: seen.percentile(0.5),
        p99: seen.percentile(0.99),
        cpu: Cpu {
            server: after.0.server.saturating_sub(before.0.server) / calls,
            postgres: after.0.postgres.saturating_sub(before.0.postgres) / calls,
        },
        asking: after.1.saturating_sub(before.1).as_secs_f64() / window.measured.as_secs_f64(),
    };
    Ok((seen.acknowledged, figures))
}

fn medians(rounds: &[Figures]) -> Figures {
    Figures {
        rate: median(rounds.iter().map(|round| round.rate)),
        p50: median(rounds.iter().map(|round| round.p50)),
        p99: median(rounds.iter().map(|round| round.p99)),
        cpu: Cpu {
            server: median(rounds.iter().map(|round| round.cpu.server)),
            postgres: median(rounds.iter().map(|round| round.cpu.postgres)),
        },
        asking: median(rounds.iter().map(|round| round.asking)),
    }
}
