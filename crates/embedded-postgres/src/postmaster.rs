//! One server process: started by us or found running.

use crate::binaries::Binaries;
use crate::error::{Doing, StartError};
use crate::home::Home;
use crate::pid_file::{self, PidFile, Status, is_alive};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Fine enough that a start of 130 ms is not rounded up to something a person notices.
const POLL: Duration = Duration::from_millis(5);
/// How often a server that is not our child is looked at.
const WATCH: Duration = Duration::from_millis(200);
/// Recovery after a crash reads up to 1 GiB of log.
const START_TIMEOUT: Duration = Duration::from_mins(2);
/// How long a found server may stay silent before it is replaced.
const SILENCE: Duration = Duration::from_secs(3);

/// Everything a start needs to know.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) home: Home,
    pub(crate) binaries: Binaries,
    pub(crate) socket_dir: PathBuf,
    pub(crate) max_connections: u16,
}

/// A running server.
#[derive(Debug)]
pub(crate) struct Postmaster {
    process: Process,
    pub(crate) socket_dir: PathBuf,
    pub(crate) port: u16,
}

#[derive(Debug)]
enum Process {
    Ours(Child),
    Found(Pid),
}

impl Postmaster {
    /// Takes over the server that a killed caller left behind, or starts one. `spawned` hears of the process
    /// as soon as it exists, so that it can be stopped while it is still recovering.
    pub(crate) fn start(plan: &Plan, spawned: impl Fn(Pid)) -> Result<Self, StartError> {
        let deadline = Instant::now() + START_TIMEOUT;
        if let Some(found) = find(&plan.home.cluster(), deadline)? {
            tracing::info!(
                pid = found.pid().as_raw_nonzero(),
                "took over a running PostgreSQL"
            );
            spawned(found.pid());
            return Ok(found);
        }
        loop {
            let child = spawn(plan)?;
            spawned(pid_of(&child));
            match wait_until_ready(plan, child, deadline) {
                // The processes of a killed server need a moment to notice that it is gone.
                Err(StartError::Failed { output, .. })
                    if output.contains("still in use") && Instant::now() < deadline =>
                {
                    sleep(WATCH);
                }
                result => return result,
            }
        }
    }

    pub(crate) fn pid(&self) -> Pid {
        match &self.process {
            Process::Ours(child) => pid_of(child),
            Process::Found(pid) => *pid,
        }
    }

    /// Blocks until the server is gone. Says how, if we may know.
    pub(crate) fn wait(&mut self) -> Option<ExitStatus> {
        match &mut self.process {
            Process::Ours(child) => child.wait().ok(),
            Process::Found(pid) => {
                while is_alive(*pid) {
                    sleep(WATCH);
                }
                None
            }
        }
    }
}

/// Looks for a server that already runs in this directory and gets it out of the way if it is of no use.
fn find(cluster: &Path, deadline: Instant) -> Result<Option<Postmaster>, StartError> {
    let mut silent_since = Instant::now();
    while let Some(file) = PidFile::read(cluster) {
        if !file.is_server_of(cluster) {
            forget_stranger(cluster, &file)?;
            return Ok(None);
        }
        if file.status == Status::Ready && file.answers() {
            return Ok(Some(Postmaster {
                process: Process::Found(file.pid),
                socket_dir: file.socket_dir,
                port: file.port,
            }));
        }
        // Recovering or stopping takes its time; a ready server has no reason not to answer.
        if file.status != Status::Ready && Instant::now() < deadline {
            silent_since = Instant::now();
        }
        if silent_since.elapsed() > SILENCE {
            tracing::warn!(
                pid = file.pid.as_raw_nonzero(),
                "replacing a PostgreSQL that does not answer"
            );
            terminate(file.pid);
        }
        sleep(POLL);
    }
    Ok(None)
}

/// PostgreSQL refuses to start while the number in the file is taken: after a reboot by another process, in a
/// container without an init by its own zombie. With a free number the file stays. Either way PostgreSQL itself
/// waits for what else of the old server is alive, which it sees by their shared memory.
fn forget_stranger(cluster: &Path, file: &PidFile) -> Result<(), StartError> {
    if test_kill_process(file.pid) == Err(Errno::SRCH) {
        return Ok(());
    }
    let _ = fs::remove_file(file.socket_lock());
    fs::remove_file(pid_file::path(cluster)).doing(|| "removing a stale postmaster.pid".into())
}

fn terminate(pid: Pid) {
    let _ = kill_process(pid, Signal::QUIT);
    let patience = Instant::now() + SILENCE;
    while is_alive(pid) && Instant::now() < patience {
        sleep(POLL);
    }
    if is_alive(pid) {
        let _ = kill_process(pid, Signal::KILL);
    }
}

fn spawn(plan: &Plan) -> Result<Child, StartError> {
    if !plan.socket_dir.exists() {
        plan.home.make_private(&plan.socket_dir)?;
    }
    let log = File::create(plan.home.startup_log()).doing(|| "opening startup.log".into())?;
    plan.home.account.own(&plan.home.startup_log())?;
    let errors = log.try_clone().doing(|| "opening startup.log".into())?;
    let program = plan.binaries.program("postgres");
    let mut command = plan.home.account.command(&program);
    command.arg("-D").arg(plan.home.cluster());
    for (name, value) in options(plan) {
        command.arg("-c").arg(format!("{name}={value}"));
    }
    command
        // Ctrl-C at a terminal reaches the caller's process group; the caller then stops us in its own time.
        .process_group(0)
        .stdout(log)
        .stderr(errors)
        .spawn()
        .doing(|| format!("running {}", program.display()))
}

/// On the command line, where no file in the data directory can undo them.
fn options(plan: &Plan) -> Vec<(&'static str, String)> {
    let quoted = |dir: &Path| format!("\"{}\"", dir.display().to_string().replace('"', "\"\""));
    let fixed = [
        ("listen_addresses", ""),
        ("port", "5432"),
        ("unix_socket_permissions", "0700"),
        // What is acknowledged is on the disk.
        ("fsync", "on"),
        ("full_page_writes", "on"),
        ("synchronous_commit", "on"),
        ("shared_buffers", "128MB"),
        ("max_wal_size", "1GB"),
        ("wal_compression", "on"),
        ("jit", "off"),
        ("timezone", "UTC"),
        ("idle_in_transaction_session_timeout", "60s"),
        // A week of logs; no values of parameters or keys in them.
        ("logging_collector", "on"),
        ("log_filename", "postgres-%a.log"),
        ("log_file_mode", "0600"),
        ("log_rotation_age", "1d"),
        ("log_rotation_size", "0"),
        ("log_truncate_on_rotation", "on"),
        ("log_timezone", "UTC"),
        ("log_line_prefix", "%m [%p] %u@%d "),
        ("log_min_duration_statement", "500ms"),
        ("log_parameter_max_length", "0"),
        ("log_error_verbosity", "terse"),
    ];
    let mut options: Vec<_> = fixed.map(|(name, value)| (name, value.to_owned())).into();
    options.push(("unix_socket_directories", quoted(&plan.socket_dir)));
    options.push(("log_directory", plan.home.log_dir().display().to_string()));
    options.push(("max_connections", plan.max_connections.to_string()));
    options
}

fn wait_until_ready(
    plan: &Plan,
    mut child: Child,
    deadline: Instant,
) -> Result<Postmaster, StartError> {
    let pid = pid_of(&child);
    loop {
        if let Ok(Some(_)) = child.try_wait() {
            return Err(StartError::Failed {
                program: "postgres",
                output: complaints(&plan.home),
            });
        }
        if let Some(file) = PidFile::read(&plan.home.cluster())
            && file.pid == pid
            && file.status == Status::Ready
        {
            return Ok(Postmaster {
                process: Process::Ours(child),
                socket_dir: file.socket_dir,
                port: file.port,
            });
        }
        if Instant::now() > deadline {
            terminate(pid);
            let _ = child.wait();
            return Err(StartError::TooSlow {
                seconds: START_TIMEOUT.as_secs(),
                log: plan.home.log_dir(),
            });
        }
        sleep(POLL);
    }
}

/// The last lines of both logs: the reason may be in either, by how far the server got.
fn complaints(home: &Home) -> String {
    let newest = fs::read_dir(home.log_dir())
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .max_by_key(|entry| entry.metadata().and_then(|data| data.modified()).ok())
        .map(|entry| entry.path());
    let mut lines = Vec::new();
    for log in [Some(home.startup_log()), newest].into_iter().flatten() {
        let text = fs::read_to_string(log).unwrap_or_default();
        let start = text.lines().count().saturating_sub(10);
        lines.extend(text.lines().skip(start).map(str::to_owned));
    }
    lines.join("\n")
}

fn pid_of(child: &Child) -> Pid {
    Pid::from_child(child)
}
