//! Against the PostgreSQL of this machine: what happens to clusters and to those who start them.

// A test has nothing else to do meanwhile.
#![allow(clippy::disallowed_methods, clippy::doc_markdown)]

use embedded_postgres::{Cluster, Connection, Settings, StartError};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use std::{env, fs};
use tempfile::TempDir;

#[test]
fn data_outlives_a_stop_and_a_temporary_cluster_does_not() {
    let dir = open_dir();
    let settings = Settings::new(dir.path().join("postgres"));
    let cluster = Cluster::start(&settings).expect("a first start");
    sql(
        cluster.connection(),
        "create table kept (n int); insert into kept values (7)",
    );
    cluster.stop().expect("a stop");
    let cluster = Cluster::start(&settings).expect("a second start");
    assert_eq!(sql(cluster.connection(), "select n from kept"), "7");
    cluster.stop().expect("a stop");

    let temporary = Cluster::temporary().expect("a temporary cluster");
    let home = home_of(temporary.connection());
    assert_eq!(sql(temporary.connection(), "show fsync"), "on");
    assert_eq!(sql(temporary.connection(), "show data_checksums"), "on");
    assert_eq!(sql(temporary.connection(), "show listen_addresses"), "");
    temporary.stop().expect("a stop");
    assert!(!home.exists());
}

#[test]
fn a_second_server_on_the_same_directory_is_told_who_has_it() {
    let dir = open_dir();
    let settings = Settings::new(dir.path().join("postgres"));
    let cluster = Cluster::start(&settings).expect("the first");
    let refusal = Cluster::start(&settings).expect_err("the second");
    let me = std::process::id();
    assert!(matches!(refusal, StartError::InUse { pid: Some(pid), .. } if pid == me));
    assert!(
        refusal.to_string().contains(&format!("(process {me})")),
        "{refusal}"
    );
    cluster.stop().expect("a stop");
}

#[test]
fn the_server_of_a_killed_caller_is_taken_over() {
    let dir = open_dir();
    let home = dir.path().join("postgres");
    let mut caller = another_process("starts_and_waits", &home);
    let before = postmaster(&home);
    caller.kill().expect("killing the caller");
    caller.wait().expect("its end");

    let began = Instant::now();
    let cluster = Cluster::start(&Settings::new(&home)).expect("taking over");
    assert!(began.elapsed() < Duration::from_secs(1));
    assert_eq!(postmaster(&home), before, "the same server runs on");
    assert_eq!(sql(cluster.connection(), "select 1"), "1");
    cluster.stop().expect("a stop");
    assert!(!home.join("cluster/postmaster.pid").exists());
}

#[test]
fn a_server_that_died_with_its_caller_is_started_again() {
    let dir = open_dir();
    let home = dir.path().join("postgres");
    let mut caller = another_process("starts_and_waits", &home);
    caller.kill().expect("killing the caller");
    caller.wait().expect("its end");
    kill_process(postmaster(&home), Signal::KILL).expect("killing the server");

    let cluster = Cluster::start(&Settings::new(&home)).expect("a start after the crash");
    assert_eq!(sql(cluster.connection(), "select 1"), "1");
    cluster.stop().expect("a stop");
}

#[test]
fn a_server_that_nobody_can_reach_is_replaced() {
    let dir = open_dir();
    let home = dir.path().join("postgres");
    let mut caller = another_process("starts_and_waits", &home);
    let before = postmaster(&home);
    caller.kill().expect("killing the caller");
    caller.wait().expect("its end");
    fs::remove_file(home.join("run/.s.PGSQL.5432")).expect("removing the socket");

    let cluster = Cluster::start(&Settings::new(&home)).expect("a new server");
    assert_ne!(postmaster(&home), before);
    assert_eq!(sql(cluster.connection(), "select 1"), "1");
    cluster.stop().expect("a stop");
}

#[test]
fn a_server_that_dies_is_started_again_at_the_same_address() {
    let cluster = Cluster::temporary().expect("a cluster");
    let home = home_of(cluster.connection());
    let first = postmaster(&home);
    kill_process(first, Signal::KILL).expect("killing the server");
    let of_first = format!("{}\n", first.as_raw_nonzero());
    eventually("another server", || {
        fs::read_to_string(home.join("cluster/postmaster.pid"))
            .is_ok_and(|file| file.contains("ready") && !file.starts_with(&of_first))
    });
    assert_eq!(sql(cluster.connection(), "select 1"), "1");
    cluster.stop().expect("a stop");
}

#[test]
fn a_temporary_cluster_does_not_outlive_a_killed_process() {
    let mut caller = another_process("starts_temporary_and_waits", Path::new(""));
    let line = first_line(&mut caller);
    let home = PathBuf::from(line.trim());
    let server = postmaster(&home);
    caller.kill().expect("killing the caller");
    caller.wait().expect("its end");
    eventually("an empty place", || !home.exists());
    assert!(rustix::process::test_kill_process(server).is_err() || is_zombie(server));
}

#[test]
fn a_stale_pid_file_that_names_a_stranger_does_no_harm() {
    let dir = open_dir();
    let settings = Settings::new(dir.path().join("postgres"));
    Cluster::start(&settings)
        .expect("a start")
        .stop()
        .expect("a stop");
    let me = std::process::id();
    let stale = format!("{me}\n/x\n1\n5432\n/x\n\n1 1\nready\n");
    fs::write(dir.path().join("postgres/cluster/postmaster.pid"), stale).expect("a stale file");
    Cluster::start(&settings)
        .expect("a start")
        .stop()
        .expect("a stop");
}

#[test]
fn a_path_too_long_for_a_socket_gets_its_socket_elsewhere() {
    let dir = open_dir();
    let settings = Settings::new(dir.path().join("long".repeat(30)).join("postgres"));
    let cluster = Cluster::start(&settings).expect("a start");
    let socket_dir = cluster.connection().socket_dir.clone();
    assert!(socket_dir.starts_with("/tmp") && !socket_dir.starts_with(dir.path()));
    assert_eq!(sql(cluster.connection(), "select 1"), "1");
    cluster.stop().expect("a stop");
    assert!(!socket_dir.exists());
}

#[test]
fn data_that_the_unprivileged_account_cannot_reach_is_kept_elsewhere() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let closed = dir_of_mode(0o700);
    let elsewhere = open_dir();
    let mut settings = Settings::new(closed.path().join("data/postgres"));
    settings.elsewhere = elsewhere.path().join("moved");
    Cluster::start(&settings)
        .expect("a start")
        .stop()
        .expect("a stop");
    let real = fs::read_link(&settings.data_dir).expect("a link");
    assert!(real.starts_with(&settings.elsewhere), "{}", real.display());
    // The link is followed ever after.
    Cluster::start(&settings)
        .expect("a start")
        .stop()
        .expect("a stop");
    assert_eq!(fs::read_link(&settings.data_dir).expect("a link"), real);
}

#[test]
fn a_directory_without_postgresql_is_named() {
    let dir = open_dir();
    let mut settings = Settings::new(dir.path().join("postgres"));
    settings.bin_dir = Some(dir.path().to_path_buf());
    let refusal = Cluster::start(&settings)
        .expect_err("no binaries")
        .to_string();
    assert!(
        refusal.contains(&dir.path().display().to_string()),
        "{refusal}"
    );
}

/// Not a test of its own: what [`another_process`] runs.
#[test]
fn starts_and_waits() {
    let Some(home) = env::var_os("CLUSTER_HOME") else {
        return;
    };
    let _cluster = Cluster::start(&Settings::new(home)).expect("a start");
    println!("ready");
    sleep(Duration::from_mins(10));
}

/// Not a test of its own: what [`another_process`] runs.
#[test]
fn starts_temporary_and_waits() {
    if env::var_os("CLUSTER_HOME").is_none() {
        return;
    }
    let cluster = Cluster::temporary().expect("a start");
    println!("{}", home_of(cluster.connection()).display());
    sleep(Duration::from_mins(10));
}

/// Runs one of the two functions above in a process that may be killed.
fn another_process(function: &str, home: &Path) -> Child {
    let mut child = Command::new(env::current_exe().expect("this program"))
        .args(["--exact", function, "--nocapture"])
        .env("CLUSTER_HOME", home)
        .stdout(Stdio::piped())
        .spawn()
        .expect("a second process");
    if !home.as_os_str().is_empty() {
        first_line(&mut child);
    }
    child
}

fn first_line(child: &mut Child) -> String {
    let output = BufReader::new(child.stdout.take().expect("a pipe"));
    output
        .lines()
        .map(|line| line.expect("a line"))
        .find_map(|line| {
            // The harness prints `test name ... ` on the same line.
            let said = line.rsplit("... ").next().unwrap_or_default().to_owned();
            (said == "ready" || said.starts_with('/')).then_some(said)
        })
        .expect("a start in the second process")
}

fn sql(at: &Connection, statement: &str) -> String {
    let answer = Command::new("psql")
        .args([
            "--no-psqlrc",
            "--tuples-only",
            "--no-align",
            "--quiet",
            "-v",
            "ON_ERROR_STOP=1",
        ])
        .args([
            "-U",
            at.superuser,
            "-d",
            "postgres",
            "-c",
            statement,
            "-p",
            &at.port.to_string(),
        ])
        .arg("-h")
        .arg(&at.socket_dir)
        .output()
        .expect("psql");
    assert!(
        answer.status.success(),
        "{}",
        String::from_utf8_lossy(&answer.stderr)
    );
    String::from_utf8_lossy(&answer.stdout).trim().to_owned()
}

fn home_of(connection: &Connection) -> PathBuf {
    connection
        .socket_dir
        .parent()
        .expect("a home")
        .to_path_buf()
}

fn postmaster(home: &Path) -> Pid {
    let file = fs::read_to_string(home.join("cluster/postmaster.pid")).expect("a pid file");
    let pid = file
        .lines()
        .next()
        .expect("a line")
        .parse()
        .expect("a number");
    Pid::from_raw(pid).expect("a pid")
}

fn is_zombie(pid: Pid) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
    stat.is_ok_and(|stat| stat.contains(") Z "))
}

/// A directory that other accounts may pass through.
fn open_dir() -> TempDir {
    dir_of_mode(0o755)
}

fn dir_of_mode(mode: u32) -> TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(mode)).expect("its mode");
    dir
}

fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let patience = Instant::now() + Duration::from_secs(15);
    while !holds() {
        assert!(Instant::now() < patience, "waited in vain for {what}");
        sleep(Duration::from_millis(20));
    }
}
