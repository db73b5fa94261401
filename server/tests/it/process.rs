//! The binary as people start and stop it, with a private Postgres.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use std::{fs, net::TcpListener};
use tempfile::TempDir;

#[test]
fn a_server_starts_stops_and_survives_being_killed() {
    let data = data_dir();
    let mut first = Server::start(&data);
    assert!(first.healthcheck().status.success());

    let second = bulkhead(&data, free_port(), &[])
        .output()
        .expect("a second server");
    assert_eq!(second.status.code(), Some(1));
    let told = String::from_utf8_lossy(&second.stderr).into_owned();
    let pid = first.process.id();
    assert!(
        told.contains("in use") && told.contains(&format!("(process {pid})")),
        "{told}"
    );

    first.process.kill().expect("kill -9");
    first.process.wait().expect("its end");
    assert!(!first.healthcheck().status.success());

    let mut again = Server::start(&data);
    assert!(
        again.ready_after < Duration::from_secs(5),
        "{:?}",
        again.ready_after
    );
    assert!(again.healthcheck().status.success());
    assert_eq!(again.stop(), Some(0));
    assert!(!data.path().join("postgres/cluster/postmaster.pid").exists());
}

#[test]
fn a_wrong_setting_ends_the_start_with_its_name_and_code_2() {
    let data = data_dir();
    for (name, value) in [
        ("BULKHEAD_ADDR", "nowhere"),
        ("BULKHEAD_PUBLIC_URL", "http://mcp.example.com"),
        ("BULKHEAD_SITE_DIR", "/nowhere"),
        ("BULKHEAD_TRUSTED_PROXIES", "everybody"),
        ("BULKHEAD_MAX_CONNECTIONS", "0"),
        ("BULKHEAD_SHUTDOWN_DELAY", "soon"),
        ("BULKHEAD_LOG_FORMAT", "loud"),
        ("RUST_LOG", "a=b=c"),
        ("DATABASE_URL", "mysql://x"),
        ("BULKHEAD_SYSTEM_DATABASE_URL", "postgres://x@y/z"),
        ("BULKHEAD_OWNER_DATABASE_URL_FILE", "/nowhere"),
        ("BULKHEAD_MASTER_KEY", "short"),
        ("BULKHEAD_PREVIOUS_MASTER_KEYS", "short"),
        ("BULKHEAD_TRANSIT_URL", "nowhere"),
        ("BULKHEAD_SMTP_URL", "http://x"),
        ("BULKHEAD_AUDIT_BUCKET", "An/chors"),
        ("BULKHEAD_GEOIP_FILE", "/nowhere"),
        ("BULKHEAD_OPERATORS", "ada"),
    ] {
        let output = bulkhead(&data, free_port(), &[])
            .env(name, value)
            .output()
            .expect("an end");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{name}: {told}");
        assert!(
            told.contains(name.trim_end_matches("_FILE")),
            "{name}: {told}"
        );
    }
}

#[test]
fn keys_rotate_beside_a_server_with_a_private_database() {
    let data = data_dir();
    let mut server = Server::start(&data);
    let rotate = |arguments: &[&str]| {
        let arguments = [&["rotate-keys"], arguments].concat();
        let output = bulkhead(&data, free_port(), &arguments)
            .output()
            .expect("an end");
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{told} {output:?}");
        told
    };
    let told = rotate(&["--grace", "1"]);
    assert!(told.contains("Done: 0 data keys wrapped anew"), "{told}");
    let told = rotate(&["--check"]);
    assert!(told.contains("Everything is under keys in use."), "{told}");
    assert!(server.healthcheck().status.success());
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn missing_programs_are_told_with_what_to_do() {
    let data = data_dir();
    let output = bulkhead(&data, free_port(), &[])
        .env("BULKHEAD_POSTGRES_BIN", data.path())
        .output()
        .expect("an end");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(
        told.contains("apt-get install postgresql") && told.contains("DATABASE_URL"),
        "{told}"
    );
}

/// The binary, running.
pub(crate) struct Server {
    process: Child,
    pub(crate) port: u16,
    ready_after: Duration,
    data: std::path::PathBuf,
}

impl Server {
    fn start(data: &TempDir) -> Self {
        Self::start_with(data, |_| {})
    }

    /// Starts it with other settings, or its log elsewhere.
    pub(crate) fn start_with(data: &TempDir, change: impl FnOnce(&mut Command)) -> Self {
        let port = free_port();
        let began = Instant::now();
        let mut command = bulkhead(data, port, &[]);
        change(&mut command);
        let mut process = command.stdout(Stdio::piped()).spawn().expect("a process");
        let mut line = String::new();
        let output = process.stdout.take().expect("a pipe");
        BufReader::new(output).read_line(&mut line).expect("a line");
        assert_eq!(
            line,
            format!("Bulkhead is ready at http://127.0.0.1:{port}\n")
        );
        Self {
            process,
            port,
            ready_after: began.elapsed(),
            data: data.path().to_path_buf(),
        }
    }

    fn healthcheck(&self) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bulkhead"));
        command.args(["healthcheck", "--addr", &format!("127.0.0.1:{}", self.port)]);
        command
            .current_dir(&self.data)
            .output()
            .expect("a healthcheck")
    }

    pub(crate) fn stop(&mut self) -> Option<i32> {
        let pid = rustix::process::Pid::from_child(&self.process);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("a signal");
        self.process.wait().expect("its end").code()
    }
}

impl Drop for Server {
    /// After a failed assertion nothing must be left running.
    fn drop(&mut self) {
        if matches!(self.process.try_wait(), Ok(None)) {
            self.stop();
        }
    }
}

fn bulkhead(data: &TempDir, port: u16, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bulkhead"));
    command
        .args(arguments)
        .env("BULKHEAD_ADDR", format!("127.0.0.1:{port}"))
        .env("BULKHEAD_DATA_DIR", data.path())
        .env("RUST_LOG", "warn")
        .current_dir(data.path())
        .stdin(Stdio::null());
    for name in [
        "DATABASE_URL",
        "BULKHEAD_SYSTEM_DATABASE_URL",
        "BULKHEAD_OWNER_DATABASE_URL",
    ] {
        command.env_remove(name);
    }
    command
}

/// A directory that the account of Postgres may pass through when the tests run as root.
pub(crate) fn data_dir() -> TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).expect("its mode");
    dir
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}
