//! The crate's front: a cluster that runs for as long as its handle lives.

use crate::binaries;
use crate::error::{StartError, StopError};
use crate::guardian::Guardian;
use crate::home::{self, Home};
use crate::initdb::{self, SUPERUSER};
use crate::pid_file::{PidFile, Status};
use crate::postmaster::Plan;
use crate::supervisor::Supervisor;
use std::path::{Path, PathBuf};

/// What a caller may choose.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The directory of the cluster; created when missing. See the layout in this crate's `home` module.
    pub data_dir: PathBuf,
    /// Where data goes when root starts the server and the unprivileged account cannot reach `data_dir`.
    /// A link is then left at `data_dir`.
    pub elsewhere: PathBuf,
    /// The directory of `postgres` and `initdb`; looked for in the usual places when it is not named.
    pub bin_dir: Option<PathBuf>,
    /// How many connections the server accepts.
    pub max_connections: u16,
}

impl Settings {
    /// The usual choices for a cluster in `data_dir`.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            elsewhere: "/var/lib/embedded-postgres".into(),
            bin_dir: None,
            max_connections: 100,
        }
    }
}

/// How to connect: no password, the socket's directory is the guard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// The directory of the Unix socket.
    pub socket_dir: PathBuf,
    /// The number in the socket's name.
    pub port: u16,
    /// The superuser, for creating roles and databases.
    pub superuser: &'static str,
}

impl Connection {
    /// How to connect to the cluster that runs in this directory, if one does: for a guest, who does
    /// not end with it.
    pub fn of_running(data_dir: &Path) -> Option<Self> {
        let cluster = data_dir.canonicalize().ok()?.join("cluster");
        let file = PidFile::read(&cluster)?;
        let running = file.status == Status::Ready && file.answers();
        running.then_some(Self {
            socket_dir: file.socket_dir,
            port: file.port,
            superuser: SUPERUSER,
        })
    }
}

/// A running cluster. Dropping it asks the server to stop; [`stop`](Self::stop) also waits for it.
#[derive(Debug)]
pub struct Cluster {
    supervisor: Supervisor,
    connection: Connection,
}

impl Cluster {
    /// Creates the cluster if it is new, and starts it, or takes over the one that still runs there.
    pub fn start(settings: &Settings) -> Result<Self, StartError> {
        let home = Home::open(&settings.data_dir, &settings.elsewhere)?;
        Self::start_in(home, settings, None)
    }

    /// A cluster for one test process, with `fsync` on as everywhere: tests must not see a faster disk than users.
    pub fn temporary() -> Result<Self, StartError> {
        let dir = home::short_dir()?;
        let guardian = Guardian::over(&dir)?;
        let settings = Settings {
            max_connections: 300,
            ..Settings::new(&dir)
        };
        let home = Home::open(&settings.data_dir, &settings.elsewhere)?;
        Self::start_in(home, &settings, Some(guardian))
    }

    fn start_in(
        home: Home,
        settings: &Settings,
        guardian: Option<Guardian>,
    ) -> Result<Self, StartError> {
        let version = home.data_version();
        let binaries = binaries::find(settings.bin_dir.as_deref(), home.path(), version)?;
        initdb::run(&home, &binaries)?;
        let socket_dir = home.socket_dir()?;
        let plan = Plan {
            home,
            binaries,
            socket_dir,
            max_connections: settings.max_connections,
        };
        let (supervisor, address) = Supervisor::start(plan, guardian)?;
        let connection = Connection {
            socket_dir: address.dir,
            port: address.port,
            superuser: SUPERUSER,
        };
        Ok(Self {
            supervisor,
            connection,
        })
    }

    /// How to connect to it.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Stops the server and waits until everything is written; at most 40 s.
    pub fn stop(self) -> Result<(), StopError> {
        self.supervisor.stop()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.supervisor.request_stop();
    }
}
