//! The master key, which seals what the database must not show.

use super::WrongSetting;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use vault::Sealer;

const KEY: &str = "BULKHEAD_MASTER_KEY";

/// The section `Secrets` of `--help`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Secrets")]
pub struct SecretSettings {
    /// 32 random bytes in base64 that seal secrets in the database; the same for every server.
    /// Default: `master.key` in the data directory, made at the first start, with a private Postgres
    #[arg(long, env = KEY, value_name = KEY, hide_env_values = true, global = true)]
    pub master_key: Option<String>,

    /// A file that holds `BULKHEAD_MASTER_KEY`
    #[arg(
        long,
        env = "BULKHEAD_MASTER_KEY_FILE",
        value_name = "BULKHEAD_MASTER_KEY_FILE",
        global = true
    )]
    pub master_key_file: Option<PathBuf>,
}

impl SecretSettings {
    /// The key that is set, or that of the data directory where the database is private too: there
    /// they are kept and lost together.
    pub fn sealer(&self, private_database_in: Option<&Path>) -> Result<Sealer, WrongSetting> {
        let given = self
            .master_key
            .as_ref()
            .filter(|key| !key.trim().is_empty());
        let text = match (given, &self.master_key_file, private_database_in) {
            (Some(_), Some(_), _) => return Err(wrong("is given twice, by value and by file")),
            (Some(key), None, _) => key.clone(),
            (None, Some(file), _) => fs::read_to_string(file)
                .map_err(|error| wrong(format!("reading {}: {error}", file.display())))?,
            (None, None, Some(data_dir)) => kept_in(data_dir)?,
            (None, None, None) => {
                return Err(wrong(
                    "must be set where DATABASE_URL is: 32 random bytes in base64, \
                     such as `openssl rand -base64 32` prints",
                ));
            }
        };
        let key = STANDARD.decode(text.trim()).ok();
        let key = key.and_then(|key| <[u8; 32]>::try_from(key).ok());
        key.map(|key| Sealer::with_key(&key))
            .ok_or_else(|| wrong("is not 32 bytes in base64"))
    }
}

fn wrong(reason: impl Into<String>) -> WrongSetting {
    WrongSetting::new(KEY, reason)
}

/// Reads the key of a data directory, or makes one that only this account can read.
fn kept_in(data_dir: &Path) -> Result<String, WrongSetting> {
    let file = data_dir.join("master.key");
    let failed = |error: std::io::Error| wrong(format!("{}: {error}", file.display()));
    match fs::read_to_string(&file) {
        Ok(text) => return Ok(text),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    fs::create_dir_all(data_dir).map_err(failed)?;
    let text = STANDARD.encode(vault::random_bytes::<32>());
    let created = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&file);
    let written = created.and_then(|mut out| {
        writeln!(out, "{text}")?;
        out.sync_all()
    });
    written.map_err(failed)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::super::Cli;
    use super::*;
    use clap::Parser as _;
    use std::os::unix::fs::PermissionsExt as _;

    fn settings(arguments: &[&str]) -> SecretSettings {
        let cli = Cli::try_parse_from([&["bulkhead"], arguments].concat()).expect("a line");
        cli.settings.secrets
    }

    #[test]
    fn a_private_database_has_a_key_beside_it_that_stays() {
        let data = tempfile::tempdir().expect("a directory");
        let first = settings(&[]).sealer(Some(data.path())).expect("a key");
        let sealed = first.seal(b"a", b"b").expect("sealed");
        let second = settings(&[]).sealer(Some(data.path())).expect("a key");
        assert_eq!(second.open(b"a", &sealed).as_deref(), Some(&b"b"[..]));
        let file = fs::metadata(data.path().join("master.key")).expect("the key");
        assert_eq!(file.permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_database_of_ones_own_needs_a_key_of_ones_own() {
        let error = settings(&[]).sealer(None).expect_err("no key");
        assert!(
            error
                .to_string()
                .starts_with("BULKHEAD_MASTER_KEY: must be set")
        );
        let error = settings(&["--master-key", "c2hvcnQ="]).sealer(None);
        let error = error.expect_err("a short key").to_string();
        assert!(error.ends_with("is not 32 bytes in base64"), "{error}");
        let key = STANDARD.encode([1; 32]);
        assert!(settings(&["--master-key", &key]).sealer(None).is_ok());
    }
}
