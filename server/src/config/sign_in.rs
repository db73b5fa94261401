//! Where people can sign in with an account elsewhere: a file, because a provider is several values, and there are
//! several providers.

use super::WrongSetting;
use api_types::sign_in_with::ProviderKind;
use clap::Args;
use domain::sign_in_with::{Endpoints, Provider, Providers, Secret};
use serde::Deserialize;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

const FILE: &str = "BULKHEAD_SIGN_IN_PROVIDERS_FILE";
const GOOGLE: &str = "https://accounts.google.com";
const MICROSOFT: &str = "https://login.microsoftonline.com/common/v2.0";

/// The section `Sign-in` of `--help`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Sign-in")]
pub struct SignInSettings {
    /// A TOML file of the providers that people can sign in with; docs/operations.md has an example
    #[arg(long, env = FILE, value_name = FILE, global = true)]
    pub sign_in_providers_file: Option<PathBuf>,

    /// Whether tenants may connect sign-in providers at addresses that are not public
    #[arg(
        long,
        env = "BULKHEAD_SSO_INNER_ISSUERS",
        value_name = "BULKHEAD_SSO_INNER_ISSUERS",
        global = true
    )]
    pub sso_inner_issuers: bool,

    /// Who is asked for the records that verify tenants' domains, such as `9.9.9.9:53`.
    /// Default: the system's name servers
    #[arg(
        long,
        env = "BULKHEAD_DNS_SERVER",
        value_name = "BULKHEAD_DNS_SERVER",
        global = true
    )]
    pub dns_server: Option<SocketAddr>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    provider: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    name: Option<String>,
    kind: ProviderKind,
    issuer: Option<String>,
    /// For GitHub alone.
    api: Option<String>,
    client_id: String,
    client_secret: Option<String>,
    client_secret_file: Option<PathBuf>,
}

impl SignInSettings {
    /// The providers of the file, and how those of tenants are reached.
    pub fn providers(&self) -> Result<Providers, WrongSetting> {
        let listed = self.listed()?;
        Ok(listed.reaching(self.sso_inner_issuers, self.dns_server))
    }

    /// None without a file.
    fn listed(&self) -> Result<Providers, WrongSetting> {
        let Some(path) = &self.sign_in_providers_file else {
            return Ok(Providers::default());
        };
        let at = |error: &dyn std::fmt::Display| wrong(format!("{}: {error}", path.display()));
        let text = fs::read_to_string(path).map_err(|error| at(&error))?;
        // The whole error would quote the line, which may hold a secret.
        let file: File = toml::from_str(&text).map_err(|error| at(&told(&error, &text)))?;
        let beside = path.parent().unwrap_or(Path::new("."));
        let list: Result<Vec<_>, _> = file
            .provider
            .into_iter()
            .map(|entry| entry.provider(beside))
            .collect();
        Providers::new(list.map_err(|reason| at(&reason))?).map_err(|error| at(&error))
    }
}

fn wrong(reason: impl Into<String>) -> WrongSetting {
    WrongSetting::new(FILE, reason)
}

/// Where a file is wrong and why, without quoting it.
pub(super) fn told(error: &toml::de::Error, text: &str) -> String {
    let line = error.span().map(|span| {
        let before = text.get(..span.start).unwrap_or_default();
        1 + before.matches('\n').count()
    });
    match line {
        Some(line) => format!("line {line}: {}", error.message()),
        None => error.message().to_owned(),
    }
}

impl Entry {
    /// `beside` is the directory of the file, from which the paths in it are read.
    fn provider(self, beside: &Path) -> Result<Provider, String> {
        let github = Endpoints::default();
        let (name, issuer) = match self.kind {
            ProviderKind::Google => ("Google", Some(GOOGLE.to_owned())),
            ProviderKind::Microsoft => ("Microsoft", Some(MICROSOFT.to_owned())),
            ProviderKind::GitHub => ("GitHub", Some(github.web)),
            ProviderKind::Oidc => ("", None),
        };
        let missing = |what: &str| format!("provider {}: {what} is missing", self.id);
        let secret = match (self.client_secret, self.client_secret_file) {
            (Some(secret), None) => secret,
            (None, Some(file)) => fs::read_to_string(beside.join(&file))
                .map_err(|error| format!("provider {}: {}: {error}", self.id, file.display()))?,
            (Some(_), Some(_)) => {
                return Err(format!(
                    "provider {}: the secret is given twice, by value and by file",
                    self.id
                ));
            }
            (None, None) => return Err(missing("client_secret or client_secret_file")),
        };
        let name = self
            .name
            .or(Some(name.to_owned()).filter(|name| !name.is_empty()));
        Ok(Provider {
            name: name.ok_or_else(|| missing("name"))?,
            issuer: self.issuer.or(issuer).ok_or_else(|| missing("issuer"))?,
            api: self.api.unwrap_or(github.api),
            id: self.id,
            kind: self.kind,
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

    fn read(text: &str) -> Result<Vec<String>, String> {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("providers.toml");
        fs::write(&file, text).expect("written");
        fs::write(dir.path().join("secret"), "s\n").expect("written");
        let file = file.to_str().expect("a path").to_owned();
        let cli = Cli::try_parse_from(["bulkhead", "--sign-in-providers-file", &file]);
        let providers = cli.expect("a line").settings.sign_in.providers();
        let names = |providers: Providers| {
            let list = providers.list().into_iter();
            list.map(|provider| provider.name).collect()
        };
        providers.map(names).map_err(|error| error.to_string())
    }

    #[test]
    fn providers_are_read_from_a_file() {
        let text = r#"
            [[provider]]
            id = "google"
            kind = "google"
            client_id = "c"
            client_secret_file = "secret"

            [[provider]]
            id = "work"
            name = "Example Inc."
            kind = "oidc"
            issuer = "https://id.example.com"
            client_id = "c"
            client_secret = "s"
        "#;
        assert_eq!(read(text), Ok(vec!["Google".into(), "Example Inc.".into()]));
    }

    #[test]
    fn what_is_wrong_is_named_without_a_secret() {
        let entry = "[[provider]]\nid = \"a\"\nclient_id = \"c\"\nclient_secret = \"hunter2\"\n";
        for (more, words) in [
            ("kind = \"oidc\"", "provider a: name is missing"),
            (
                "kind = \"oidc\"\nname = \"A\"",
                "provider a: issuer is missing",
            ),
            (
                "kind = \"google\"\nissuer = \"http://x.io\"",
                "provider a: the address must be https",
            ),
            ("kind = \"gogle\"", "line 5: unknown variant `gogle`"),
            (
                "kind = \"google\"\nissuers = 1",
                "line 6: unknown field `issuers`",
            ),
            (
                "kind = \"google\"\nclient_secret_file = \"secret\"",
                "given twice",
            ),
        ] {
            let error = read(&format!("{entry}{more}")).expect_err(words);
            assert!(error.starts_with(FILE) && error.contains(words), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
        let twice = format!("{entry}kind = \"google\"\n{entry}kind = \"google\"");
        assert!(read(&twice).expect_err("twice").contains("is named twice"));
    }
}
