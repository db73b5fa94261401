//! Whom PostgreSQL runs as: never root.
//!
//! `initdb` and `postgres` refuse to run as root. An ordinary caller runs them as itself; for root we step down
//! to an unprivileged account in the child, between `fork` and `exec`.

use crate::error::{Doing, StartError};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::{env, fs};

/// Who owns the data and runs the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Account {
    /// The account of this process, which is not root.
    Caller,
    /// Another account, taken on by a child of root.
    Other { name: String, uid: u32, gid: u32 },
}

impl Account {
    /// The account for data in `home`: who owns it already, else the first of `postgres` and `nobody`.
    pub(crate) fn for_data_in(home: &Path) -> Result<Self, StartError> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self::Caller);
        }
        // Data that an ordinary user created stays that user's when root starts the server once.
        if let Some(owner) = fs::metadata(home).ok().filter(|owner| owner.uid() != 0) {
            return Ok(Self::Other {
                name: format!("with user id {}", owner.uid()),
                uid: owner.uid(),
                gid: owner.gid(),
            });
        }
        let passwd = fs::read_to_string("/etc/passwd").doing(|| "reading /etc/passwd".into())?;
        ["postgres", "nobody"]
            .iter()
            .find_map(|name| in_passwd(&passwd, name))
            .ok_or(StartError::NoAccount)
    }

    /// A command that will run as this account, with nothing of the caller's PostgreSQL environment.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        // The caller's working directory may be closed to the account.
        command.current_dir("/").stdin(Stdio::null());
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("PG") {
                command.env_remove(name);
            }
        }
        if let Self::Other { uid, gid, .. } = self {
            // The standard library also drops root's supplementary groups when the user changes.
            command.gid(*gid).uid(*uid);
        }
        command
    }

    /// Whether this account can enter `dir`: asked of the kernel, which knows of modes, lists and mounts.
    pub(crate) fn reaches(&self, dir: &Path) -> bool {
        // The directory is changed after the user in the child, so `spawn` fails if it is out of reach.
        let entered = self
            .command(Path::new("true"))
            .current_dir(dir)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        entered.is_ok_and(|status| status.success())
    }

    /// Makes `path` the account's, when this process is root.
    pub(crate) fn own(&self, path: &Path) -> Result<(), StartError> {
        let Self::Other { uid, gid, .. } = self else {
            return Ok(());
        };
        chown(path, Some(*uid), Some(*gid))
            .doing(|| format!("changing the owner of {}", path.display()))
    }

    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Caller => "of this process",
            Self::Other { name, .. } => name,
        }
    }
}

fn in_passwd(passwd: &str, wanted: &str) -> Option<Account> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next().filter(|name| *name == wanted)?;
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        (uid != 0).then(|| Account::Other {
            name: name.to_owned(),
            uid,
            gid,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        let passwd = "root:x:0:0::/root:/bin/sh\npostgres2:x:9:9::/:\npostgres:x:101:104:PostgreSQL,,,:/x:/bin/bash\n";
        let found = in_passwd(passwd, "postgres");
        assert_eq!(
            found,
            Some(Account::Other {
                name: "postgres".into(),
                uid: 101,
                gid: 104
            })
        );
    }

    #[test]
    fn an_account_with_the_rights_of_root_is_not_taken() {
        assert_eq!(in_passwd("postgres:x:0:0::/:/bin/sh", "postgres"), None);
    }
}
