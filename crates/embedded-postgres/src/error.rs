//! What can go wrong, said so that the reader knows what to do next.

use std::path::PathBuf;
use std::{fmt, io};

/// Why a cluster could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is no PostgreSQL on this machine, or none in the directory that was named.
    #[error(
        "PostgreSQL {oldest} or newer was not found ({looked}). Install it, \
         for example with `apt-get install postgresql` or `brew install postgresql`"
    )]
    NotInstalled {
        /// The oldest major version that would do.
        oldest: u16,
        /// Where it was looked for.
        looked: String,
    },
    /// The data was written by another major version than those installed.
    #[error(
        "{} was written by PostgreSQL {data}, and only {installed} is installed. Install PostgreSQL {data} \
         beside it, or move the data to the newer version with pg_upgrade",
        data_dir.display()
    )]
    OtherMajor {
        /// The directory that holds the data.
        data_dir: PathBuf,
        /// The version that wrote it.
        data: u16,
        /// The versions that were found.
        installed: String,
    },
    /// Another process uses this directory.
    #[error(
        "{} is in use by another server{}. Stop that one, or use another data directory",
        data_dir.display(),
        pid_text(*pid)
    )]
    InUse {
        /// The directory that is locked.
        data_dir: PathBuf,
        /// The process that holds the lock, when it could be read.
        pid: Option<u32>,
    },
    /// The account that PostgreSQL has to run as cannot reach the data.
    #[error(
        "PostgreSQL never runs as root, and the account {account} cannot reach {}. \
         Use a data directory that it can reach, or open the directories above it for passing through (chmod o+x)",
        data_dir.display()
    )]
    OutOfReach {
        /// The account.
        account: String,
        /// The directory.
        data_dir: PathBuf,
    },
    /// Root has no other account to run PostgreSQL as.
    #[error(
        "PostgreSQL never runs as root, and this machine has neither an account `postgres` nor `nobody`. \
         Create one with `useradd --system postgres`, or start the server as an ordinary user"
    )]
    NoAccount,
    /// A program of PostgreSQL failed; its own words follow.
    #[error("{program} failed: {output}")]
    Failed {
        /// Which program.
        program: &'static str,
        /// What it printed.
        output: String,
    },
    /// The server did not get ready in time.
    #[error("PostgreSQL was not ready after {seconds} s; its log is in {}", log.display())]
    TooSlow {
        /// How long it was given.
        seconds: u64,
        /// Where to read on.
        log: PathBuf,
    },
    /// The operating system refused something.
    #[error("{doing}: {source}")]
    Io {
        /// What we were doing.
        doing: String,
        /// Its answer.
        source: io::Error,
    },
}

/// Why a cluster could not be stopped.
#[derive(Debug, thiserror::Error)]
#[error("PostgreSQL (process {pid}) did not stop within {seconds} s")]
pub struct StopError {
    /// The process that is still running.
    pub pid: i32,
    /// How long it was given.
    pub seconds: u64,
}

/// Turns an I/O error into ours, with what we were doing.
pub(crate) trait Doing<T> {
    fn doing(self, what: impl FnOnce() -> String) -> Result<T, StartError>;
}

impl<T> Doing<T> for io::Result<T> {
    fn doing(self, what: impl FnOnce() -> String) -> Result<T, StartError> {
        self.map_err(|source| StartError::Io {
            doing: what(),
            source,
        })
    }
}

fn pid_text(pid: Option<u32>) -> impl fmt::Display {
    pid.map_or_else(String::new, |pid| format!(" (process {pid})"))
}
