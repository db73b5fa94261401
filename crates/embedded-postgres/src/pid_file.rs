//! `postmaster.pid`: what a running server says of itself.
//!
//! Its lines: process id, data directory, start time, port, socket directory, address, shared memory, status.

use rustix::process::{Pid, test_kill_process};
use std::fs;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

/// What the file says; it may be stale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PidFile {
    pub(crate) pid: Pid,
    pub(crate) port: u16,
    pub(crate) socket_dir: PathBuf,
    pub(crate) status: Status,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Starting,
    Ready,
    Stopping,
}

impl PidFile {
    /// Reads the file, if it is there and complete: a starting server writes it line by line.
    pub(crate) fn read(cluster: &Path) -> Option<Self> {
        parse(&fs::read_to_string(path(cluster)).ok()?)
    }

    /// Whether the process is the server of this very directory, and not one that got its number later.
    pub(crate) fn is_server_of(&self, cluster: &Path) -> bool {
        if !is_alive(self.pid) {
            return false;
        }
        // The server works in its data directory. Where there is no /proc we have to believe the file.
        let works_in = format!("/proc/{}/cwd", self.pid.as_raw_nonzero());
        match fs::read_link(works_in) {
            Ok(dir) => dir == cluster,
            Err(_) => !Path::new("/proc/self/cwd").exists(),
        }
    }

    /// Whether somebody accepts connections at the socket.
    pub(crate) fn answers(&self) -> bool {
        let socket = self.socket_dir.join(format!(".s.PGSQL.{}", self.port));
        UnixStream::connect(socket).is_ok()
    }

    /// The file that keeps a second server from this socket.
    pub(crate) fn socket_lock(&self) -> PathBuf {
        self.socket_dir.join(format!(".s.PGSQL.{}.lock", self.port))
    }
}

pub(crate) fn path(cluster: &Path) -> PathBuf {
    cluster.join("postmaster.pid")
}

/// Whether a process of this number runs, whoever owns it.
pub(crate) fn is_alive(pid: Pid) -> bool {
    // In a container without an init the dead children of a dead caller stay for ever, as zombies.
    test_kill_process(pid) != Err(rustix::io::Errno::SRCH) && !is_zombie(pid)
}

fn is_zombie(pid: Pid) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
    // `4711 (name, which may contain anything) Z …`
    stat.is_ok_and(|stat| {
        stat.rsplit(')')
            .next()
            .is_some_and(|rest| rest.trim_start().starts_with('Z'))
    })
}

fn parse(text: &str) -> Option<PidFile> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let pid = Pid::from_raw(lines.first()?.parse().ok()?)?;
    let status = match *lines.get(7)? {
        "ready" => Status::Ready,
        "stopping" => Status::Stopping,
        _ => Status::Starting,
    };
    Some(PidFile {
        pid,
        port: lines.get(3)?.parse().ok()?,
        socket_dir: lines.get(4)?.into(),
        status,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "4711\n/data/cluster\n1790000000\n5432\n/data/run\n\n 1234 5\nready   \n";

    #[test]
    fn a_complete_file_is_understood() {
        let file = parse(FILE).expect("a complete file");
        assert_eq!(file.pid.as_raw_nonzero().get(), 4711);
        assert_eq!((file.port, file.status), (5432, Status::Ready));
        assert_eq!(file.socket_dir, Path::new("/data/run"));
    }

    #[test]
    fn a_file_that_is_still_being_written_is_not_believed() {
        for end in 0..FILE.len() - "ready   \n".len() {
            assert_eq!(parse(&FILE[..end]), None, "{end}");
        }
    }

    #[test]
    fn a_process_that_works_elsewhere_is_not_the_server() {
        let mut file = parse(FILE).expect("a complete file");
        file.pid = rustix::process::getpid();
        assert!(!file.is_server_of(Path::new("/data/cluster")));
    }
}
