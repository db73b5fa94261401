//! The browser's files, as the build leaves them.
//!
//! Their names carry a hash of their content; a file `hash.txt` says which. The build leaves it beside the binary,
//! an image may have it in the directory itself.

use super::WrongSetting;
use leptos::config::{Env, LeptosOptions};
use std::path::{Path, PathBuf};
use std::{env, fs};

const NAME: &str = "bulkhead";

/// Where the files are.
#[derive(Debug, Clone)]
pub struct Site {
    dir: PathBuf,
    hash_file: Option<PathBuf>,
}

impl Site {
    /// Looks where the setting says, else in the usual places.
    pub fn find(setting: Option<&Path>) -> Result<Self, WrongSetting> {
        if let Some(dir) = setting {
            let known = dir.is_dir().then(|| Self::at(dir.to_path_buf()));
            let missing = || format!("{} is not a directory", dir.display());
            return known.ok_or_else(|| WrongSetting::new("BULKHEAD_SITE_DIR", missing()));
        }
        let beside = program_dir();
        let usual = [
            PathBuf::from("target/site"),
            beside.join("site"),
            beside.join("../site"),
        ];
        let found = usual.iter().find(|dir| dir.is_dir());
        if found.is_none() {
            tracing::warn!(
                "no files for the browser found; pages come without style and script (see `make build`)"
            );
        }
        Ok(Self::at(
            found
                .cloned()
                .unwrap_or_else(|| PathBuf::from("target/site")),
        ))
    }

    fn at(dir: PathBuf) -> Self {
        let beside = program_dir();
        let candidates = [
            dir.join("hash.txt"),
            beside.join("hash.txt"),
            dir.join("../release/hash.txt"),
            dir.join("../debug/hash.txt"),
        ];
        // An old build may have left a file that names other hashes.
        let hash_file = candidates.into_iter().find(|file| describes(file, &dir));
        let hash_file = hash_file.and_then(|file| std::path::absolute(file).ok());
        Self { dir, hash_file }
    }

    /// What Leptos wants to know.
    pub fn leptos_options(&self) -> LeptosOptions {
        let mut options = LeptosOptions::builder()
            .output_name(NAME)
            .site_root(self.dir.display().to_string())
            .env(Env::PROD)
            .hash_files(self.hash_file.is_some())
            .build();
        if let Some(file) = &self.hash_file {
            options.hash_file = file.display().to_string().into();
        }
        options
    }
}

/// Whether the script that the hash file names is there.
fn describes(hash_file: &Path, dir: &Path) -> bool {
    let Ok(text) = fs::read_to_string(hash_file) else {
        return false;
    };
    let hash = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("js:"));
    hash.is_some_and(|hash| dir.join(format!("pkg/{NAME}.{}.js", hash.trim())).is_file())
}

fn program_dir() -> PathBuf {
    let program = env::current_exe().unwrap_or_default();
    program.parent().map(Path::to_path_buf).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_file_counts_only_with_the_files_it_names() {
        let dir = tempfile::tempdir().expect("a directory");
        fs::create_dir(dir.path().join("pkg")).expect("a directory");
        fs::write(
            dir.path().join("hash.txt"),
            "js: abc\nwasm: def\ncss: ghi\n",
        )
        .expect("a file");
        assert!(Site::at(dir.path().to_path_buf()).hash_file.is_none());
        fs::write(dir.path().join("pkg/bulkhead.abc.js"), "").expect("a file");
        let options = Site::at(dir.path().to_path_buf()).leptos_options();
        assert!(options.hash_files);
        assert!(Path::new(&*options.hash_file).is_absolute());
    }

    #[test]
    fn a_directory_that_is_missing_is_named() {
        let error = Site::find(Some(Path::new("/nowhere"))).expect_err("it is missing");
        assert_eq!(
            error.to_string(),
            "BULKHEAD_SITE_DIR: /nowhere is not a directory"
        );
    }
}
