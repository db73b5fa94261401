//! The directory of one cluster: where it is, what is in it, and who may use it now.
//!
//! ```text
//! <home>/server.lock    held by the caller for as long as it lives; contains its process id
//! <home>/cluster/       PGDATA
//! <home>/run/           the socket, closed to everybody else
//! <home>/log/           a week of logs, one file a day of the week
//! <home>/startup.log    what postgres printed before its log was open
//! ```

use crate::account::Account;
use crate::error::{Doing, StartError};
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, symlink};
use std::path::{Path, PathBuf};
use std::process;

/// The kernel's limit is 107 bytes for the whole path, of which `/.s.PGSQL.5432` needs 14.
const LONGEST_SOCKET_DIR: usize = 93;

/// A directory that exists, is reachable by its account, and is locked by this process.
#[derive(Debug)]
pub(crate) struct Home {
    path: PathBuf,
    pub(crate) account: Account,
    _lock: File,
}

impl Home {
    /// Creates or opens the directory, and takes its lock.
    pub(crate) fn open(data_dir: &Path, elsewhere: &Path) -> Result<Self, StartError> {
        let path = create(data_dir)?;
        let account = Account::for_data_in(&path)?;
        let path = if account == Account::Caller || account.reaches(parent(&path)) {
            path
        } else {
            move_within_reach(&account, data_dir, &path, elsewhere)?
        };
        account.own(&path)?;
        let lock = lock(&path)?;
        account.own(&path.join("server.lock"))?;
        Ok(Self {
            path,
            account,
            _lock: lock,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn cluster(&self) -> PathBuf {
        self.path.join("cluster")
    }

    pub(crate) fn log_dir(&self) -> PathBuf {
        self.path.join("log")
    }

    pub(crate) fn startup_log(&self) -> PathBuf {
        self.path.join("startup.log")
    }

    /// The major version that wrote the data, if there is any yet.
    pub(crate) fn data_version(&self) -> Option<u16> {
        let text = fs::read_to_string(self.cluster().join("PG_VERSION")).ok()?;
        text.trim().parse().ok()
    }

    /// The directory for the socket: ours, unless its path is too long for the kernel.
    pub(crate) fn socket_dir(&self) -> Result<PathBuf, StartError> {
        let ours = self.path.join("run");
        if ours.as_os_str().as_bytes().len() <= LONGEST_SOCKET_DIR {
            self.make_private(&ours)?;
            return Ok(ours);
        }
        // A name that nobody can have prepared; the server's pid file remembers it for a later caller.
        let short = short_dir()?;
        self.account.own(&short)?;
        Ok(short)
    }

    /// Undoes [`socket_dir`](Self::socket_dir), which leaves something behind only outside of the home.
    pub(crate) fn remove_short_socket_dir(&self, dir: &Path) {
        if !dir.starts_with(&self.path) {
            let _ = fs::remove_dir(dir);
        }
    }

    /// Creates a directory for the account alone, if it is missing.
    pub(crate) fn make_private(&self, dir: &Path) -> Result<(), StartError> {
        if !dir.exists() {
            private_dir(dir)?;
        }
        self.account.own(dir)
    }
}

fn create(data_dir: &Path) -> Result<PathBuf, StartError> {
    let doing = || format!("opening the data directory {}", data_dir.display());
    // Also true of a link that points nowhere, which `exists` would hide.
    if data_dir.symlink_metadata().is_err() {
        let absolute = std::path::absolute(data_dir).doing(doing)?;
        fs::create_dir_all(parent(&absolute)).doing(doing)?;
        private_dir(&absolute)?;
    }
    data_dir.canonicalize().doing(doing)
}

/// For root in its own home: the account cannot pass through there, so the data moves to where it can,
/// and a link is left behind that shows where. Only an empty directory moves.
fn move_within_reach(
    account: &Account,
    data_dir: &Path,
    path: &Path,
    elsewhere: &Path,
) -> Result<PathBuf, StartError> {
    let out_of_reach = || StartError::OutOfReach {
        account: account.name().to_owned(),
        data_dir: path.to_path_buf(),
    };
    fs::remove_dir(path).map_err(|_| out_of_reach())?;
    let doing = || format!("creating {}", elsewhere.display());
    DirBuilder::new()
        .recursive(true)
        .mode(0o711)
        .create(elsewhere)
        .doing(doing)?;
    if !account.reaches(elsewhere) {
        return Err(out_of_reach());
    }
    let new = unused_name(elsewhere, path);
    private_dir(&new)?;
    symlink(&new, path).doing(|| format!("linking {} to {}", path.display(), new.display()))?;
    tracing::warn!(
        "the account {} cannot reach {}; the database is kept in {}",
        account.name(),
        data_dir.display(),
        new.display()
    );
    Ok(new)
}

/// `/srv/clone/data/postgres` → `srv-clone-data-postgres`, so that people can tell whose it is. A directory that
/// was left there by a deleted clone is not taken up again: who deletes the link wants to start afresh.
fn unused_name(elsewhere: &Path, path: &Path) -> PathBuf {
    let parts: Vec<_> = path
        .iter()
        .skip(1)
        .map(|part| part.to_string_lossy())
        .collect();
    let name = parts.join("-");
    let mut candidate = elsewhere.join(&name);
    for number in 2.. {
        if candidate.symlink_metadata().is_err() {
            break;
        }
        candidate = elsewhere.join(format!("{name}-{number}"));
    }
    candidate
}

fn lock(home: &Path) -> Result<File, StartError> {
    let path = home.join("server.lock");
    let doing = || format!("locking {}", path.display());
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .doing(doing)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::Error(error)) => return Err(error).doing(doing),
        Err(TryLockError::WouldBlock) => {
            return Err(StartError::InUse {
                data_dir: home.to_path_buf(),
                pid: holder(&mut file),
            });
        }
    }
    file.set_len(0).doing(doing)?;
    file.rewind().doing(doing)?;
    writeln!(file, "{}", process::id()).doing(doing)?;
    Ok(file)
}

fn holder(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

pub(crate) fn private_dir(dir: &Path) -> Result<(), StartError> {
    DirBuilder::new()
        .mode(0o700)
        .create(dir)
        .doing(|| format!("creating {}", dir.display()))
}

/// A new directory of a random name directly in `/tmp`, whose path is as short as they get.
pub(crate) fn short_dir() -> Result<PathBuf, StartError> {
    let mut bytes = [0; 8];
    File::open("/dev/urandom")
        .and_then(|mut random| random.read_exact(&mut bytes))
        .doing(|| "reading /dev/urandom".into())?;
    let dir = PathBuf::from(format!("/tmp/postgres-{:016x}", u64::from_ne_bytes(bytes)));
    private_dir(&dir)?;
    Ok(dir)
}

fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("/"))
}
