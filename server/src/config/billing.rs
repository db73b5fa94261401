//! How tenants pay: an account at Stripe, or none.

use super::{WrongSetting, secrets::given};
use clap::Args;
use domain::{
    billing::{Settings, Stripe},
    sign_in_with::Secret,
};
use std::path::PathBuf;

const KEY: &str = "BULKHEAD_STRIPE_SECRET_KEY";
const WEBHOOK: &str = "BULKHEAD_STRIPE_WEBHOOK_SECRET";
const BASE: &str = "BULKHEAD_STRIPE_API_BASE";

/// The section `Billing` of `--help`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Billing")]
pub struct BillingSettings {
    /// The secret key of an account at Stripe, through which tenants pay. Default: none, and nobody pays
    #[arg(long, env = KEY, value_name = KEY, hide_env_values = true, global = true)]
    pub stripe_secret_key: Option<String>,

    /// A file that holds `BULKHEAD_STRIPE_SECRET_KEY`
    #[arg(
        long,
        env = "BULKHEAD_STRIPE_SECRET_KEY_FILE",
        value_name = "BULKHEAD_STRIPE_SECRET_KEY_FILE",
        global = true
    )]
    pub stripe_secret_key_file: Option<PathBuf>,

    /// What Stripe signs events with that it sends to `/webhooks/stripe`
    #[arg(long, env = WEBHOOK, value_name = WEBHOOK, hide_env_values = true, global = true)]
    pub stripe_webhook_secret: Option<String>,

    /// A file that holds `BULKHEAD_STRIPE_WEBHOOK_SECRET`
    #[arg(
        long,
        env = "BULKHEAD_STRIPE_WEBHOOK_SECRET_FILE",
        value_name = "BULKHEAD_STRIPE_WEBHOOK_SECRET_FILE",
        global = true
    )]
    pub stripe_webhook_secret_file: Option<PathBuf>,

    /// Where Stripe's API is, for tests. Default: `https://api.stripe.com`
    #[arg(long, env = BASE, value_name = BASE, global = true)]
    pub stripe_api_base: Option<String>,
}

impl BillingSettings {
    /// The way to Stripe, where a key is set.
    pub fn stripe(&self) -> Result<Option<Stripe>, WrongSetting> {
        let file = self.stripe_secret_key_file.as_deref();
        let key = given(KEY, self.stripe_secret_key.as_ref(), file)?;
        let file = self.stripe_webhook_secret_file.as_deref();
        let webhook = given(WEBHOOK, self.stripe_webhook_secret.as_ref(), file)?;
        let (key, webhook) = match (key, webhook) {
            (None, None) => return Ok(None),
            (Some(key), Some(webhook)) => (key, webhook),
            (None, _) => {
                return Err(WrongSetting::new(
                    KEY,
                    "must be set with the webhook's secret",
                ));
            }
            (_, None) => {
                let reason = "must be set with the secret key: without it nothing that Stripe tells is believed";
                return Err(WrongSetting::new(WEBHOOK, reason));
            }
        };
        let base = self.stripe_api_base.clone().filter(|base| !base.is_empty());
        let name = if base.is_some() { BASE } else { KEY };
        let made = Stripe::new(Settings {
            secret_key: Secret::new(key.trim()),
            webhook_secret: Secret::new(webhook.trim()),
            api_base: base,
        });
        made.map(Some).map_err(|error| {
            let reason = error.to_string();
            WrongSetting::new(
                if reason.contains("secret key") {
                    KEY
                } else {
                    name
                },
                reason,
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Cli;
    use clap::Parser as _;

    fn read(arguments: &[&str]) -> Result<bool, String> {
        let cli = Cli::try_parse_from([&["bulkhead"], arguments].concat()).expect("a line");
        let stripe = cli.settings.billing.stripe();
        stripe
            .map(|stripe| stripe.is_some())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn without_a_key_there_is_no_stripe() {
        assert_eq!(read(&[]), Ok(false));
        let both = [
            "--stripe-secret-key",
            "sk_test_1",
            "--stripe-webhook-secret",
            "whsec_1",
        ];
        assert_eq!(read(&both), Ok(true));
    }

    #[test]
    fn what_is_wrong_is_named_without_a_secret() {
        for (arguments, begins) in [
            (
                &["--stripe-secret-key", "sk_test_1"][..],
                "BULKHEAD_STRIPE_WEBHOOK_SECRET: must be set",
            ),
            (
                &["--stripe-webhook-secret", "hunter2"],
                "BULKHEAD_STRIPE_SECRET_KEY: must be set",
            ),
            (
                &[
                    "--stripe-secret-key",
                    "hunter2",
                    "--stripe-webhook-secret",
                    "hunter2",
                ],
                "BULKHEAD_STRIPE_SECRET_KEY: it must be a secret key",
            ),
            (
                &[
                    "--stripe-secret-key",
                    "sk_live_1",
                    "--stripe-webhook-secret",
                    "hunter2",
                    "--stripe-api-base",
                    "http://127.0.0.1:1",
                ],
                "BULKHEAD_STRIPE_API_BASE: the API's address must be https",
            ),
        ] {
            let error = read(arguments).expect_err(begins);
            assert!(
                error.starts_with(begins) && !error.contains("hunter2"),
                "{error}"
            );
        }
    }
}
