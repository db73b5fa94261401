//! The keys that wrap the keys with which the database seals what it must not show.

use super::{TransitSettings, WrongSetting};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use domain::data_keys::KeyRing;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const KEY: &str = "BULKHEAD_MASTER_KEY";
/// In the data directory of a private database.
const KEPT: &str = "master.key";
const PREVIOUS: &str = "BULKHEAD_PREVIOUS_MASTER_KEYS";

type MasterKey = [u8; 32];

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

    /// Other master keys, separated by commas or white space, that open what they have sealed and
    /// seal nothing: those that were in use before, and the next one
    #[arg(long, env = PREVIOUS, value_name = PREVIOUS, hide_env_values = true, global = true)]
    pub previous_master_keys: Option<String>,

    /// A file that holds `BULKHEAD_PREVIOUS_MASTER_KEYS`
    #[arg(
        long,
        env = "BULKHEAD_PREVIOUS_MASTER_KEYS_FILE",
        value_name = "BULKHEAD_PREVIOUS_MASTER_KEYS_FILE",
        global = true
    )]
    pub previous_master_keys_file: Option<PathBuf>,

    /// The key of a key management service.
    #[command(flatten)]
    pub transit: TransitSettings,
}

impl SecretSettings {
    /// The keys that are set, or that of the data directory where the database is private too: there
    /// they are kept and lost together.
    pub fn key_ring(&self, private_database_in: Option<&Path>) -> Result<KeyRing, WrongSetting> {
        let previous = self.previous()?;
        let Some(transit) = self.transit.key()?.map(Arc::new) else {
            let master = self.master_key(private_database_in)?;
            let master = master.ok_or_else(missing)?;
            return Ok(KeyRing::of_master_keys(&master, &previous));
        };
        // With a service a master key is only needed for what it has wrapped before, or will.
        let kept = private_database_in.filter(|dir| dir.join(KEPT).exists());
        let master = self.master_key(kept)?;
        if self.transit.transit_only_unwraps {
            let mut ring = KeyRing::of_master_keys(&master.ok_or_else(missing)?, &previous);
            ring.add(transit);
            return Ok(ring);
        }
        let mut ring = KeyRing::new(transit);
        for key in master.iter().chain(&previous) {
            ring.add_master_key(key);
        }
        Ok(ring)
    }

    /// The setting of the key that wraps.
    pub fn name_of_wrapping_key(&self) -> &'static str {
        if self.transit.wraps() {
            super::transit::URL
        } else {
            KEY
        }
    }

    fn master_key(
        &self,
        private_database_in: Option<&Path>,
    ) -> Result<Option<MasterKey>, WrongSetting> {
        let file = self.master_key_file.as_deref();
        let given = given(KEY, self.master_key.as_ref(), file)?;
        let text = match (given, private_database_in) {
            (Some(text), _) => text,
            (None, Some(data_dir)) => kept_in(data_dir)?,
            (None, None) => return Ok(None),
        };
        parse(KEY, text.trim()).map(Some)
    }

    fn previous(&self) -> Result<Vec<MasterKey>, WrongSetting> {
        let file = self.previous_master_keys_file.as_deref();
        let text = given(PREVIOUS, self.previous_master_keys.as_ref(), file)?.unwrap_or_default();
        let keys = text.split(|c: char| c == ',' || c.is_whitespace());
        keys.filter(|key| !key.is_empty())
            .map(|key| parse(PREVIOUS, key))
            .collect()
    }
}

/// What is set by value or by file.
pub(super) fn given(
    name: &'static str,
    value: Option<&String>,
    file: Option<&Path>,
) -> Result<Option<String>, WrongSetting> {
    let value = value.filter(|value| !value.trim().is_empty());
    match (value, file) {
        (Some(_), Some(_)) => Err(WrongSetting::new(
            name,
            "is given twice, by value and by file",
        )),
        (Some(value), None) => Ok(Some(value.clone())),
        (None, Some(file)) => fs::read_to_string(file).map(Some).map_err(|error| {
            WrongSetting::new(name, format!("reading {}: {error}", file.display()))
        }),
        (None, None) => Ok(None),
    }
}

fn parse(name: &'static str, text: &str) -> Result<MasterKey, WrongSetting> {
    let key = STANDARD.decode(text).ok();
    let key = key.and_then(|key| MasterKey::try_from(key).ok());
    key.ok_or_else(|| WrongSetting::new(name, "is not 32 bytes in base64"))
}

fn missing() -> WrongSetting {
    wrong(
        "must be set where DATABASE_URL is: 32 random bytes in base64, \
         such as `openssl rand -base64 32` prints",
    )
}

fn wrong(reason: impl Into<String>) -> WrongSetting {
    WrongSetting::new(KEY, reason)
}

/// Reads the key of a data directory, or makes one that only this account can read.
fn kept_in(data_dir: &Path) -> Result<String, WrongSetting> {
    let file = data_dir.join(KEPT);
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
        let first = settings(&[]).key_ring(Some(data.path())).expect("a key");
        let second = settings(&[]).key_ring(Some(data.path())).expect("a key");
        assert_eq!(first.id(), second.id());
        let file = fs::metadata(data.path().join("master.key")).expect("the key");
        assert_eq!(file.permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_database_of_ones_own_needs_a_key_of_ones_own() {
        let error = settings(&[]).key_ring(None).err().expect("no key");
        assert!(
            error
                .to_string()
                .starts_with("BULKHEAD_MASTER_KEY: must be set")
        );
        let error = settings(&["--master-key", "c2hvcnQ="]).key_ring(None);
        let error = error.err().expect("a short key").to_string();
        assert!(error.ends_with("is not 32 bytes in base64"), "{error}");
        let key = STANDARD.encode([1; 32]);
        assert!(settings(&["--master-key", &key]).key_ring(None).is_ok());
    }

    fn text(byte: u8) -> String {
        STANDARD.encode([byte; 32])
    }

    #[test]
    fn previous_keys_are_a_list() {
        let (now, one, two) = (text(1), text(2), text(3));
        let list = format!("{one},\n{two}\n");
        let set = ["--master-key", &now, "--previous-master-keys", &list];
        let ring = settings(&set).key_ring(None).expect("a ring");
        for key in [[1; 32], [2; 32], [3; 32]] {
            assert!(ring.has(KeyRing::of_master_keys(&key, &[]).id()));
        }
        assert!(!ring.has(KeyRing::of_master_keys(&[4; 32], &[]).id()));
        let set = ["--master-key", &now, "--previous-master-keys", "short"];
        let error = settings(&set).key_ring(None).err().expect("no key");
        assert!(error.to_string().starts_with(PREVIOUS), "{error}");
    }
}
