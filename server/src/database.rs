//! Opens the database: the operator's, or a private one that is created on the way.

use crate::config::{DatabaseChoice, DatabaseSettings};
use anyhow::Context as _;
use domain::Db;
use embedded_postgres::{Cluster, Connection, Settings};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, PgPool};
use std::time::Duration;
use tokio::task::spawn_blocking;

const NAME: &str = "bulkhead";
const SYSTEM_CONNECTIONS: u32 = 5;
/// Longer than any statement of ours takes; a caller that waits longer has given up.
const STATEMENT_TIMEOUT: (&str, &str) = ("statement_timeout", "15s");
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);
/// A connection that rested longer is tried before it is used, so that a restart of Postgres is not noticed.
const TRUSTED: Duration = Duration::from_secs(1);

/// An open database, and the server behind it if it is ours.
pub(crate) struct Database {
    pub(crate) db: Db,
    owner: Option<PgConnectOptions>,
    cluster: Option<Cluster>,
}

impl Database {
    /// Opens what the settings choose. Nothing is connected yet but what a private database needs to exist.
    pub(crate) async fn open(settings: &DatabaseSettings) -> anyhow::Result<Self> {
        let (runtime, system, owner, cluster) = match settings.choose()? {
            DatabaseChoice::Given(given) => (given.runtime, given.system, given.owner, None),
            DatabaseChoice::Embedded(choice) => {
                let cluster = start(choice).await?;
                let at = cluster.connection();
                bootstrap(at)
                    .await
                    .context("preparing the private database")?;
                let role = |name| role_at(at, name).database(NAME);
                let owner = Some(role("bulkhead_owner"));
                (
                    role("bulkhead_runtime"),
                    role("bulkhead_system"),
                    owner,
                    Some(cluster),
                )
            }
        };
        let db = Db::new(
            pool(runtime, settings.database_connections),
            pool(system, SYSTEM_CONNECTIONS),
        );
        Ok(Self { db, owner, cluster })
    }

    /// The same, for a command beside a server: if that runs a private database, this one uses it.
    pub(crate) async fn open_beside(settings: &DatabaseSettings) -> anyhow::Result<Self> {
        if let DatabaseChoice::Embedded(choice) = settings.choose()?
            && let Some(at) = Connection::of_running(&choice.data_dir)
        {
            let role = |name| role_at(&at, name).database(NAME);
            let db = Db::new(
                pool(role("bulkhead_runtime"), SYSTEM_CONNECTIONS),
                pool(role("bulkhead_system"), SYSTEM_CONNECTIONS),
            );
            let (owner, cluster) = (None, None);
            return Ok(Self { db, owner, cluster });
        }
        Self::open(settings).await
    }

    /// Applies missing migrations, where this server has the owner's role. Answers whether it has.
    pub(crate) async fn migrate(&self) -> anyhow::Result<bool> {
        let Some(owner) = &self.owner else {
            return Ok(false);
        };
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(Duration::from_secs(10))
            .connect_with(quiet(owner.clone()))
            .await
            .context("connecting as the owner of the schema")?;
        let migrated = domain::migrate(&pool).await;
        pool.close().await;
        migrated.map_err(broken)?;
        Ok(true)
    }

    /// Closes connections, then stops the server if it is ours.
    pub(crate) async fn close(self) -> anyhow::Result<()> {
        self.db.close().await;
        if let Some(cluster) = self.cluster {
            spawn_blocking(|| cluster.stop()).await??;
        }
        Ok(())
    }
}

/// The cause behind "internal error", for the operator.
fn broken(error: domain::Error) -> anyhow::Error {
    match error {
        domain::Error::Broken(cause) => cause,
        refused @ domain::Error::Refused(_) => refused.into(),
    }
}

async fn start(settings: Settings) -> anyhow::Result<Cluster> {
    let started = spawn_blocking(move || Cluster::start(&settings)).await?;
    started.map_err(|error| {
        anyhow::anyhow!(
            "{error}.\n(BULKHEAD_DATA_DIR says where the private Postgres keeps its data, \
             BULKHEAD_POSTGRES_BIN where its programs are; with DATABASE_URL none is needed.)"
        )
    })
}

/// Creates roles and the database as the superuser. Does nothing to those that exist.
async fn bootstrap(at: &Connection) -> anyhow::Result<()> {
    let mut superuser = role_at(at, at.superuser)
        .database("postgres")
        .connect()
        .await?;
    domain::bootstrap::create_roles(&mut superuser)
        .await
        .map_err(broken)?;
    domain::bootstrap::create_database(&mut superuser, NAME, None)
        .await
        .map_err(broken)?;
    Ok(superuser.close().await?)
}

fn role_at(at: &Connection, role: &str) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass()
        .socket(&at.socket_dir)
        .port(at.port)
        .username(role)
}

fn pool(options: PgConnectOptions, most: u32) -> PgPool {
    PgPoolOptions::new()
        .max_connections(most)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                // What does not answer is thrown away, and another one opened.
                Ok(meta.idle_for < TRUSTED || connection.ping().await.is_ok())
            })
        })
        .connect_lazy_with(quiet(options).options([STATEMENT_TIMEOUT]))
}

/// Statements are not logged: the slow ones are in the database's own log.
fn quiet(options: PgConnectOptions) -> PgConnectOptions {
    options
        .application_name("bulkhead")
        .disable_statement_logging()
}
