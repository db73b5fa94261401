//! Letters as files, for development and for tests: one `.eml` each, which mail programs open.

use domain::mail::Failure;
use std::fs::{DirBuilder, OpenOptions, rename};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use tokio::task::spawn_blocking;
use uuid::Uuid;

/// A directory of letters.
#[derive(Clone, Debug)]
pub(super) struct Files(PathBuf);

impl Files {
    /// This directory, which is created with the first letter.
    pub(super) fn new(directory: PathBuf) -> Self {
        Self(directory)
    }

    pub(super) fn directory(&self) -> &Path {
        &self.0
    }

    /// Writes a letter under its id, so that a second attempt replaces the first.
    pub(super) async fn write(&self, id: Uuid, message: &[u8]) -> Result<(), Failure> {
        let (directory, message) = (self.0.clone(), message.to_vec());
        let written = spawn_blocking(move || write(&directory, id, &message)).await;
        written
            .map_err(io::Error::other)
            .and_then(|written| written)
            .map_err(|error| Failure {
                reason: format!("the outbox directory cannot be written: {error}"),
                retry: true,
            })
    }
}

/// Letters hold one-time links, so only this account may read them.
fn write(directory: &Path, id: Uuid, message: &[u8]) -> io::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)?;
    let unfinished = directory.join(format!(".{id}"));
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&unfinished)?;
    file.write_all(message)?;
    file.sync_all()?;
    rename(unfinished, directory.join(format!("{id}.eml")))
}
