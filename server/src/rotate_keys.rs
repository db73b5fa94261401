//! `bulkhead rotate-keys`: new data keys in place of the old ones, beside servers that go on serving;
//! or, with `--check`, what is under which key.

use crate::config::{RotateKeys, Settings};
use crate::database::Database;
use crate::startup::set;
use domain::Services;
use domain::data_keys::{self, COLUMNS, Rotated, Status};
use std::process::ExitCode;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Rotates or counts. The exit code says whether everything is under keys in use now.
pub async fn run(settings: &Settings, asked: &RotateKeys) -> anyhow::Result<ExitCode> {
    let ring = settings
        .secrets
        .key_ring(settings.database.private_dir()?)?;
    let database = Database::open_beside(&settings.database).await?;
    let stop = CancellationToken::new();
    let set = set(settings, "http://localhost", ring)?;
    let services = Services::start(database.db.clone(), set, &stop);
    let done = obey(&services, asked).await;
    stop.cancel();
    drop(services);
    database.close().await?;
    done
}

async fn obey(services: &Services, asked: &RotateKeys) -> anyhow::Result<ExitCode> {
    data_keys::check(services).await?;
    if asked.check {
        let status = data_keys::status(services, COLUMNS).await.map_err(cause)?;
        println!("{}", told(&status));
        return Ok(code(status.is_settled()));
    }
    let grace = Duration::from_secs(asked.grace);
    let tell = |sentence: String| println!("{sentence}");
    let done = data_keys::rotate(services, COLUMNS, grace, &tell).await;
    let done = done.map_err(cause)?;
    println!("{}", summary(&done));
    Ok(code(done.unopened == 0))
}

fn code(fine: bool) -> ExitCode {
    if fine {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The cause behind "internal error", for the operator.
fn cause(error: domain::Error) -> anyhow::Error {
    anyhow::anyhow!(error.for_the_log())
}

fn summary(done: &Rotated) -> String {
    let Rotated {
        rewrapped,
        drawn,
        sealed,
        unopened,
        removed,
    } = done;
    let unopened = match unopened {
        0 => String::new(),
        cells => format!(" {cells} cells do not open; they stay, and so do their keys."),
    };
    format!(
        "Done: {rewrapped} data keys wrapped anew, {drawn} drawn, {sealed} cells sealed anew, \
         {removed} data keys of before removed.{unopened}"
    )
}

fn told(status: &Status) -> String {
    let mut lines = vec![format!("Key-encryption key in use: {}", status.in_use)];
    lines.extend(status.data_keys.iter().map(|by| {
        let unknown = if by.known { "" } else { " (not set here)" };
        let (id, in_use, retired) = (&by.id, by.in_use, by.retired);
        format!("  {id}{unknown}: {in_use} data keys in use, {retired} of before")
    }));
    lines.push("Sealed cells:".into());
    lines.extend(status.cells.iter().map(|cells| {
        let (column, in_use, retired) = (&cells.column, cells.in_use, cells.retired);
        format!("  {column}: {in_use} under data keys in use, {retired} under those of before")
    }));
    let settled = if status.is_settled() {
        "Everything is under keys in use."
    } else {
        "Not everything is under keys in use."
    };
    lines.push(settled.into());
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::data_keys::{SealedCells, WrappedBy};

    #[test]
    fn what_is_under_which_key_is_told_in_words() {
        let wrapped = |id: &str, in_use, retired| WrappedBy {
            id: id.into(),
            known: id != "gone",
            in_use,
            retired,
        };
        let mut status = Status {
            in_use: "new".into(),
            data_keys: vec![wrapped("gone", 1, 2), wrapped("new", 3, 0)],
            cells: vec![SealedCells {
                column: "outbox.payload".into(),
                in_use: 4,
                retired: 5,
            }],
        };
        let said = told(&status);
        for words in [
            "in use: new",
            "gone (not set here): 1 data keys in use, 2 of before",
            "outbox.payload: 4 under data keys in use, 5 under those of before",
            "Not everything",
        ] {
            assert!(said.contains(words), "{said}");
        }
        status.data_keys.remove(0);
        status.cells.clear();
        assert!(told(&status).ends_with("Everything is under keys in use."));
    }
}
