//! The server under test: its own data directory, its own PostgreSQL, a tenant with a key.

use crate::connection::{request, request_with};
use crate::group::Group;
use crate::process::{Process, cpu_with_children, free_address};
use anyhow::{Context as _, ensure};
use domain::toolkits::Registry;
use std::fs::{File, Permissions};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;
use test_support::{Database, World, master_key_setting, new_key, postmaster_of};

/// A running server.
pub struct Bulkhead {
    program: PathBuf,
    // Ends before its directory is removed.
    process: Option<Process>,
    dir: TempDir,
    addr: SocketAddr,
    /// Settings beside those of every server here.
    settings: Vec<(&'static str, String)>,
    // Removed when nobody is in it any more.
    group: Option<Group>,
}

/// Processor time of the server and of its PostgreSQL.
#[derive(Clone, Copy, Default)]
pub struct Cpu {
    /// The server's.
    pub server: Duration,
    /// PostgreSQL's, all processes.
    pub postgres: Duration,
}

impl Bulkhead {
    /// Starts it with an empty database.
    pub async fn start(program: &Path) -> anyhow::Result<Self> {
        Self::start_with(program, Vec::new(), None).await
    }

    /// The same, and tenants may reach this address.
    pub async fn reaching(program: &Path, inner: SocketAddr) -> anyhow::Result<Self> {
        let setting = ("BULKHEAD_INNER_HOSTS", inner.to_string());
        Self::start_with(program, vec![setting], None).await
    }

    /// The same, and what this machine says in `X-Forwarded-For` is believed.
    pub async fn behind_a_proxy(program: &Path) -> anyhow::Result<Self> {
        let setting = ("BULKHEAD_TRUSTED_PROXIES", "127.0.0.0/8".into());
        Self::start_with(program, vec![setting], None).await
    }

    /// The same with any settings, and in this group.
    pub async fn start_with(
        program: &Path,
        settings: Vec<(&'static str, String)>,
        group: Option<Group>,
    ) -> anyhow::Result<Self> {
        // PostgreSQL does not run as root; the account it runs as has to get in.
        let open = Permissions::from_mode(0o755);
        let dir = tempfile::Builder::new()
            .prefix("bulkhead-bench-")
            .permissions(open)
            .tempdir()?;
        let mut server = Self {
            program: program.into(),
            process: None,
            dir,
            addr: free_address()?,
            settings,
            group,
        };
        server.start_again().await?;
        Ok(server)
    }

    /// Starts it with the database it has.
    pub async fn start_again(&mut self) -> anyhow::Result<()> {
        let log = File::create(self.log())?;
        let mut command = Command::new(&self.program);
        command
            .env("BULKHEAD_ADDR", self.addr.to_string())
            .env("BULKHEAD_DATA_DIR", self.data_dir())
            .env("BULKHEAD_MASTER_KEY", master_key_setting())
            .env_remove("DATABASE_URL")
            .env_remove("RUST_LOG")
            .envs(self.settings.clone())
            .current_dir(self.dir.path())
            .stdout(log.try_clone()?)
            .stderr(log);
        let mut process = Process::start(&mut command, self.addr)?;
        if let Some(group) = &self.group {
            // Before it starts its PostgreSQL, which is in the group then as well.
            group.take_in(process.id())?;
        }
        let ready = process.ready().await;
        self.process = Some(process);
        let log = || std::fs::read_to_string(self.log()).unwrap_or_default();
        ready.with_context(|| format!("starting bulkhead, which said:\n{}", log()))
    }

    /// Stops it, and its PostgreSQL with it.
    pub fn stop(&mut self) -> anyhow::Result<()> {
        self.process.take().map_or(Ok(()), Process::stop)
    }

    /// Leaves it and its PostgreSQL so many percent of their core. False, where there is no group to do so with.
    pub fn limit(&self, percent: u32) -> anyhow::Result<bool> {
        let Some(group) = &self.group else {
            return Ok(false);
        };
        for process in [self.process()?.id(), postmaster_of(&self.data_dir())] {
            ensure!(group.has(process)?, "process {process} is not in the group");
        }
        group.limit(percent)?;
        Ok(true)
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Its process.
    pub fn process(&self) -> anyhow::Result<&Process> {
        self.process.as_ref().context("the server is stopped")
    }

    /// Processor time used so far.
    pub fn cpu(&self) -> anyhow::Result<Cpu> {
        let postgres = cpu_with_children(postmaster_of(&self.data_dir()))?;
        Ok(Cpu {
            server: self.process()?.cpu()?,
            postgres,
        })
    }

    /// Its database, for what no handler may do.
    pub fn database(&self) -> Database {
        Database::of_server(&self.data_dir())
    }

    /// Rows of usage, but those of calls that came too fast: they are written when there is time for them, or never.
    pub async fn counted(&self) -> anyhow::Result<u64> {
        let pool = self.database().pool("postgres", 1);
        let query = "select count(*) from usage_events where outcome <> 'limited'";
        let rows: i64 = sqlx::query_scalar(query).fetch_one(&pool).await?;
        pool.close().await;
        Ok(rows.unsigned_abs())
    }

    /// A new tenant's key for the account toolkit, with the largest rate limit there is.
    pub async fn new_key(&self) -> anyhow::Result<String> {
        let toolkits = Registry::built_in()?;
        let world = World::on(
            self.database(),
            toolkits,
            &format!("http://{}", self.addr),
            2,
        );
        let person = world.owner("bench").await;
        let client = person.client("bench").await;
        let mut key = new_key(&["account:read"]);
        key.rate_limit_per_minute = Some(1_000_000);
        let created =
            domain::api_keys::create(&world.services, &person.actor, client.id, key).await?;
        world.services.db.close().await;
        Ok(created.secret)
    }

    /// A call of a tool with these arguments.
    pub fn call(&self, key: &str, tool: &str, arguments: &str) -> Vec<u8> {
        request_with(self.addr, key, "tools/call", Some(tool), arguments)
    }

    /// A call of the tool `whoami` with this key.
    pub fn whoami(&self, key: &str) -> Vec<u8> {
        request(self.addr, key, "tools/call", Some("whoami"))
    }

    fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn log(&self) -> PathBuf {
        self.dir.path().join("log")
    }
}
