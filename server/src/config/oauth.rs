//! How MCP clients log in.

use super::WrongSetting;
use clap::Args;
use domain::oauth_server;
use std::fs;
use std::path::PathBuf;
use time::Duration;
use vault::TokenAlgorithm;

const CA_FILE: &str = "BULKHEAD_OAUTH_DOCUMENT_CA_FILE";
const ALGORITHM: &str = "BULKHEAD_TOKEN_ALGORITHM";
const SECONDS: &str = "BULKHEAD_ACCESS_TOKEN_SECONDS";

/// The section `Log-ins of MCP clients` of `--help`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Log-ins of MCP clients")]
pub struct OauthSettings {
    /// How access tokens are signed: `RS256`, `ES256` or `EdDSA`
    #[arg(long, env = ALGORITHM, value_name = ALGORITHM, global = true,
        default_value = "RS256", value_parser = algorithm)]
    pub token_algorithm: TokenAlgorithm,

    /// Seconds for which an access token is good, 1 to 3600. What ends a log-in ends its tokens within
    /// a second, whatever this says
    #[arg(long, env = SECONDS, value_name = SECONDS, global = true, default_value_t = 600,
        value_parser = clap::value_parser!(i64).range(1..=3600))]
    pub access_token_seconds: i64,

    /// Whether clients' metadata documents may be at addresses that are not public
    #[arg(
        long,
        env = "BULKHEAD_OAUTH_INNER_DOCUMENTS",
        value_name = "BULKHEAD_OAUTH_INNER_DOCUMENTS",
        global = true
    )]
    pub oauth_inner_documents: bool,

    /// Certificates, in PEM, that are trusted besides the system's when clients' documents are fetched
    #[arg(long, env = CA_FILE, value_name = CA_FILE, global = true)]
    pub oauth_document_ca_file: Option<PathBuf>,
}

fn algorithm(name: &str) -> Result<TokenAlgorithm, &'static str> {
    TokenAlgorithm::parse(name).ok_or("is RS256, ES256 or EdDSA")
}

impl OauthSettings {
    /// What the authorization server is told.
    pub fn settings(&self) -> Result<oauth_server::Settings, WrongSetting> {
        let read = |path: &PathBuf| {
            fs::read(path)
                .map_err(|error| WrongSetting::new(CA_FILE, format!("{}: {error}", path.display())))
        };
        Ok(oauth_server::Settings {
            algorithm: self.token_algorithm,
            access_token: Duration::seconds(self.access_token_seconds),
            inner_documents: self.oauth_inner_documents,
            document_ca: self.oauth_document_ca_file.as_ref().map(read).transpose()?,
        })
    }
}
