//! The way to Stripe: requests and their answers, and the signature of what it tells.
//!
//! Of what Stripe answers we read what we use, in the shapes of one version of its API, which every request names. What
//! is unknown is passed over: Stripe adds fields and words whenever it likes.

mod client;
pub(super) mod objects;
mod signature;

pub(super) use client::{Form, Trouble};
pub(super) use signature::is_signed;

use super::catalogue::Catalogue;
use crate::sign_in_with::Secret;
use anyhow::{Context as _, ensure};
use reqwest::{Client, Url, redirect::Policy};
use std::{
    fmt,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokio::sync::Notify;

/// Looking the name up, connecting and TLS.
const CONNECT: Duration = Duration::from_secs(3);

/// What the operator says of Stripe.
#[derive(Debug)]
pub struct Settings {
    /// `sk_test_…`, `sk_live_…`, or a restricted key that begins with `rk_`.
    pub secret_key: Secret,
    /// What Stripe signs events with: `whsec_…`.
    pub webhook_secret: Secret,
    /// Where the API is; none: Stripe's own.
    pub api_base: Option<String>,
}

/// The way to one account at Stripe, in one mode. Clones share it.
#[derive(Clone)]
pub struct Stripe(pub(super) Arc<Way>);

/// What a [`Stripe`] is made of.
pub(super) struct Way {
    client: Client,
    base: String,
    key: Secret,
    pub(super) webhook_secret: Secret,
    pub(super) live: bool,
    /// Prices and meter, as they were made sure of lately.
    pub(super) catalogue: Mutex<Option<(Instant, Arc<Catalogue>)>>,
    /// Something was heard.
    pub(super) heard: Notify,
}

impl Stripe {
    /// Takes the settings. An error says which is wrong, and nothing of a secret.
    pub fn new(settings: Settings) -> anyhow::Result<Self> {
        let key = settings.secret_key.reveal();
        let mode = key
            .split('_')
            .nth(1)
            .filter(|_| key.starts_with("sk_") || key.starts_with("rk_"));
        let live = match mode {
            Some("live") => true,
            Some("test") => false,
            _ => anyhow::bail!(
                "it must be a secret key: sk_test_…, sk_live_…, rk_test_… or rk_live_…"
            ),
        };
        let base = settings
            .api_base
            .as_deref()
            .unwrap_or("https://api.stripe.com");
        let url = Url::parse(base).context("the API's address cannot be read")?;
        let is_web = url.scheme() == "https" || (url.scheme() == "http" && !live);
        ensure!(
            is_web,
            "the API's address must be https, or http with a test key"
        );
        let client = Client::builder()
            .redirect(Policy::none())
            .connect_timeout(CONNECT)
            .user_agent(concat!("Bulkhead/", env!("CARGO_PKG_VERSION")));
        let client = client.build().context("building the client of Stripe")?;
        Ok(Self(Arc::new(Way {
            client,
            base: base.trim_end_matches('/').to_owned(),
            key: settings.secret_key,
            webhook_secret: settings.webhook_secret,
            live,
            catalogue: Mutex::default(),
            heard: Notify::new(),
        })))
    }

    /// Whether money is real here.
    pub fn is_live(&self) -> bool {
        self.0.live
    }
}

impl fmt::Debug for Stripe {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Stripe({}, live: {})", self.0.base, self.0.live)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(key: &str, base: Option<&str>) -> Result<bool, String> {
        let settings = Settings {
            secret_key: Secret::new(key),
            webhook_secret: Secret::new("whsec_x"),
            api_base: base.map(str::to_owned),
        };
        let made = Stripe::new(settings).map(|stripe| stripe.is_live());
        made.map_err(|error| error.to_string())
    }

    #[test]
    fn the_key_says_the_mode_and_the_mode_whether_http_will_do() {
        assert_eq!(made("sk_test_1", None), Ok(false));
        assert_eq!(made("rk_live_1", None), Ok(true));
        assert_eq!(made("sk_test_1", Some("http://127.0.0.1:1")), Ok(false));
        for (key, base) in [
            ("pk_test_1", None),
            ("hunter2", None),
            ("sk_live_1", Some("http://127.0.0.1:1")),
            ("sk_test_1", Some("nowhere")),
        ] {
            let error = made(key, base).expect_err(key);
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
