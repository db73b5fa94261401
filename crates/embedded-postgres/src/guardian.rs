//! Cleans up after a temporary cluster when its owner can no longer do it.
//!
//! A destructor does not run in a process that is killed, aborts, or ends while a `static` holds the cluster. So a
//! small shell waits at the reading end of a pipe whose writing end only the owner holds: the kernel closes it
//! however the owner ends, the shell reads end-of-file, stops the server and removes the directory.

use crate::error::{Doing, StartError};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The process id is read at the end, not at the start: the server may have been restarted in between.
/// `QUIT` is an immediate shutdown: nobody will read this data again.
const SCRIPT: &str = r#"
trap '' HUP INT TERM
read -r _
pid=$(head -n 1 "$1/cluster/postmaster.pid" 2>/dev/null)
if [ -n "$pid" ] && kill -QUIT "$pid" 2>/dev/null; then
    tries=0
    while kill -0 "$pid" 2>/dev/null && [ "$tries" -lt 100 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
fi
rm -rf "$1"
"#;

/// Holds the writing end; dropping it ends the cluster and waits for that.
#[derive(Debug)]
pub(crate) struct Guardian(Child);

impl Guardian {
    /// Sets a guardian over `home`. It must stand before anything is started there.
    pub(crate) fn over(home: &Path) -> Result<Self, StartError> {
        Command::new("sh")
            .args(["-c", SCRIPT, "postgres-guardian"])
            .arg(home)
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map(Self)
            .doing(|| "running sh".into())
    }
}

impl Drop for Guardian {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}
