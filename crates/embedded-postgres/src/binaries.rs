//! Where PostgreSQL is installed, and which of several versions to take.

use crate::error::StartError;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// The oldest major version we run: the first with what our schema needs.
pub(crate) const OLDEST: u16 = 15;

/// Directories whose children are versions: Debian; Red Hat; Alpine; Homebrew on both kinds of Mac.
const VERSIONED: [(&str, &str, &str); 5] = [
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/usr/libexec", "postgresql", ""),
    ("/opt/homebrew/opt", "postgresql", "bin"),
    ("/usr/local/opt", "postgresql", "bin"),
];

/// One installed version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Binaries {
    pub(crate) major: u16,
    dir: PathBuf,
}

impl Binaries {
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }
}

/// Finds the version for data of major version `data`, or the newest for data yet to be created.
pub(crate) fn find(
    named: Option<&Path>,
    data_dir: &Path,
    data: Option<u16>,
) -> Result<Binaries, StartError> {
    let (candidates, looked) = match named {
        Some(dir) => (vec![dir.to_path_buf()], dir.display().to_string()),
        None => (usual_places(), "in the usual places and on PATH".to_owned()),
    };
    let installed = candidates.iter().filter_map(|dir| inspect(dir)).collect();
    choose(installed, data_dir, data, looked)
}

fn choose(
    mut installed: Vec<Binaries>,
    data_dir: &Path,
    data: Option<u16>,
    looked: String,
) -> Result<Binaries, StartError> {
    installed.sort_by_key(|found| std::cmp::Reverse(found.major));
    let Some(data) = data else {
        return installed
            .into_iter()
            .find(|found| found.major >= OLDEST)
            .ok_or(StartError::NotInstalled {
                oldest: OLDEST,
                looked,
            });
    };
    if let Some(same) = installed.iter().find(|found| found.major == data) {
        return Ok(same.clone());
    }
    if installed.is_empty() {
        return Err(StartError::NotInstalled {
            oldest: data,
            looked,
        });
    }
    let mut majors: Vec<String> = installed
        .iter()
        .map(|found| found.major.to_string())
        .collect();
    majors.dedup();
    Err(StartError::OtherMajor {
        data_dir: data_dir.to_path_buf(),
        data,
        installed: majors.join(", "),
    })
}

fn usual_places() -> Vec<PathBuf> {
    let mut places: Vec<PathBuf> = VERSIONED.into_iter().flat_map(versions_below).collect();
    places.push("/usr/local/pgsql/bin".into());
    places.extend(asked_of_pg_config());
    places.extend(env::var_os("PATH").iter().flat_map(env::split_paths));
    places
}

fn versions_below((parent, prefix, bin): (&str, &str, &str)) -> Vec<PathBuf> {
    let Ok(children) = fs::read_dir(parent) else {
        return Vec::new();
    };
    children
        .filter_map(Result::ok)
        .filter(|child| child.file_name().to_string_lossy().starts_with(prefix))
        .map(|child| child.path().join(bin))
        .collect()
}

fn asked_of_pg_config() -> Option<PathBuf> {
    let answer = Command::new("pg_config").arg("--bindir").output().ok()?;
    let dir = String::from_utf8(answer.stdout).ok()?;
    Some(PathBuf::from(dir.trim()))
}

fn inspect(dir: &Path) -> Option<Binaries> {
    if !dir.join("initdb").is_file() || !dir.join("postgres").is_file() {
        return None;
    }
    let answer = Command::new(dir.join("postgres"))
        .arg("--version")
        .output()
        .ok()?;
    let major = major_of(&String::from_utf8_lossy(&answer.stdout))?;
    Some(Binaries {
        major,
        dir: dir.to_path_buf(),
    })
}

/// `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)` → 15; `… 19devel` → 19.
fn major_of(version: &str) -> Option<u16> {
    let number = version.split("(PostgreSQL)").nth(1)?.trim_start();
    let end = number
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(number.len());
    number[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn installed(majors: &[u16]) -> Vec<Binaries> {
        let dir = PathBuf::from("/x");
        majors
            .iter()
            .map(|&major| Binaries {
                major,
                dir: dir.clone(),
            })
            .collect()
    }

    fn chosen(majors: &[u16], data: Option<u16>) -> Result<u16, String> {
        choose(installed(majors), Path::new("/data"), data, "in /x".into())
            .map(|found| found.major)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn new_data_gets_the_newest_version() {
        assert_eq!(chosen(&[15, 17, 16], None), Ok(17));
    }

    #[test]
    fn existing_data_keeps_its_version() {
        assert_eq!(chosen(&[15, 17, 16], Some(15)), Ok(15));
    }

    #[test]
    fn nothing_installed_says_what_to_install() {
        let message = chosen(&[], None).expect_err("nothing is installed");
        assert!(
            message.starts_with("PostgreSQL 15 or newer was not found (in /x)"),
            "{message}"
        );
        assert!(chosen(&[13, 14], None).is_err());
    }

    #[test]
    fn another_major_version_says_which_one_is_needed() {
        let message = chosen(&[17, 16], Some(15)).expect_err("15 is missing");
        assert!(
            message.contains("written by PostgreSQL 15, and only 17, 16 is installed"),
            "{message}"
        );
    }

    #[test]
    fn versions_are_read_from_released_and_unreleased_servers() {
        assert_eq!(
            major_of("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"),
            Some(15)
        );
        assert_eq!(major_of("postgres (PostgreSQL) 19devel\n"), Some(19));
        assert_eq!(major_of("something else"), None);
    }
}
