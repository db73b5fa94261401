//! A key-encryption key that never leaves a key management service: the Transit engine of Vault
//! and of `OpenBao` (<https://openbao.org/api-docs/secret/transit/>), over HTTP.
//!
//! The key must be of a kind with associated data, such as the default `aes256-gcm96`: what is wrapped
//! for one owner and id then opens for no other. What an older version of the key wrapped unwraps as
//! long as the service keeps that version; `bulkhead rotate-keys` wraps with the newest.

use super::{KeyEncryption, Owner};
use anyhow::{Context as _, anyhow, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::future::BoxFuture;
use reqwest::{Client, StatusCode, Url};
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;
use vault::envelope::{DataKey, DataKeyId};
use zeroize::Zeroizing;

/// A caller waits no longer than this for a key.
const DEADLINE: Duration = Duration::from_secs(5);

/// Where the key is.
#[derive(Clone, Debug)]
pub struct TransitKey {
    /// The service: scheme, host and port.
    pub url: Url,
    /// Where the engine is mounted, `transit` as a rule; a namespace may stand before it.
    pub mount: String,
    /// The name of the key.
    pub key: String,
    /// The file of the token, read anew for each request: an agent may renew it.
    pub token_file: PathBuf,
    /// Certificates of authorities, in PEM, that are trusted beside the system's.
    pub trusted: Option<Vec<u8>>,
}

/// The client of one key.
pub struct Transit {
    id: String,
    at: TransitKey,
    client: Client,
}

#[derive(Deserialize)]
struct Answer {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    ciphertext: Option<String>,
    plaintext: Option<Zeroizing<String>>,
}

#[derive(Default, Deserialize)]
struct Refused {
    #[serde(default)]
    errors: Vec<String>,
}

impl Transit {
    /// Prepares the client; asks nobody yet.
    pub fn new(at: TransitKey) -> anyhow::Result<Self> {
        let mut client = Client::builder()
            .timeout(DEADLINE)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy();
        if let Some(pem) = &at.trusted {
            let certificates = reqwest::Certificate::from_pem_bundle(pem)?;
            ensure!(!certificates.is_empty(), "holds no certificate in PEM");
            for certificate in certificates {
                client = client.add_root_certificate(certificate);
            }
        }
        Ok(Self {
            id: format!("transit:{}/{}", at.mount, at.key),
            client: client.build()?,
            at,
        })
    }

    async fn ask(&self, what: &str, body: Value) -> anyhow::Result<Data> {
        let file = &self.at.token_file;
        let token = tokio::fs::read_to_string(file)
            .await
            .with_context(|| format!("reading the token in {}", file.display()))?;
        let token = Zeroizing::new(token);
        let TransitKey {
            url, mount, key, ..
        } = &self.at;
        let place = url.join(&format!("/v1/{mount}/{what}/{key}"))?;
        let request = self
            .client
            .post(place)
            .header("x-vault-token", token.trim());
        let sent = request.json(&body).send().await;
        // The address is said below; a cause such as "connection refused" is what matters.
        let answer = sent.map_err(|error| anyhow!(error.without_url()));
        let answer = answer.with_context(|| format!("asking the key service at {url}"))?;
        let status = answer.status();
        if status != StatusCode::OK {
            let said: Refused = answer.json().await.unwrap_or_default();
            bail!(
                "the key service at {url} refuses to {what} with {key}: {status}, {}",
                said.errors.join("; ")
            );
        }
        let answer: Answer = answer
            .json()
            .await
            .map_err(|error| anyhow!(error.without_url()))
            .with_context(|| format!("reading what the key service at {url} answered"))?;
        Ok(answer.data)
    }

    async fn encrypt(&self, owner: Owner, key: &DataKey) -> anyhow::Result<Vec<u8>> {
        let body = json!({
            "plaintext": STANDARD.encode(key.expose()),
            "associated_data": bound_to(owner, key.id()),
        });
        let data = self.ask("encrypt", body).await?;
        let ciphertext = data.ciphertext.context("the key service wrapped nothing")?;
        Ok(ciphertext.into_bytes())
    }

    async fn decrypt(
        &self,
        owner: Owner,
        id: DataKeyId,
        wrapped: &[u8],
    ) -> anyhow::Result<DataKey> {
        let body = json!({
            "ciphertext": std::str::from_utf8(wrapped)?,
            "associated_data": bound_to(owner, id),
        });
        let data = self.ask("decrypt", body).await?;
        let plaintext = data
            .plaintext
            .context("the key service unwrapped nothing")?;
        // The decoder's error would quote a part of the key.
        let bytes = STANDARD.decode(plaintext.as_str()).map(Zeroizing::new);
        let bytes = bytes.map_err(|_| anyhow!("the key service answered no base64"))?;
        let bytes = <[u8; 32]>::try_from(bytes.as_slice())
            .map_err(|_| anyhow!("the key service answered a key of another length"))?;
        Ok(DataKey::from_bytes(id, Zeroizing::new(bytes)))
    }
}

fn bound_to(owner: Owner, id: DataKeyId) -> String {
    STANDARD.encode([b"bulkhead/data-key/1".as_slice(), &owner.bytes(), &id].concat())
}

impl KeyEncryption for Transit {
    fn id(&self) -> &str {
        &self.id
    }

    fn wrap<'a>(
        &'a self,
        owner: Owner,
        key: &'a DataKey,
    ) -> BoxFuture<'a, anyhow::Result<Vec<u8>>> {
        Box::pin(self.encrypt(owner, key))
    }

    fn unwrap<'a>(
        &'a self,
        owner: Owner,
        id: DataKeyId,
        wrapped: &'a [u8],
    ) -> BoxFuture<'a, anyhow::Result<DataKey>> {
        Box::pin(self.decrypt(owner, id, wrapped))
    }
}
