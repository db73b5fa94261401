//! A server does not start over a database that may lose what it has acknowledged (rule R21).
//!
//! The settings are those of a real PostgreSQL, which is started by hand: a private one has them on its command line,
//! where they are always on.

use crate::kill::Server;
use crate::process::data_dir;
use rustix::process::{Pid, Signal, geteuid, kill_process};
use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnectOptions;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::time::{sleep, timeout};

/// Starting takes a part of it, or the end of a start.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_database_that_may_lose_commits_ends_the_start() {
    let dir = data_dir();
    // Leaves a database behind, with roles and tables.
    let mut server = Server::with_private_database(dir.path());
    server.start().await;
    server.stop().await;
    let home = dir.path().join("postgres");
    for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
        let _postgres = Postgres::start(&home, setting).await;
        let told = refusal(&home).await;
        assert!(told.contains(&format!("{setting} = off")), "{told}");
    }
}

/// What a server says that does not start over the database there.
async fn refusal(home: &Path) -> String {
    let socket_dir = home.join("run");
    let mut server = Server::reaching(|role: &str| {
        let dir = socket_dir.display();
        format!("postgres://{role}@localhost:5432/bulkhead?host={dir}")
    });
    let output = server.command.kill_on_drop(true).output();
    let output = timeout(PATIENCE, output).await.expect("it does not serve");
    let output = output.expect("a process");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{told}");
    told
}

/// A PostgreSQL that was started by hand.
struct Postgres(Child);

impl Postgres {
    /// Starts the one in the home of a private database, with a setting off.
    async fn start(home: &Path, off: &str) -> Self {
        let (cluster, socket_dir) = (home.join("cluster"), home.join("run"));
        // Its last command line: the program, and each argument in quotes.
        let started = fs::read_to_string(cluster.join("postmaster.opts")).expect("a start before");
        let (program, _) = started.split_once(" \"").expect("arguments");
        let mut command = Command::new(program);
        command
            .arg("-D")
            .arg(&cluster)
            .args(["-c", "listen_addresses=", "-c", "port=5432"])
            .arg("-c")
            .arg(format!("unix_socket_directories={}", socket_dir.display()))
            .arg("-c")
            .arg(format!("{off}=off"))
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if geteuid().is_root() {
            let owner = fs::metadata(&cluster).expect("its owner");
            command.gid(owner.gid()).uid(owner.uid());
        }
        let postgres = Self(command.spawn().expect("a process"));
        let superuser = PgConnectOptions::new_without_pgpass()
            .socket(&socket_dir)
            .port(5432)
            .database("postgres")
            .username("postgres");
        let began = Instant::now();
        while superuser.connect().await.is_err() {
            assert!(began.elapsed() < PATIENCE, "PostgreSQL does not start");
            sleep(Duration::from_millis(20)).await;
        }
        postgres
    }
}

impl Drop for Postgres {
    /// Stops it and waits: the next one finds its directory free.
    fn drop(&mut self) {
        let _ = kill_process(Pid::from_child(&self.0), Signal::INT);
        let _ = self.0.wait();
    }
}
