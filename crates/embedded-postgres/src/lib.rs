//! Runs a private PostgreSQL beside a program: found, created, started, watched and stopped without being asked.
//!
//! It knows nothing of what is stored. The caller gets a [`Cluster`] and the [`Connection`] of its superuser, and
//! creates its own roles and databases. Everything here blocks: a caller on an async runtime uses a blocking
//! thread, and a test may share one cluster between runtimes.
//!
//! * The server listens on no network address, only on a Unix socket that its owner and root can reach.
//! * It never runs as root: a root caller gets a server that runs as the account `postgres` (or `nobody`).
//! * One caller a directory, held by a file lock. A caller that is killed leaves its server running; the next
//!   caller takes it over, or replaces it when it no longer answers.
//! * A server that dies is started again for as long as its [`Cluster`] lives.
//! * A [`Cluster::temporary`] is gone soon after its process, however that ends.

// Everything here runs on threads of its own or on those of blocking callers.
#![allow(clippy::disallowed_methods)]
// PostgreSQL is a name, not an identifier.
#![allow(clippy::doc_markdown)]

mod account;
mod binaries;
mod cluster;
mod error;
mod guardian;
mod home;
mod initdb;
mod pid_file;
mod postmaster;
mod supervisor;

pub use cluster::{Cluster, Connection, Settings};
pub use error::{StartError, StopError};
