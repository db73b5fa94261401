//! The key-encryption key of a key management service: the Transit engine of Vault or `OpenBao`.

use super::WrongSetting;
use clap::Args;
use domain::data_keys::{Transit, TransitKey};
use std::fs;
use std::path::PathBuf;

pub(super) const URL: &str = "BULKHEAD_TRANSIT_URL";
const KEY: &str = "BULKHEAD_TRANSIT_KEY";
const TOKEN: &str = "BULKHEAD_TRANSIT_TOKEN_FILE";
const CA: &str = "BULKHEAD_TRANSIT_CA_FILE";

/// The part of the section `Secrets` that names a key of a service.
#[derive(Debug, Args)]
#[command(next_help_heading = "Secrets")]
pub struct TransitSettings {
    /// Vault or `OpenBao`, whose Transit engine wraps data keys instead of a master key
    #[arg(long, env = URL, value_name = URL, global = true)]
    pub transit_url: Option<String>,

    /// The name of the key there
    #[arg(long, env = KEY, value_name = KEY, default_value = "bulkhead", global = true)]
    pub transit_key: String,

    /// Where the engine is mounted there
    #[arg(
        long,
        env = "BULKHEAD_TRANSIT_MOUNT",
        value_name = "BULKHEAD_TRANSIT_MOUNT",
        default_value = "transit",
        global = true
    )]
    pub transit_mount: String,

    /// The file of a token that may encrypt and decrypt with the key; read anew for each request
    #[arg(long, env = TOKEN, value_name = TOKEN, global = true)]
    pub transit_token_file: Option<PathBuf>,

    /// Certificates of authorities to trust for the service beside the system's, in PEM
    #[arg(long, env = CA, value_name = CA, global = true)]
    pub transit_ca_file: Option<PathBuf>,

    /// The service only unwraps, and the master key wraps: the way back
    #[arg(
        long,
        env = "BULKHEAD_TRANSIT_ONLY_UNWRAPS",
        value_name = "BULKHEAD_TRANSIT_ONLY_UNWRAPS",
        num_args = 0..=1,
        default_value_t = false,
        default_missing_value = "true",
        global = true
    )]
    pub transit_only_unwraps: bool,
}

impl TransitSettings {
    /// Whether the service wraps new keys.
    pub(super) fn wraps(&self) -> bool {
        let named = self.transit_url.as_ref();
        named.is_some_and(|url| !url.trim().is_empty()) && !self.transit_only_unwraps
    }

    /// The key, where one is named.
    pub(super) fn key(&self) -> Result<Option<Transit>, WrongSetting> {
        let Some(url) = self
            .transit_url
            .as_ref()
            .filter(|url| !url.trim().is_empty())
        else {
            return Ok(None);
        };
        let url = url
            .trim()
            .parse()
            .map_err(|error| WrongSetting::new(URL, format!("is not an address: {error}")))?;
        let Some(token_file) = self.transit_token_file.clone() else {
            return Err(WrongSetting::new(
                TOKEN,
                format!("must be set where {URL} is"),
            ));
        };
        let read = |file: &PathBuf| {
            fs::read(file).map_err(|error| {
                WrongSetting::new(CA, format!("reading {}: {error}", file.display()))
            })
        };
        let key = Transit::new(TransitKey {
            url,
            mount: self.transit_mount.trim_matches('/').into(),
            key: self.transit_key.clone(),
            token_file,
            trusted: self.transit_ca_file.as_ref().map(read).transpose()?,
        });
        key.map(Some)
            .map_err(|error| WrongSetting::new(CA, format!("{error:#}")))
    }
}
