//! Where data is kept: a database of the operator's, or a private one beside the server.

use super::WrongSetting;
use clap::Args;
use sqlx::postgres::PgConnectOptions;
use std::path::{Path, PathBuf};
use std::{fs, str::FromStr as _};

const RUNTIME: &str = "DATABASE_URL";
const OWNER: &str = "BULKHEAD_OWNER_DATABASE_URL";
const SYSTEM: &str = "BULKHEAD_SYSTEM_DATABASE_URL";

/// Where data goes when root runs the server in a directory that PostgreSQL's account cannot reach.
const ELSEWHERE: &str = "/var/lib/bulkhead";

/// The section `Database` of `--help`. A secret may be in a file, which is named by the same name and `_FILE`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Database")]
pub struct DatabaseSettings {
    /// Postgres of your own, as the role `bulkhead_runtime`.
    /// Without it, a private Postgres runs in the data directory
    #[arg(long, env = RUNTIME, value_name = RUNTIME, hide_env_values = true, global = true)]
    pub database_url: Option<String>,

    /// A file that holds `DATABASE_URL`
    #[arg(
        long,
        env = "DATABASE_URL_FILE",
        value_name = "DATABASE_URL_FILE",
        global = true
    )]
    pub database_url_file: Option<PathBuf>,

    /// The same database as the role `bulkhead_system`, for work that crosses tenants
    #[arg(long, env = SYSTEM, value_name = SYSTEM, hide_env_values = true, global = true)]
    pub system_database_url: Option<String>,

    /// A file that holds `BULKHEAD_SYSTEM_DATABASE_URL`
    #[arg(
        long,
        env = "BULKHEAD_SYSTEM_DATABASE_URL_FILE",
        value_name = "BULKHEAD_SYSTEM_DATABASE_URL_FILE",
        global = true
    )]
    pub system_database_url_file: Option<PathBuf>,

    /// The same database as the role `bulkhead_owner`, for migrations.
    /// Without it, `serve` leaves the schema alone
    #[arg(long, env = OWNER, value_name = OWNER, hide_env_values = true, global = true)]
    pub owner_database_url: Option<String>,

    /// A file that holds `BULKHEAD_OWNER_DATABASE_URL`
    #[arg(
        long,
        env = "BULKHEAD_OWNER_DATABASE_URL_FILE",
        value_name = "BULKHEAD_OWNER_DATABASE_URL_FILE",
        global = true
    )]
    pub owner_database_url_file: Option<PathBuf>,

    /// Most connections to the database for requests; workers have five more
    #[arg(
        long,
        env = "BULKHEAD_DATABASE_CONNECTIONS",
        value_name = "BULKHEAD_DATABASE_CONNECTIONS",
        default_value_t = 20,
        value_parser = clap::value_parser!(u32).range(2..=1000),
        global = true
    )]
    pub database_connections: u32,

    /// Directory of the private Postgres
    #[arg(
        long,
        env = "BULKHEAD_DATA_DIR",
        value_name = "BULKHEAD_DATA_DIR",
        default_value = "./data",
        global = true
    )]
    pub data_dir: PathBuf,

    /// Directory of the programs `postgres` and `initdb`, when they are not in a usual place
    #[arg(
        long,
        env = "BULKHEAD_POSTGRES_BIN",
        value_name = "BULKHEAD_POSTGRES_BIN",
        global = true
    )]
    pub postgres_bin: Option<PathBuf>,
}

/// Which database is used.
#[derive(Debug)]
pub enum DatabaseChoice {
    /// A private one.
    Embedded(embedded_postgres::Settings),
    /// The operator's, by role.
    Given(Box<GivenDatabase>),
}

/// Addresses of the operator's database.
#[derive(Debug)]
pub struct GivenDatabase {
    /// As `bulkhead_runtime`.
    pub runtime: PgConnectOptions,
    /// As `bulkhead_system`.
    pub system: PgConnectOptions,
    /// As `bulkhead_owner`, where this server may migrate.
    pub owner: Option<PgConnectOptions>,
}

impl DatabaseSettings {
    /// Decides by what is set.
    pub fn choose(&self) -> Result<DatabaseChoice, WrongSetting> {
        let runtime = address(
            RUNTIME,
            self.database_url.as_ref(),
            self.database_url_file.as_deref(),
        )?;
        let system = address(
            SYSTEM,
            self.system_database_url.as_ref(),
            self.system_database_url_file.as_deref(),
        )?;
        let owner = address(
            OWNER,
            self.owner_database_url.as_ref(),
            self.owner_database_url_file.as_deref(),
        )?;
        match (runtime, system, owner) {
            (Some(runtime), Some(system), owner) => {
                Ok(DatabaseChoice::Given(Box::new(GivenDatabase {
                    runtime,
                    system,
                    owner,
                })))
            }
            (Some(_), None, _) => Err(WrongSetting::new(
                SYSTEM,
                "must be set where DATABASE_URL is, as the role bulkhead_system",
            )),
            (None, Some(_), _) => Err(WrongSetting::new(
                SYSTEM,
                "is of no use without DATABASE_URL",
            )),
            (None, None, Some(_)) => Err(WrongSetting::new(
                OWNER,
                "is of no use without DATABASE_URL",
            )),
            (None, None, None) => Ok(DatabaseChoice::Embedded(self.embedded()?)),
        }
    }

    /// The data directory, where the database is a private one in it.
    pub fn private_dir(&self) -> Result<Option<&Path>, WrongSetting> {
        Ok(match self.choose()? {
            DatabaseChoice::Embedded(_) => Some(&self.data_dir),
            DatabaseChoice::Given(_) => None,
        })
    }

    fn embedded(&self) -> Result<embedded_postgres::Settings, WrongSetting> {
        if self.data_dir.as_os_str().is_empty() {
            return Err(WrongSetting::new("BULKHEAD_DATA_DIR", "must not be empty"));
        }
        let mut settings = embedded_postgres::Settings::new(self.data_dir.join("postgres"));
        settings.elsewhere = ELSEWHERE.into();
        settings.bin_dir.clone_from(&self.postgres_bin);
        // Room for a second server, for migrations and for an operator's own session.
        let connections = self
            .database_connections
            .saturating_mul(2)
            .saturating_add(40)
            .max(100);
        settings.max_connections = u16::try_from(connections).unwrap_or(u16::MAX);
        Ok(settings)
    }
}

fn address(
    name: &'static str,
    value: Option<&String>,
    file: Option<&Path>,
) -> Result<Option<PgConnectOptions>, WrongSetting> {
    let text = match (value.filter(|text| !text.trim().is_empty()), file) {
        (Some(_), Some(_)) => {
            return Err(WrongSetting::new(
                name,
                "is given twice, by value and by file",
            ));
        }
        (Some(value), None) => value.clone(),
        (None, Some(file)) => fs::read_to_string(file).map_err(|error| {
            WrongSetting::new(name, format!("reading {}: {error}", file.display()))
        })?,
        (None, None) => return Ok(None),
    };
    let text = text.trim();
    if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
        return Err(WrongSetting::new(name, "must begin with postgres://"));
    }
    // The reason is the parser's; it does not repeat the address, which holds a password.
    PgConnectOptions::from_str(text)
        .map(Some)
        .map_err(|error| WrongSetting::new(name, format!("is not an address of Postgres: {error}")))
}

#[cfg(test)]
mod tests {
    use super::super::Cli;
    use super::*;
    use clap::Parser as _;
    use std::io::Write as _;

    fn choose(arguments: &[&str]) -> Result<DatabaseChoice, String> {
        let line = [&["bulkhead"], arguments].concat();
        let cli = Cli::try_parse_from(line).map_err(|error| error.to_string())?;
        cli.settings
            .database
            .choose()
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_private_database_is_used_when_none_is_given() {
        let choice = choose(&["--data-dir", "/d"]).expect("a choice");
        let DatabaseChoice::Embedded(settings) = choice else {
            panic!("{choice:?}")
        };
        assert_eq!(settings.data_dir, Path::new("/d/postgres"));
    }

    #[test]
    fn a_given_database_needs_both_serving_roles() {
        let error =
            choose(&["--database-url", "postgres://a:b@c/d"]).expect_err("one role is missing");
        assert!(
            error.starts_with("BULKHEAD_SYSTEM_DATABASE_URL: must be set"),
            "{error}"
        );
    }

    #[test]
    fn a_secret_may_come_from_a_file() {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        writeln!(file, "postgres://bulkhead_runtime:x@localhost/one").expect("its line");
        let path = file.path().to_str().expect("a path");
        let choice = choose(&[
            "--database-url-file",
            path,
            "--system-database-url",
            "postgres://bulkhead_system:x@localhost/one",
        ]);
        let Ok(DatabaseChoice::Given(given)) = choice else {
            panic!("{choice:?}")
        };
        assert_eq!(given.runtime.get_database(), Some("one"));
        assert!(given.owner.is_none());
    }

    #[test]
    fn a_wrong_address_is_told_by_name_and_without_its_password() {
        let error = choose(&["--database-url", "mysql://u:hunter2@h/d"]).expect_err("not ours");
        assert!(
            error.starts_with("DATABASE_URL: must begin with"),
            "{error}"
        );
        let error =
            choose(&["--database-url", "postgres://u:hunter2@h:port/d"]).expect_err("no port");
        assert!(
            error.starts_with("DATABASE_URL: ") && !error.contains("hunter2"),
            "{error}"
        );
    }
}
