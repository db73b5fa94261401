//! How letters leave: through a mail server, or into a directory.

use super::WrongSetting;
use crate::mailer::Mailer;
use clap::Args;
use std::fs;
use std::path::{Path, PathBuf};

const SMTP: &str = "BULKHEAD_SMTP_URL";
const FROM: &str = "BULKHEAD_MAIL_FROM";

/// The section `Mail` of `--help`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Mail")]
pub struct MailSettings {
    /// The mail server: `smtps://user:password@host`, or `smtp://host:587?tls=required`.
    /// Without it, letters are written as files into the outbox directory
    #[arg(long, env = SMTP, value_name = SMTP, hide_env_values = true, global = true)]
    pub smtp_url: Option<String>,

    /// A file that holds `BULKHEAD_SMTP_URL`
    #[arg(
        long,
        env = "BULKHEAD_SMTP_URL_FILE",
        value_name = "BULKHEAD_SMTP_URL_FILE",
        global = true
    )]
    pub smtp_url_file: Option<PathBuf>,

    /// Whom letters are from
    #[arg(
        long,
        env = FROM,
        value_name = FROM,
        default_value = "Bulkhead <bulkhead@localhost>",
        global = true
    )]
    pub mail_from: String,

    /// Directory of letters that no mail server takes.
    /// Default: `outbox` in the data directory
    #[arg(
        long,
        env = "BULKHEAD_MAIL_OUTBOX",
        value_name = "BULKHEAD_MAIL_OUTBOX",
        global = true
    )]
    pub mail_outbox: Option<PathBuf>,
}

impl MailSettings {
    /// The way that is set.
    pub fn mailer(&self, data_dir: &Path) -> Result<Mailer, WrongSetting> {
        let from = self
            .mail_from
            .parse()
            .map_err(|error| WrongSetting::new(FROM, format!("is not a sender: {error}")))?;
        if let Some(url) = self.smtp_url()? {
            // The reason does not repeat the address, which may hold a password.
            return Mailer::smtp(&url, from)
                .map_err(|reason| WrongSetting::new(SMTP, format!("cannot be used: {reason}")));
        }
        let outbox = self.mail_outbox.clone();
        Ok(Mailer::files(
            outbox.unwrap_or_else(|| data_dir.join("outbox")),
            from,
        ))
    }

    fn smtp_url(&self) -> Result<Option<String>, WrongSetting> {
        let given = self.smtp_url.as_ref().filter(|url| !url.trim().is_empty());
        let text = match (given, &self.smtp_url_file) {
            (Some(_), Some(_)) => {
                let reason = "is given twice, by value and by file";
                return Err(WrongSetting::new(SMTP, reason));
            }
            (Some(url), None) => url.clone(),
            (None, Some(file)) => fs::read_to_string(file).map_err(|error| {
                WrongSetting::new(SMTP, format!("reading {}: {error}", file.display()))
            })?,
            (None, None) => return Ok(None),
        };
        Ok(Some(text.trim().to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Cli;
    use super::*;
    use clap::Parser as _;

    fn chosen(arguments: &[&str]) -> Result<Mailer, String> {
        let cli = Cli::try_parse_from([&["bulkhead"], arguments].concat()).expect("a line");
        let mailer = cli.settings.mail.mailer(Path::new("/d"));
        mailer.map_err(|error| error.to_string())
    }

    #[test]
    fn letters_become_files_where_no_mail_server_is_named() {
        let mailer = chosen(&[]).expect("a mailer");
        assert_eq!(mailer.directory(), Some(Path::new("/d/outbox")));
        let mailer = chosen(&["--mail-outbox", "/o"]).expect("a mailer");
        assert_eq!(mailer.directory(), Some(Path::new("/o")));
    }

    #[tokio::test]
    async fn a_mail_server_is_named_by_an_address() {
        let mailer = chosen(&["--smtp-url", "smtp://localhost:25"]).expect("a mailer");
        assert_eq!(mailer.directory(), None);
        let error = chosen(&["--smtp-url", "http://u:hunter2@h"]).expect_err("not ours");
        assert!(error.starts_with(SMTP), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
        let error = chosen(&["--mail-from", "nobody"]).expect_err("no sender");
        assert!(error.starts_with(FROM), "{error}");
    }
}
