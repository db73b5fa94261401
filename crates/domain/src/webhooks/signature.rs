//! Secrets of endpoints, and signatures (Standard Webhooks 1.0, "Signature scheme"): HMAC-SHA256 over
//! `id.timestamp.body`, one for each secret that counts.

use crate::{
    Result, Services,
    data_keys::{Cell, Sealed, WEBHOOK_SECRET},
};
use anyhow::anyhow;
use api_types::{TenantId, WebhookId};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use std::fmt;
use zeroize::Zeroizing;

/// By which people and scanners know a secret.
const KIND: &str = "whsec_";

/// The secrets of an endpoint, each as it was shown.
#[derive(Serialize, Deserialize)]
pub(super) struct Secrets {
    pub current: Zeroizing<String>,
    /// The one before the last rotation.
    pub previous: Option<Zeroizing<String>>,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secrets(…)")
    }
}

impl Secrets {
    /// Draws the first secret.
    pub fn draw() -> Self {
        Self {
            current: drawn(),
            previous: None,
        }
    }

    /// Draws another one; the one in use becomes the one before.
    pub fn rotated(self) -> Self {
        Self {
            current: drawn(),
            previous: Some(self.current),
        }
    }

    /// The header `webhook-signature`. `both`: whether the secret before counts still.
    pub fn sign(&self, id: &str, timestamp: i64, body: &str, both: bool) -> String {
        let previous = self.previous.as_ref().filter(|_| both);
        let signatures = [&self.current].into_iter().chain(previous);
        let signatures = signatures.map(|secret| signature(secret, id, timestamp, body));
        signatures.collect::<Vec<_>>().join(" ")
    }
}

fn drawn() -> Zeroizing<String> {
    let bytes = Zeroizing::new(vault::random_bytes::<32>());
    let text = Zeroizing::new(STANDARD.encode(bytes.as_slice()));
    Zeroizing::new(format!("{KIND}{}", *text))
}

/// The signature of one delivery with one secret: `v1,` and base64.
pub fn signature(secret: &str, id: &str, timestamp: i64, body: &str) -> String {
    let key = secret.strip_prefix(KIND).unwrap_or(secret);
    let key = Zeroizing::new(STANDARD.decode(key).unwrap_or_default());
    let signed = format!("{id}.{timestamp}.{body}");
    let made = vault::hmac_sha256(&key, signed.as_bytes());
    format!("v1,{}", STANDARD.encode(made))
}

/// Seals secrets for their endpoint's row.
pub(super) async fn seal(
    s: &Services,
    db: &mut PgConnection,
    tenant: TenantId,
    id: WebhookId,
    secrets: &Secrets,
) -> Result<Sealed> {
    let content = serde_json::to_vec(secrets).map(Zeroizing::new);
    let content = content.map_err(|_| anyhow!("a webhook's secrets cannot be written"))?;
    s.data_keys.seal(db, cell(tenant, id), &content).await
}

/// Opens them.
pub(super) async fn open(
    s: &Services,
    db: &mut PgConnection,
    tenant: TenantId,
    id: WebhookId,
    sealed: &Sealed,
) -> Result<Secrets> {
    let content = s.data_keys.open(db, cell(tenant, id), sealed).await?;
    // The parser's own message would quote them.
    let secrets = serde_json::from_slice(&content);
    Ok(secrets.map_err(|_| anyhow!("a webhook's secrets cannot be read"))?)
}

fn cell(tenant: TenantId, id: WebhookId) -> Cell {
    Cell::of_tenant(&WEBHOOK_SECRET, tenant, id.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_those_of_the_specification() {
        // The vector of the specification's own libraries.
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        let signed = signature(secret, id, 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn both_secrets_sign_while_both_count() {
        let first = Secrets::draw();
        let old = first.current.clone();
        let secrets = first.rotated();
        let sign = |secret: &str| signature(secret, "id", 1, "{}");
        let (new, both) = (sign(&secrets.current), secrets.sign("id", 1, "{}", true));
        assert_eq!(both, format!("{new} {}", sign(&old)));
        assert_eq!(secrets.sign("id", 1, "{}", false), new);
        assert_ne!(new, sign(&old));
    }

    #[test]
    fn a_secret_is_32_bytes_and_does_not_show_itself() {
        let secrets = Secrets::draw();
        let text = secrets.current.strip_prefix(KIND).expect("its kind");
        assert_eq!(STANDARD.decode(text).expect("base64").len(), 32);
        assert_eq!(format!("{secrets:?}"), "Secrets(…)");
        assert_ne!(Secrets::draw().current, secrets.current);
    }
}
