//! Creates the data directory, once.

use crate::binaries::Binaries;
use crate::error::{Doing, StartError};
use crate::home::Home;
use std::fs;
use std::io;

/// The superuser of every cluster created here.
pub(crate) const SUPERUSER: &str = "postgres";

/// Creates the cluster, unless it exists. It appears under its name only when it is complete.
pub(crate) fn run(home: &Home, binaries: &Binaries) -> Result<(), StartError> {
    if home.data_version().is_some() {
        return Ok(());
    }
    let unfinished = home.path().join("cluster.new");
    match fs::remove_dir_all(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(error).doing(|| format!("removing {}", unfinished.display()));
        }
        _ => home.make_private(&unfinished)?,
    }
    let answer = home
        .account
        .command(&binaries.program("initdb"))
        .arg("--pgdata")
        .arg(&unfinished)
        .args([
            "--username",
            SUPERUSER,
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--data-checksums",
        ])
        // Who can open the socket's directory is let in; nothing listens on a network.
        .args([
            "--auth-local=trust",
            "--auth-host=reject",
            "--no-instructions",
        ])
        .output()
        .doing(|| format!("running {}", binaries.program("initdb").display()))?;
    if !answer.status.success() {
        let output = String::from_utf8_lossy(&answer.stderr).trim().to_owned();
        return Err(StartError::Failed {
            program: "initdb",
            output,
        });
    }
    fs::rename(&unfinished, home.cluster()).doing(|| "naming the new cluster".into())
}
