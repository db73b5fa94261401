//! `kill -9` of the real binary and of its database, under load.

mod acts;
mod calls;
mod cutter;
mod database;
mod ledger;

use domain::toolkits::Registry;
use rustix::process::{Pid, Signal, kill_process};
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use test_support::{Database, Person, World, master_key_setting};
use tokio::process::{Child, Command};
use tokio::time::sleep;

/// A debug build on a busy machine.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// The binary at one address, through all its lives.
pub(crate) struct Server {
    pub(crate) command: Command,
    process: Option<Child>,
    /// Scheme and authority.
    url: String,
}

impl Server {
    /// Over the database of a world.
    pub(crate) fn over(world: &World) -> Self {
        Self::reaching(|role| world.database.url(role))
    }

    /// Over a database that has these addresses, by role.
    pub(crate) fn reaching(url: impl Fn(&str) -> String) -> Self {
        Self::new(|command| {
            command
                .env("DATABASE_URL", url("bulkhead_runtime"))
                .env("BULKHEAD_SYSTEM_DATABASE_URL", url("bulkhead_system"))
                .env("BULKHEAD_OWNER_DATABASE_URL", url("bulkhead_owner"));
        })
    }

    /// With a PostgreSQL of its own in this directory.
    pub(crate) fn with_private_database(data_dir: &Path) -> Self {
        Self::new(|command| {
            command.env("BULKHEAD_DATA_DIR", data_dir);
        })
    }

    fn new(settings: impl FnOnce(&mut Command)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let addr = listener.local_addr().expect("an address");
        let mut command = Command::new(env!("CARGO_BIN_EXE_bulkhead"));
        for name in [
            "DATABASE_URL",
            "BULKHEAD_SYSTEM_DATABASE_URL",
            "BULKHEAD_OWNER_DATABASE_URL",
        ] {
            command.env_remove(name);
        }
        command
            .env("BULKHEAD_ADDR", addr.to_string())
            .env("BULKHEAD_MASTER_KEY", master_key_setting())
            .env("RUST_LOG", "error")
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        settings(&mut command);
        Self {
            command,
            process: None,
            url: format!("http://{addr}"),
        }
    }

    /// An address of it.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    pub(crate) fn mcp(&self) -> String {
        format!("{}/mcp", self.url)
    }

    /// Starts it and waits until it is ready.
    pub(crate) async fn start(&mut self) {
        self.process = Some(self.command.spawn().expect("a process"));
        self.ready_within(START_TIMEOUT).await;
    }

    /// Waits until it is ready, but no longer than this.
    pub(crate) async fn ready_within(&self, patience: Duration) {
        let deadline = Instant::now() + patience;
        let ready = self.at("/readyz");
        while !reqwest::get(&ready)
            .await
            .is_ok_and(|answer| answer.status().is_success())
        {
            assert!(Instant::now() < deadline, "the server does not get ready");
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// `kill -9`. Answers between which moments it happened.
    pub(crate) async fn kill(&mut self) -> (Instant, Instant) {
        let before = Instant::now();
        let mut process = self.process.take().expect("it runs");
        process.kill().await.expect("kill -9");
        (before, Instant::now())
    }

    /// Asks it to stop, and waits for its end.
    pub(crate) async fn stop(&mut self) {
        self.ask_to_stop();
        let ended = self.process.take().expect("it runs").wait().await;
        assert!(ended.expect("its end").success());
    }

    fn ask_to_stop(&self) {
        let id = self.process.as_ref().and_then(Child::id);
        if let Some(pid) = id.and_then(|id| Pid::from_raw(id.cast_signed())) {
            let _ = kill_process(pid, Signal::TERM);
        }
    }
}

impl Drop for Server {
    /// After a failed assertion nothing must be left running, its Postgres neither.
    fn drop(&mut self) {
        self.ask_to_stop();
    }
}

/// Use cases over a server's own database.
fn world_of(data_dir: &Path) -> World {
    let toolkits = Registry::built_in().expect("the built-in toolkits");
    World::on(
        Database::of_server(data_dir),
        toolkits,
        "http://127.0.0.1:3000",
        2,
    )
}

/// A key of a new client of this person's.
async fn key_of(person: &Person) -> String {
    let client = person.client("agent").await;
    person.key(&client).await.secret
}
