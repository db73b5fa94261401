//! The second place of the audit log, where signed checkpoints are only ever added: a directory or the
//! bucket of an object store.

mod bucket;
mod directory;

use anyhow::{Context as _, anyhow};
pub use bucket::Bucket;
use domain::audit::checkpoint::{self, Checkpoint};
use domain::audit::hex;
use domain::{Db, Result};
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use vault::SigningKey;

/// Where checkpoints go, and with which key they are signed.
#[derive(Clone, Debug)]
pub struct Checkpoints {
    /// The second place.
    pub place: Place,
    /// The file of the key's seed.
    pub key_file: PathBuf,
}

/// A second place.
#[derive(Clone, Debug)]
pub enum Place {
    /// A directory with one file a day, and the public key that verifies them.
    Directory(PathBuf),
    /// A bucket with one object a run.
    Bucket(Box<Bucket>),
}

impl Checkpoints {
    /// Signs and keeps the end of every log that grew. Answers of how many.
    pub async fn sign(&self, db: &Db) -> Result<usize> {
        let key = self.key()?;
        checkpoint::sign_moved_heads(db, &key, |signed| self.keep(signed)).await
    }

    async fn keep(&self, signed: Vec<Checkpoint>) -> anyhow::Result<()> {
        match &self.place {
            Place::Directory(dir) => Ok(directory::append(dir, &signed)?),
            Place::Bucket(bucket) => bucket.add(lines(&signed)?).await,
        }
    }

    /// The signing key; drawn when there is none yet.
    fn key(&self) -> anyhow::Result<SigningKey> {
        let file = self.key_file.display();
        let text = match fs::read_to_string(&self.key_file) {
            Err(error) if error.kind() == ErrorKind::NotFound => draw(&self.key_file),
            read => read,
        };
        let text = text.with_context(|| format!("reading the audit signing key {file}"))?;
        let key = hex::read(text.trim()).and_then(|seed| SigningKey::from_seed(&seed));
        key.ok_or_else(|| anyhow!("{file} is no audit signing key: 64 hexadecimal digits"))
    }
}

/// One checkpoint a line, as `verify-audit` reads them.
fn lines(signed: &[Checkpoint]) -> serde_json::Result<String> {
    let mut lines = String::new();
    for checkpoint in signed {
        lines += &serde_json::to_string(checkpoint)?;
        lines.push('\n');
    }
    Ok(lines)
}

/// Only its owner may read it. Of two servers that draw at once, one finds the other's.
fn draw(path: &Path) -> io::Result<String> {
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir)?;
    }
    let text = hex::text(&*SigningKey::random_seed());
    let mut options = OpenOptions::new();
    let created = options.write(true).create_new(true).mode(0o600).open(path);
    match created {
        Ok(mut file) => {
            writeln!(file, "{text}")?;
            file.sync_all()?;
            Ok(text)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => fs::read_to_string(path),
        Err(error) => Err(error),
    }
}
