//! With whose app people log in to other services, where their tenant has none of its own: a file, because an app is
//! several values, and there are several services.

use super::{WrongSetting, sign_in};
use clap::Args;
use domain::connections::{Apps, InstanceApp};
use domain::sign_in_with::Secret;
use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};

const FILE: &str = "BULKHEAD_CONNECTION_APPS_FILE";

/// The section `Connections` of `--help`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Connections")]
pub struct ConnectionSettings {
    /// A TOML file of the apps that people log in to other services with; docs/operations.md has an example
    #[arg(long, env = FILE, value_name = FILE, global = true)]
    pub connection_apps_file: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    app: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    provider: String,
    client_id: String,
    client_secret: Option<String>,
    client_secret_file: Option<PathBuf>,
}

impl ConnectionSettings {
    /// The apps of the file; none without one.
    pub fn apps(&self) -> Result<Apps, WrongSetting> {
        let Some(path) = &self.connection_apps_file else {
            return Ok(Apps::default());
        };
        let at = |error: &dyn std::fmt::Display| {
            WrongSetting::new(FILE, format!("{}: {error}", path.display()))
        };
        let text = fs::read_to_string(path).map_err(|error| at(&error))?;
        // The whole error would quote the line, which may hold a secret.
        let file: File =
            toml::from_str(&text).map_err(|error| at(&sign_in::told(&error, &text)))?;
        let beside = path.parent().unwrap_or(Path::new("."));
        let list: Result<Vec<_>, _> = file.app.into_iter().map(|app| app.read(beside)).collect();
        Apps::new(list.map_err(|reason| at(&reason))?).map_err(|error| at(&error))
    }
}

impl Entry {
    /// `beside` is the directory of the file, from which the paths in it are read.
    fn read(self, beside: &Path) -> Result<InstanceApp, String> {
        let name = format!("app at {}", self.provider);
        let secret = match (self.client_secret, self.client_secret_file) {
            (Some(secret), None) => secret,
            (None, Some(file)) => fs::read_to_string(beside.join(&file))
                .map_err(|error| format!("{name}: {}: {error}", file.display()))?,
            (Some(_), Some(_)) => {
                return Err(format!(
                    "{name}: the secret is given twice, by value and by file"
                ));
            }
            (None, None) => {
                return Err(format!(
                    "{name}: client_secret or client_secret_file is missing"
                ));
            }
        };
        Ok(InstanceApp {
            provider: self.provider,
            client_id: self.client_id,
            client_secret: Secret::new(secret.trim()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Cli;
    use super::*;
    use clap::Parser as _;

    fn read(text: &str) -> Result<Apps, String> {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("apps.toml");
        fs::write(&file, text).expect("written");
        fs::write(dir.path().join("secret"), "s\n").expect("written");
        let file = file.to_str().expect("a path").to_owned();
        let cli = Cli::try_parse_from(["bulkhead", "--connection-apps-file", &file]);
        let apps = cli.expect("a line").settings.connections.apps();
        apps.map_err(|error| error.to_string())
    }

    #[test]
    fn apps_are_read_from_a_file() {
        let text = r#"
            [[app]]
            provider = "github"
            client_id = "c"
            client_secret_file = "secret"
        "#;
        read(text).expect("apps");
    }

    #[test]
    fn what_is_wrong_is_named_without_a_secret() {
        let entry =
            "[[app]]\nprovider = \"github\"\nclient_id = \"c\"\nclient_secret = \"hunter2\"\n";
        for (text, words) in [
            (
                entry.replace("github", "nowhere"),
                "this build has no such provider",
            ),
            (
                format!("{entry}client_secret_file = \"secret\"\n"),
                "given twice",
            ),
            (
                format!("{entry}secret = 1\n"),
                "line 5: unknown field `secret`",
            ),
            (format!("{entry}{entry}"), "is named twice"),
            (
                "[[app]]\nprovider = \"github\"\nclient_id = \"c\"\n".into(),
                "client_secret_file is missing",
            ),
        ] {
            let error = read(&text).expect_err(words);
            assert!(error.starts_with(FILE) && error.contains(words), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
