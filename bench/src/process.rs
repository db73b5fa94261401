//! A process under test: on the core it was given, with what it costs read from `/proc`.

use crate::connection::{Connection, readiness};
use anyhow::{Context as _, bail, ensure};
use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, setrlimit};
use rustix::thread::{CpuSet, sched_setaffinity};
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// The core of everything that serves.
pub const SERVING: usize = 0;
/// The core of the load generator.
pub const ASKING: usize = 1;

const START_TIMEOUT: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(1);

/// A child process that listens.
pub struct Process {
    child: Child,
    /// Where it listens.
    pub addr: SocketAddr,
}

/// What a process keeps in memory, in bytes.
#[derive(Clone, Copy)]
pub struct Memory {
    /// Now.
    pub resident: u64,
    /// At most so far.
    pub peak: u64,
}

/// Keeps this thread, and every process it starts from now on, on one core.
pub fn pin(core: usize) -> anyhow::Result<()> {
    let mut cores = CpuSet::new();
    cores.set(core);
    sched_setaffinity(None, &cores).with_context(|| format!("moving to core {core}"))
}

/// Lets this process open as many connections as the system has for it.
pub fn open_many_files() -> anyhow::Result<()> {
    let maximum = getrlimit(Resource::Nofile).maximum;
    let limit = Rlimit {
        current: maximum,
        maximum,
    };
    setrlimit(Resource::Nofile, limit).context("raising the limit of open files")
}

/// An address that nobody listens at.
pub fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

impl Process {
    /// Starts a program that will listen at `addr`, on the serving core.
    pub fn start(command: &mut Command, addr: SocketAddr) -> anyhow::Result<Self> {
        pin(SERVING)?;
        let child = command.spawn();
        pin(ASKING)?;
        let program = command.get_program().to_string_lossy().into_owned();
        Ok(Self {
            child: child.with_context(|| format!("running {program}"))?,
            addr,
        })
    }

    /// Waits until `/readyz` answers 200.
    pub async fn ready(&mut self) -> anyhow::Result<()> {
        let deadline = Instant::now() + START_TIMEOUT;
        loop {
            let answer = async {
                Connection::open(self.addr)
                    .await?
                    .call(&readiness(self.addr))
                    .await
                    .map(drop)
            };
            let Err(error) = answer.await else {
                return Ok(());
            };
            if let Some(status) = self.child.try_wait()? {
                bail!("it ended with {status} before it was ready");
            }
            ensure!(Instant::now() < deadline, "it did not get ready: {error:#}");
            tokio::time::sleep(POLL).await;
        }
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Processor time used so far.
    pub fn cpu(&self) -> anyhow::Result<Duration> {
        cpu(self.child.id())
    }

    /// What it keeps in memory.
    pub fn memory(&self) -> anyhow::Result<Memory> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let bytes = |name: &str| -> anyhow::Result<u64> {
            let line = status
                .lines()
                .find_map(|line| line.strip_prefix(name))
                .context("no such line")?;
            let kilobytes: u64 = line.trim_end_matches("kB").trim().parse()?;
            Ok(kilobytes * 1024)
        };
        Ok(Memory {
            resident: bytes("VmRSS:")?,
            peak: bytes("VmHWM:")?,
        })
    }

    /// Asks it to stop, and waits for its end.
    pub fn stop(mut self) -> anyhow::Result<()> {
        self.ask_to_stop();
        self.child.wait()?;
        Ok(())
    }

    fn ask_to_stop(&self) {
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, Signal::TERM);
        }
    }
}

impl Drop for Process {
    /// Also when an experiment fails, nothing is left running.
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            self.ask_to_stop();
            let _ = self.child.wait();
        }
    }
}

/// Processor time of a process and of its living children.
pub fn cpu_with_children(pid: u32) -> anyhow::Result<Duration> {
    let mut sum = cpu(pid)?;
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(child) = name.to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        // Between listing and reading, a process may end.
        let Ok(fields) = stat(child) else { continue };
        if fields[1] == u64::from(pid) {
            sum += time(&fields);
        }
    }
    Ok(sum)
}

/// Processor time of this process.
pub fn own_cpu() -> anyhow::Result<Duration> {
    cpu(std::process::id())
}

fn cpu(pid: u32) -> anyhow::Result<Duration> {
    Ok(time(&stat(pid)?))
}

/// The fields after the program's name, which may hold spaces: state, parent, … See `proc(5)`.
fn stat(pid: u32) -> anyhow::Result<Vec<u64>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let (_, fields) = text.rsplit_once(')').context("no name in stat")?;
    Ok(fields
        .split_whitespace()
        .map(|field| field.parse().unwrap_or_default())
        .collect())
}

/// In user mode and in the kernel for it.
fn time(fields: &[u64]) -> Duration {
    let ticks = fields[11] + fields[12];
    Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
}
