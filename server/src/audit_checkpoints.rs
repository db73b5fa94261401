//! The second place of the audit log: a directory with one file a day of signed checkpoints, which are
//! only ever appended, and the public key that verifies them.

use anyhow::{Context as _, anyhow};
use domain::audit::checkpoint::{self, Checkpoint};
use domain::audit::hex;
use domain::{Db, Result};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use time::OffsetDateTime;
use vault::SigningKey;

const PUBLIC_KEY: &str = "public.key";

/// Where checkpoints go, and with which key they are signed.
#[derive(Clone, Debug)]
pub struct Checkpoints {
    /// The directory.
    pub dir: PathBuf,
    /// The file of the key's seed.
    pub key_file: PathBuf,
}

impl Checkpoints {
    /// Signs and keeps the end of every log that grew. Answers of how many.
    pub async fn sign(&self, db: &Db) -> Result<usize> {
        let key = self.key()?;
        checkpoint::sign_moved_heads(db, &key, |signed| self.append(signed)).await
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

    fn append(&self, signed: &[Checkpoint]) -> io::Result<()> {
        fs::create_dir_all(&self.dir)?;
        if let Some(first) = signed.first() {
            fs::write(self.dir.join(PUBLIC_KEY), format!("{}\n", first.key))?;
        }
        let today = OffsetDateTime::now_utc().date();
        let mut lines = String::new();
        for checkpoint in signed {
            lines += &serde_json::to_string(checkpoint)?;
            lines.push('\n');
        }
        let path = self.dir.join(format!("{today}.jsonl"));
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        file.write_all(lines.as_bytes())?;
        file.sync_all()?;
        File::open(&self.dir)?.sync_all()
    }
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
