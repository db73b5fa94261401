//! The bucket of an object store, where the signed ends of audit logs are kept.

use super::{WrongSetting, secrets::given};
use crate::audit_checkpoints::Bucket;
use clap::{Args, ValueEnum};
use reqwest::Url;
use rusty_s3::{Credentials, UrlStyle};
use std::net::IpAddr;
use std::path::PathBuf;

const BUCKET: &str = "BULKHEAD_AUDIT_BUCKET";
const ENDPOINT: &str = "BULKHEAD_AUDIT_BUCKET_ENDPOINT";
const REGION: &str = "BULKHEAD_AUDIT_BUCKET_REGION";
const STYLE: &str = "BULKHEAD_AUDIT_BUCKET_STYLE";
const PREFIX: &str = "BULKHEAD_AUDIT_BUCKET_PREFIX";
const KEY: &str = "BULKHEAD_AUDIT_BUCKET_ACCESS_KEY";
const SECRET: &str = "BULKHEAD_AUDIT_BUCKET_SECRET_KEY";
const SECRET_FILE: &str = "BULKHEAD_AUDIT_BUCKET_SECRET_KEY_FILE";

/// The part of the section `Audit` that names a bucket.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Audit")]
pub struct BucketSettings {
    /// The bucket of an object store (S3) that takes signed checkpoints instead of the directory
    #[arg(long, env = BUCKET, value_name = BUCKET, global = true)]
    pub audit_bucket: Option<String>,

    /// The object store, such as `https://s3.eu-west-1.amazonaws.com`; http on a loopback name alone
    #[arg(long, env = ENDPOINT, value_name = ENDPOINT, global = true)]
    pub audit_bucket_endpoint: Option<String>,

    /// The region that requests are signed for
    #[arg(long, env = REGION, value_name = REGION, default_value = "us-east-1", global = true)]
    pub audit_bucket_region: String,

    /// Whether the bucket stands in the path of its address, or before the host's name
    #[arg(long, env = STYLE, value_name = STYLE, default_value = "path", global = true)]
    pub audit_bucket_style: BucketStyle,

    /// What the names of objects begin with, such as `bulkhead/audit/`
    #[arg(long, env = PREFIX, value_name = PREFIX, default_value = "", global = true)]
    pub audit_bucket_prefix: String,

    /// The id of an access key that may put objects
    #[arg(long, env = KEY, value_name = KEY, global = true)]
    pub audit_bucket_access_key: Option<String>,

    /// Its secret
    #[arg(long, env = SECRET, value_name = SECRET, hide_env_values = true, global = true)]
    pub audit_bucket_secret_key: Option<String>,

    /// A file that holds `BULKHEAD_AUDIT_BUCKET_SECRET_KEY`
    #[arg(long, env = SECRET_FILE, value_name = SECRET_FILE, global = true)]
    pub audit_bucket_secret_key_file: Option<PathBuf>,
}

/// How a bucket is addressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BucketStyle {
    /// `https://host/bucket/`, which every store understands.
    Path,
    /// `https://bucket.host/`.
    VirtualHost,
}

impl BucketSettings {
    /// The bucket, where one is named.
    pub(super) fn bucket(&self) -> Result<Option<Bucket>, WrongSetting> {
        let Some(name) = set(self.audit_bucket.as_ref()) else {
            return match self.of_no_use() {
                Some(other) => Err(wrong(BUCKET, format!("must be set where {other} is"))),
                None => Ok(None),
            };
        };
        let at = self.at(name)?;
        let (credentials, prefix) = (self.credentials()?, self.prefix()?);
        let bucket = Bucket::new(at, credentials, prefix);
        bucket
            .map(Some)
            .map_err(|error| wrong(ENDPOINT, format!("{error:#}")))
    }

    /// What is set and would be ignored, as after a slip in the bucket's name.
    fn of_no_use(&self) -> Option<&'static str> {
        let texts = [
            (ENDPOINT, self.audit_bucket_endpoint.as_ref()),
            (KEY, self.audit_bucket_access_key.as_ref()),
            (SECRET, self.audit_bucket_secret_key.as_ref()),
        ];
        let text = texts.into_iter().find(|(_, text)| set(*text).is_some());
        let file = self.audit_bucket_secret_key_file.as_ref();
        text.map(|(name, _)| name).or(file.map(|_| SECRET_FILE))
    }

    fn at(&self, name: &str) -> Result<rusty_s3::Bucket, WrongSetting> {
        if !is_name(name) {
            let reason = "must be 3 to 63 lower-case letters, digits, hyphens and dots";
            return Err(wrong(BUCKET, reason));
        }
        let region = self.audit_bucket_region.trim();
        if region.is_empty() || !region.bytes().all(|b| in_name(b) || b == b'-') {
            return Err(wrong(REGION, "must be a name such as eu-west-1"));
        }
        let style = match self.audit_bucket_style {
            BucketStyle::Path => UrlStyle::Path,
            BucketStyle::VirtualHost => UrlStyle::VirtualHost,
        };
        let (name, region) = (name.to_owned(), region.to_owned());
        let bucket = rusty_s3::Bucket::new(self.endpoint()?, style, name, region);
        bucket.map_err(|_| wrong(STYLE, "must be path: the endpoint has no host name"))
    }

    fn endpoint(&self) -> Result<Url, WrongSetting> {
        let text = required(ENDPOINT, self.audit_bucket_endpoint.as_ref())?;
        let url: Url = text
            .parse()
            .map_err(|error| wrong(ENDPOINT, format!("is not an address: {error}")))?;
        let only_host = matches!(url.path(), "" | "/")
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if !only_host {
            return Err(wrong(
                ENDPOINT,
                "must be a scheme, a host and perhaps a port",
            ));
        }
        match url.scheme() {
            "https" => Ok(url),
            "http" if is_this_machine(&url) => Ok(url),
            _ => Err(wrong(ENDPOINT, "must be https, or http on a loopback name")),
        }
    }

    fn credentials(&self) -> Result<Credentials, WrongSetting> {
        let key = required(KEY, self.audit_bucket_access_key.as_ref())?;
        let file = self.audit_bucket_secret_key_file.as_deref();
        let secret = given(SECRET, self.audit_bucket_secret_key.as_ref(), file)?;
        Ok(Credentials::new(key, required(SECRET, secret.as_ref())?))
    }

    /// Ends in a slash where it is not empty.
    fn prefix(&self) -> Result<String, WrongSetting> {
        let given = self.audit_bucket_prefix.trim();
        if given.is_empty() {
            return Ok(String::new());
        }
        let folders = given.strip_suffix('/').unwrap_or(given);
        let named = |folder: &str| {
            let known = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
            !matches!(folder, "" | "." | "..") && folder.bytes().all(known)
        };
        if given.len() > 512 || !folders.split('/').all(named) {
            let reason = "must be names of letters, digits, hyphens, dots and underscores, with a slash after each";
            return Err(wrong(PREFIX, reason));
        }
        Ok(format!("{folders}/"))
    }
}

fn is_name(name: &str) -> bool {
    let ends = |byte: Option<&u8>| byte.copied().is_some_and(in_name);
    let bytes = name.as_bytes();
    (3..=63).contains(&bytes.len())
        && ends(bytes.first())
        && ends(bytes.last())
        && bytes
            .iter()
            .all(|b| in_name(*b) || matches!(b, b'-' | b'.'))
}

fn in_name(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

fn set(text: Option<&String>) -> Option<&str> {
    text.map(|text| text.trim()).filter(|text| !text.is_empty())
}

fn required<'a>(name: &'static str, text: Option<&'a String>) -> Result<&'a str, WrongSetting> {
    set(text).ok_or_else(|| wrong(name, format!("must be set where {BUCKET} is")))
}

fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn wrong(name: &'static str, reason: impl Into<String>) -> WrongSetting {
    WrongSetting::new(name, reason)
}

#[cfg(test)]
mod tests {
    use super::super::Cli;
    use super::*;
    use clap::Parser as _;

    const WHOLE: [&str; 4] = [
        "--audit-bucket=anchors",
        "--audit-bucket-endpoint=https://s3.example.com",
        "--audit-bucket-access-key=AKIA",
        "--audit-bucket-secret-key=hunter2",
    ];

    fn settings(arguments: &[&str]) -> BucketSettings {
        let cli = Cli::try_parse_from([&["bulkhead"], arguments].concat()).expect("a line");
        cli.settings.audit.bucket
    }

    /// The whole settings, some of them other ones.
    fn with(others: &[&'static str]) -> BucketSettings {
        let name = |argument: &str| argument.split('=').next().map(str::to_owned);
        let mut line = WHOLE.to_vec();
        line.retain(|kept| others.iter().all(|other| name(other) != name(kept)));
        settings(&[line.as_slice(), others].concat())
    }

    #[test]
    fn without_a_bucket_there_is_none_and_nothing_half() {
        assert!(settings(&[]).bucket().expect("fine").is_none());
        for lone in &WHOLE[1..] {
            let error = settings(&[lone]).bucket().expect_err("half").to_string();
            assert!(
                error.starts_with("BULKHEAD_AUDIT_BUCKET: must be"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_bucket_has_an_address_of_either_style() {
        let url = |settings: BucketSettings| {
            let bucket = settings.at("anchors").expect("a bucket");
            bucket.base_url().to_string()
        };
        assert_eq!(url(with(&[])), "https://s3.example.com/anchors/");
        assert_eq!(
            url(with(&["--audit-bucket-style=virtual-host"])),
            "https://anchors.s3.example.com/"
        );
        assert!(with(&[]).bucket().expect("fine").is_some());
    }

    #[test]
    fn http_is_for_this_machine_alone() {
        for endpoint in [
            "http://127.0.0.1:9000",
            "http://localhost",
            "http://[::1]:9000/",
        ] {
            let endpoint = &*format!("--audit-bucket-endpoint={endpoint}").leak();
            assert!(with(&[endpoint]).bucket().is_ok(), "{endpoint}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_and_no_secret_with_it() {
        for (name, argument) in [
            (BUCKET, "--audit-bucket=An/chors"),
            (BUCKET, "--audit-bucket=-anchors"),
            (ENDPOINT, "--audit-bucket-endpoint="),
            (ENDPOINT, "--audit-bucket-endpoint=nowhere"),
            (ENDPOINT, "--audit-bucket-endpoint=http://s3.example.com"),
            (
                ENDPOINT,
                "--audit-bucket-endpoint=https://a:hunter2@s3.example.com",
            ),
            (
                ENDPOINT,
                "--audit-bucket-endpoint=https://s3.example.com/anchors",
            ),
            (REGION, "--audit-bucket-region=eu/west"),
            (PREFIX, "--audit-bucket-prefix=/audit"),
            (PREFIX, "--audit-bucket-prefix=audit/../other/"),
            (KEY, "--audit-bucket-access-key= "),
            (SECRET, "--audit-bucket-secret-key= "),
            (SECRET, "--audit-bucket-secret-key-file=/nowhere"),
        ] {
            let error = with(&[argument]).bucket().expect_err(argument).to_string();
            assert!(
                error.starts_with(&format!("{name}: ")),
                "{argument}: {error}"
            );
            assert!(!error.contains("hunter2"), "{error}");
        }
        let host = [
            "--audit-bucket-endpoint=http://127.0.0.1",
            "--audit-bucket-style=virtual-host",
        ];
        let error = with(&host).bucket().expect_err("no name").to_string();
        assert!(error.starts_with(STYLE), "{error}");
    }

    #[test]
    fn a_prefix_ends_in_a_slash() {
        for (given, used) in [("", ""), ("audit", "audit/"), ("a.b/c_d/", "a.b/c_d/")] {
            let given = &*format!("--audit-bucket-prefix={given}").leak();
            assert_eq!(with(&[given]).prefix().expect("a prefix"), used);
        }
    }
}
