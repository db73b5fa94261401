//! Where the signed ends of audit logs are kept.

use super::{BucketSettings, WrongSetting};
use crate::audit_checkpoints::{Checkpoints, Place};
use clap::Args;
use domain::audit::SHORTEST_DAYS;
use std::path::{Path, PathBuf};

const DIR: &str = "BULKHEAD_AUDIT_CHECKPOINTS_DIR";

/// The section `Audit` of `--help`.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Audit")]
pub struct AuditSettings {
    /// Directory of signed checkpoints of audit logs; best on another machine or medium than the
    /// database. `audit-checkpoints` in the data directory, if not given
    #[arg(long, env = DIR, value_name = DIR, global = true)]
    pub audit_checkpoints_dir: Option<PathBuf>,

    /// The bucket that takes the directory's place.
    #[command(flatten)]
    pub bucket: BucketSettings,

    /// A file with the key that signs checkpoints: 64 hexadecimal digits.
    /// `audit-signing.key` in the data directory, made when it is first needed, if not given
    #[arg(
        long,
        env = "BULKHEAD_AUDIT_SIGNING_KEY_FILE",
        value_name = "BULKHEAD_AUDIT_SIGNING_KEY_FILE",
        global = true
    )]
    pub audit_signing_key_file: Option<PathBuf>,

    /// Days after which rows of audit logs are removed, 30 or more; 0 keeps them
    #[arg(
        long,
        env = "BULKHEAD_AUDIT_RETENTION_DAYS",
        value_name = "BULKHEAD_AUDIT_RETENTION_DAYS",
        default_value_t = 0,
        value_parser = retention_days,
        global = true
    )]
    pub audit_retention_days: u32,
}

fn retention_days(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(days) if days == 0 || days >= SHORTEST_DAYS => Ok(days),
        Ok(_) => Err(format!("must be 0 or at least {SHORTEST_DAYS}")),
        Err(error) => Err(format!("{error}")),
    }
}

impl AuditSettings {
    /// Where checkpoints go: into the bucket that is named, or else into a directory.
    pub fn checkpoints(&self, data_dir: &Path) -> Result<Checkpoints, WrongSetting> {
        let dir = self.audit_checkpoints_dir.clone();
        let place = match (self.bucket.bucket()?, dir) {
            (Some(_), Some(_)) => {
                let reason = "is of no use with BULKHEAD_AUDIT_BUCKET: checkpoints go to one place";
                return Err(WrongSetting::new(DIR, reason));
            }
            (Some(bucket), None) => Place::Bucket(Box::new(bucket)),
            (None, dir) => {
                Place::Directory(dir.unwrap_or_else(|| data_dir.join("audit-checkpoints")))
            }
        };
        let key_file = self.audit_signing_key_file.clone();
        Ok(Checkpoints {
            place,
            key_file: key_file.unwrap_or_else(|| data_dir.join("audit-signing.key")),
        })
    }
}
