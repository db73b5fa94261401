//! Where the signed ends of audit logs are kept.

use clap::Args;
use domain::audit::SHORTEST_DAYS;
use std::path::{Path, PathBuf};

/// The section `Audit` of `--help`.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Audit")]
pub struct AuditSettings {
    /// Directory of signed checkpoints of audit logs; best on another machine or medium than the
    /// database. `audit-checkpoints` in the data directory, if not given
    #[arg(
        long,
        env = "BULKHEAD_AUDIT_CHECKPOINTS_DIR",
        value_name = "BULKHEAD_AUDIT_CHECKPOINTS_DIR",
        global = true
    )]
    pub audit_checkpoints_dir: Option<PathBuf>,

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
    /// The directory of checkpoints.
    pub fn checkpoints_dir(&self, data_dir: &Path) -> PathBuf {
        self.audit_checkpoints_dir
            .clone()
            .unwrap_or_else(|| data_dir.join("audit-checkpoints"))
    }

    /// The file of the signing key.
    pub fn signing_key_file(&self, data_dir: &Path) -> PathBuf {
        self.audit_signing_key_file
            .clone()
            .unwrap_or_else(|| data_dir.join("audit-signing.key"))
    }
}
