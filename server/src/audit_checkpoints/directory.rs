//! Checkpoints as lines of files.

use super::lines;
use domain::audit::checkpoint::Checkpoint;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use time::OffsetDateTime;

const PUBLIC_KEY: &str = "public.key";

/// Appends to the file of the day.
pub(super) fn append(dir: &Path, signed: &[Checkpoint]) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    if let Some(first) = signed.first() {
        fs::write(dir.join(PUBLIC_KEY), format!("{}\n", first.key))?;
    }
    let today = OffsetDateTime::now_utc().date();
    let path = dir.join(format!("{today}.jsonl"));
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    file.write_all(lines(signed)?.as_bytes())?;
    file.sync_all()?;
    File::open(dir)?.sync_all()
}
