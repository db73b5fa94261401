//! Keeps the server running until it is told to stop.
//!
//! A thread of its own, not a task: a test's runtime may end long before the cluster that it started.

use crate::error::{StartError, StopError};
use crate::guardian::Guardian;
use crate::postmaster::{Plan, Postmaster};
use rustix::process::{Pid, Signal, kill_process};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

const FAST_STOP: Duration = Duration::from_secs(30);
const IMMEDIATE_STOP: Duration = Duration::from_secs(10);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The handle of the supervising thread.
#[derive(Debug)]
pub(crate) struct Supervisor {
    shared: Arc<Shared>,
    ended: Receiver<()>,
}

#[derive(Debug, Default)]
struct Shared(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    pid: Option<Pid>,
    stopping: bool,
}

impl Supervisor {
    /// Starts the server, waits until it is ready, and watches it from then on.
    pub(crate) fn start(
        plan: Plan,
        guardian: Option<Guardian>,
    ) -> Result<(Self, SocketAddress), StartError> {
        let shared = Arc::new(Shared::default());
        let postmaster = Postmaster::start(&plan, |pid| shared.running(pid))?;
        let address = SocketAddress {
            dir: postmaster.socket_dir.clone(),
            port: postmaster.port,
        };
        let (tell, ended) = mpsc::channel();
        let watched = Arc::clone(&shared);
        thread::Builder::new()
            .name("postgres".into())
            .spawn(move || {
                let plan = watch(plan, postmaster, &watched);
                plan.home.remove_short_socket_dir(&plan.socket_dir);
                // Only now may another caller have the directory, and a guardian remove it.
                drop(plan);
                drop(guardian);
                let _ = tell.send(());
            })
            .map_err(|source| StartError::Io {
                doing: "starting a thread".into(),
                source,
            })?;
        Ok((Self { shared, ended }, address))
    }

    /// Asks for a fast shutdown: open transactions are rolled back, what is committed is written.
    pub(crate) fn request_stop(&self) {
        self.shared.lock().stopping = true;
        self.shared.signal(Signal::INT);
    }

    /// Stops the server and waits for its end.
    pub(crate) fn stop(&self) -> Result<(), StopError> {
        self.request_stop();
        if self.ended.recv_timeout(FAST_STOP).is_ok() {
            return Ok(());
        }
        tracing::warn!("PostgreSQL takes too long to stop; stopping it at once");
        self.shared.signal(Signal::QUIT);
        self.ended
            .recv_timeout(IMMEDIATE_STOP)
            .map_err(|_| StopError {
                pid: self
                    .shared
                    .lock()
                    .pid
                    .map_or(0, |pid| pid.as_raw_nonzero().get()),
                seconds: (FAST_STOP + IMMEDIATE_STOP).as_secs(),
            })
    }
}

/// Where clients connect.
#[derive(Debug)]
pub(crate) struct SocketAddress {
    pub(crate) dir: std::path::PathBuf,
    pub(crate) port: u16,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn running(&self, pid: Pid) {
        let mut state = self.lock();
        state.pid = Some(pid);
        if state.stopping {
            let _ = kill_process(pid, Signal::INT);
        }
    }

    fn gone(&self) {
        self.lock().pid = None;
    }

    fn stopping(&self) -> bool {
        self.lock().stopping
    }

    fn signal(&self, signal: Signal) {
        if let Some(pid) = self.lock().pid {
            let _ = kill_process(pid, signal);
        }
    }
}

fn watch(mut plan: Plan, mut postmaster: Postmaster, shared: &Shared) -> Plan {
    // Clients keep the address they were given, so a new server has to be found there too.
    plan.socket_dir.clone_from(&postmaster.socket_dir);
    loop {
        let status = postmaster.wait();
        shared.gone();
        if shared.stopping() {
            return plan;
        }
        tracing::error!(?status, "PostgreSQL ended by itself; starting it again");
        match start_again(&plan, shared) {
            Some(new) => postmaster = new,
            None => return plan,
        }
    }
}

fn start_again(plan: &Plan, shared: &Shared) -> Option<Postmaster> {
    let mut pause = FIRST_PAUSE;
    while !shared.stopping() {
        match Postmaster::start(plan, |pid| shared.running(pid)) {
            Ok(postmaster) => return Some(postmaster),
            Err(error) => tracing::error!(%error, "PostgreSQL does not start"),
        }
        shared.gone();
        thread::sleep(pause);
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    None
}
