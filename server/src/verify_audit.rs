//! `bulkhead verify-audit`: says whether an export of an audit log is whole, with no database and no
//! server at hand.

use crate::config::{VerifyAudit, WrongSetting};
use anyhow::Context as _;
use domain::audit::checkpoint::Checkpoint;
use domain::audit::hex;
use domain::audit::verify::{Failure, Verified, read_checkpoints, verify};
use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use vault::PublicKey;

const PUBLIC_KEY: &str = "--public-key";

/// Verifies, and says what was found in one sentence or two.
pub fn run(asked: &VerifyAudit) -> anyhow::Result<ExitCode> {
    let checkpoints = checkpoints(asked)?;
    let export = open(&asked.export)?;
    match verify(export, &checkpoints) {
        Ok(verified) => {
            println!("{}", told(&verified, asked.checkpoints.is_empty()));
            Ok(ExitCode::SUCCESS)
        }
        Err(Failure::Bad(bad)) => {
            println!("BAD: {bad}.");
            Ok(ExitCode::FAILURE)
        }
        Err(Failure::Unreadable(why)) => anyhow::bail!("{}: {why}", asked.export.display()),
    }
}

fn told(verified: &Verified, alone: bool) -> String {
    let Verified {
        tenant,
        first,
        last,
        head,
        checkpoints,
        signed_until,
    } = verified;
    let rows = format!(
        "OK: rows {first} to {last} of tenant {tenant} are as they were written; the last has the hash {head}."
    );
    let signed = if alone {
        "No checkpoints were given, so a missing end or a log that was computed anew would not be noticed.".into()
    } else if *checkpoints == 0 {
        "None of the checkpoints is of these rows.".into()
    } else {
        format!("{checkpoints} checkpoints agree, the newest at row {signed_until}.")
    };
    format!("{rows}\n{signed}")
}

fn checkpoints(asked: &VerifyAudit) -> anyhow::Result<Vec<Checkpoint>> {
    let keys = asked
        .public_key
        .iter()
        .map(|key| public_key(key))
        .collect::<Result<Vec<_>, _>>()?;
    if keys.is_empty() && !asked.checkpoints.is_empty() {
        let message = "must be given with --checkpoints: they prove nothing to who does not know whose they are";
        return Err(WrongSetting::new(PUBLIC_KEY, message).into());
    }
    let mut all = Vec::new();
    for path in &asked.checkpoints {
        for file in files(path)? {
            let read = read_checkpoints(open(&file)?, &keys);
            all.extend(read.map_err(|failure| wrong(&file, failure))?);
        }
    }
    Ok(all)
}

fn wrong(file: &Path, failure: Failure) -> anyhow::Error {
    match failure {
        Failure::Unreadable(why) => anyhow::anyhow!("{}: {why}", file.display()),
        Failure::Bad(bad) => anyhow::anyhow!("{}: {bad}", file.display()),
    }
}

/// A file, or those of a directory that end in `.jsonl`.
fn files(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.into()]);
    }
    let entries = fs::read_dir(path).with_context(|| path.display().to_string())?;
    let mut files = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<Vec<_>>>()?;
    files.retain(|file| file.extension().is_some_and(|end| end == "jsonl"));
    files.sort();
    Ok(files)
}

/// The digits themselves, or a file that holds them.
fn public_key(given: &str) -> Result<PublicKey, WrongSetting> {
    let read = hex::read(given).or_else(|| hex::read(fs::read_to_string(given).ok()?.trim()));
    read.ok_or_else(|| {
        let message = "must be 64 hexadecimal digits, or a file that holds them";
        WrongSetting::new(PUBLIC_KEY, message)
    })
}

fn open(path: &Path) -> anyhow::Result<BufReader<File>> {
    let file = File::open(path).with_context(|| path.display().to_string())?;
    Ok(BufReader::new(file))
}
