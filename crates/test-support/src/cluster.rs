//! The process's temporary cluster and the databases copied from its template.

use crate::deadline::Deadline;
use embedded_postgres::{Cluster, Connection};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::OnceCell;
use uuid::Uuid;

const TEMPLATE: &str = "bulkhead_template";

/// Lives until the process ends; the cluster's guardian cleans up then.
static CLUSTER: OnceCell<(Connection, Mutex<Cluster>)> = OnceCell::const_new();

/// Databases of tests that have ended. They are dropped together: each drop waits for a checkpoint, which is done
/// with once for all of them.
static ENDED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// So many copies of the template may wait on the disk.
const ENDED_AT_ONCE: usize = 16;

async fn cluster() -> &'static Connection {
    let start = || async {
        let cluster = tokio::task::spawn_blocking(Cluster::temporary)
            .await
            .expect("starting a cluster does not panic")
            .unwrap_or_else(|error| panic!("starting a temporary cluster: {error}"));
        prepare(cluster.connection()).await;
        (cluster.connection().clone(), Mutex::new(cluster))
    };
    &CLUSTER.get_or_init(start).await.0
}

async fn prepare(connection: &Connection) {
    let mut superuser = connect(connection, "postgres", connection.superuser).await;
    domain::bootstrap::create_roles(&mut superuser)
        .await
        .expect("creating roles");
    domain::bootstrap::create_database(&mut superuser, TEMPLATE, None)
        .await
        .expect("creating the template");
    let owner = pool(options(connection, TEMPLATE, "bulkhead_owner"), 1);
    domain::migrate(&owner)
        .await
        .expect("migrating the template");
    owner.close().await;
}

fn options(connection: &Connection, database: &str, role: &str) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass()
        .socket(&connection.socket_dir)
        .port(connection.port)
        .database(database)
        .username(role)
}

async fn connect(connection: &Connection, database: &str, role: &str) -> PgConnection {
    options(connection, database, role)
        .connect()
        .await
        .expect("connecting to the cluster")
}

fn pool(options: PgConnectOptions, most: u32) -> PgPool {
    PgPoolOptions::new()
        .max_connections(most)
        .acquire_timeout(Duration::from_secs(10))
        .connect_lazy_with(options)
}

/// The process that a server's own PostgreSQL in this data directory runs as.
///
/// # Panics
/// When no server runs there.
pub fn postmaster_of(data_dir: &Path) -> u32 {
    line_of_pid_file(data_dir, 1).parse().expect("a process id")
}

/// The same, if it is ready for connections. A killed one leaves this behind until another one starts.
pub fn ready_postmaster_of(data_dir: &Path) -> Option<u32> {
    let text = fs::read_to_string(pid_file(data_dir)).ok()?;
    let mut lines = text.lines().map(str::trim);
    let pid = lines.next()?.parse().ok()?;
    // Its eighth line, which is written last.
    (lines.nth(6)? == "ready").then_some(pid)
}

fn pid_file(data_dir: &Path) -> PathBuf {
    data_dir.join("postgres/cluster/postmaster.pid")
}

fn line_of_pid_file(data_dir: &Path, number: usize) -> String {
    let text =
        fs::read_to_string(pid_file(data_dir)).expect("PostgreSQL runs in the data directory");
    text.lines()
        .nth(number - 1)
        .expect("a complete postmaster.pid")
        .trim()
        .to_owned()
}

async fn drop_ended(superuser: &mut PgConnection) {
    let ended = {
        let mut ended = ENDED.lock().unwrap_or_else(PoisonError::into_inner);
        if ended.len() < ENDED_AT_ONCE {
            return;
        }
        std::mem::take(&mut *ended)
    };
    for name in ended {
        let drop = format!("drop database \"{name}\" with (force)");
        sqlx::raw_sql(AssertSqlSafe(drop))
            .execute(&mut *superuser)
            .await
            .unwrap_or_else(|error| panic!("dropping the database of a test: {error}"));
    }
}

/// A database of one test. It goes some time after the test has ended, so that the disk holds few of them.
pub struct Database {
    name: String,
    connection: &'static Connection,
    _deadline: Option<Deadline>,
    is_copy: bool,
}

impl Drop for Database {
    fn drop(&mut self) {
        if self.is_copy {
            let name = std::mem::take(&mut self.name);
            ENDED
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(name);
        }
    }
}

impl Database {
    /// A fresh copy of the migrated template.
    pub async fn create() -> Self {
        let connection = cluster().await;
        let name = format!("test_{}", Uuid::new_v4().simple());
        let mut superuser = connect(connection, "postgres", connection.superuser).await;
        drop_ended(&mut superuser).await;
        domain::bootstrap::create_database(&mut superuser, &name, Some(TEMPLATE))
            .await
            .unwrap_or_else(|error| panic!("copying the template: {error:#}"));
        Self {
            name,
            connection,
            _deadline: Deadline::of_this_test(),
            is_copy: true,
        }
    }

    /// The database of a server that runs its own PostgreSQL in this data directory.
    ///
    /// # Panics
    /// When no server runs there.
    pub fn of_server(data_dir: &Path) -> Self {
        let connection = Connection {
            socket_dir: line_of_pid_file(data_dir, 5).into(),
            port: line_of_pid_file(data_dir, 4).parse().expect("a port"),
            superuser: "postgres",
        };
        // A few of them in the life of a process.
        Self {
            name: "bulkhead".into(),
            connection: Box::leak(Box::new(connection)),
            _deadline: None,
            is_copy: false,
        }
    }

    /// Connections of one of the three roles, or of the superuser `postgres`.
    pub fn pool(&self, role: &str, most: u32) -> PgPool {
        pool(self.options(role), most)
    }

    /// How to connect as a role.
    pub fn options(&self, role: &str) -> PgConnectOptions {
        options(self.connection, &self.name, role)
    }

    /// The same, as an address.
    pub fn url(&self, role: &str) -> String {
        let dir = self.connection.socket_dir.display();
        let port = self.connection.port;
        format!(
            "postgres://{role}@localhost:{port}/{}?host={dir}",
            self.name
        )
    }

    /// The directory of the cluster's socket.
    pub fn socket_dir(&self) -> PathBuf {
        self.connection.socket_dir.clone()
    }
}
