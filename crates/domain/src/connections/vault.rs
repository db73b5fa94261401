//! What is sealed of a connection: tokens, or what a person typed in. One cell a row, which opens in its place alone.

use crate::{
    Result, Services,
    data_keys::{CONNECTION_SECRET, Cell, Sealed},
};
use anyhow::anyhow;
use api_types::{ConnectionId, Refusal, TenantId};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use connector::{Auth, Placement, Provider, Request};
use memchr::memmem;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use std::fmt;
use url::form_urlencoded;
use zeroize::Zeroizing;

/// What somebody may type in as one secret, in bytes. Keys that are JSON files are not longer.
const LONGEST: usize = 8 * 1024;

/// A secret in an answer that is shorter is as likely a word.
const SHORTEST_HIDDEN: usize = 8;

/// A connection's secrets. They show themselves to the provider alone.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Secret {
    /// What is sent with requests, of OAuth.
    access: Zeroizing<String>,
    /// What new tokens are got for.
    refresh: Option<Zeroizing<String>>,
    /// A key, or a name and a password.
    typed: Vec<Zeroizing<String>>,
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(…)")
    }
}

impl Secret {
    /// Tokens that a provider gave. `before` is what they replace: whose refresh token does not rotate stays.
    pub(super) fn of_tokens(tokens: &connector::oauth::Tokens, before: Option<&Self>) -> Self {
        let kept = || before.and_then(|before| before.refresh.clone());
        let refresh = tokens.refresh_token.clone().map(Zeroizing::new);
        Self {
            access: Zeroizing::new(tokens.access_token.clone()),
            refresh: refresh.or_else(kept),
            typed: Vec::new(),
        }
    }

    /// What a person typed in, if it is what the provider asks for.
    pub(super) fn typed(provider: &Provider, secrets: Vec<String>) -> Result<Self> {
        let typed: Vec<_> = secrets.into_iter().map(Zeroizing::new).collect();
        let typed: Vec<_> = typed
            .iter()
            .map(|text| Zeroizing::new(text.trim().to_owned()))
            .collect();
        let names = super::views::secrets(provider);
        if names.is_empty() || typed.len() != names.len() {
            return Err(Refusal::conflict("this is not how one logs in there").into());
        }
        for (text, name) in typed.iter().zip(names) {
            if text.is_empty() || text.len() > LONGEST || text.chars().any(char::is_control) {
                let message = format!("please fill in the {name}, without line breaks");
                return Err(Refusal::invalid("secret", message).into());
            }
        }
        if matches!(provider.auth, Auth::Basic { .. }) && typed[0].contains(':') {
            // RFC 7617, 2: it would be read as where the name ends.
            let message = "the name must not contain a colon";
            return Err(Refusal::invalid("secret", message).into());
        }
        Ok(Self {
            typed,
            ..Self::default()
        })
    }

    /// What new tokens are got for, if anything is.
    pub(super) fn refresh(&self) -> Option<&str> {
        self.refresh.as_deref().map(String::as_str)
    }

    /// The access token, of OAuth.
    pub(super) fn access(&self) -> &str {
        &self.access
    }

    /// Puts the secret where the provider looks for it.
    pub(crate) fn put_into(&self, request: &mut Request, provider: &Provider) {
        let typed = |nth: usize| self.typed.get(nth).map_or("", |text| text.as_str());
        match &provider.auth {
            Auth::Oauth2(_) => provider.api.placement.apply(request, &self.access),
            Auth::ApiKey { placement, .. } => placement.apply(request, typed(0)),
            Auth::Basic { .. } => {
                let shown = basic(typed(0), typed(1));
                let placement = Placement::Header {
                    name: "authorization".into(),
                    prefix: "Basic ".into(),
                };
                placement.apply(request, &shown);
            }
        }
    }

    /// The same words without what is secret, in each form in which it was sent: some services repeat that.
    pub(crate) fn cleaned(&self, words: &str) -> String {
        let all = self.typed.iter().chain(&self.refresh).chain([&self.access]);
        let mut words = words.to_owned();
        if let [name, password] = self.typed.as_slice() {
            words = words.replace(basic(name, password).as_str(), "…");
        }
        for secret in all.filter(|secret| secret.len() >= 4) {
            let in_address: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
            let in_address = Zeroizing::new(in_address);
            words = words.replace(secret.as_str(), "…");
            words = words.replace(in_address.as_str(), "…");
        }
        words
    }

    /// The same for what a service answered, whatever it is: no client is to see a secret. Names and short words stay,
    /// as they are in other answers too.
    pub(crate) fn without(&self, mut body: Vec<u8>) -> Vec<u8> {
        let typed = match self.typed.as_slice() {
            [name, password] => {
                [Zeroizing::new(password.to_string()), basic(name, password)].into()
            }
            typed => typed.to_vec(),
        };
        let tokens = self.refresh.iter().chain([&self.access]);
        for secret in typed
            .iter()
            .chain(tokens)
            .filter(|secret| secret.len() >= SHORTEST_HIDDEN)
        {
            let in_address: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
            let in_address = Zeroizing::new(in_address);
            for spelling in [secret, &in_address] {
                if memmem::find(&body, spelling.as_bytes()).is_some() {
                    body = replaced(&body, spelling.as_bytes());
                }
            }
        }
        body
    }
}

/// The bytes with `…` in each place of the secret.
fn replaced(body: &[u8], secret: &[u8]) -> Vec<u8> {
    let mut rest = body;
    let mut clean = Vec::with_capacity(body.len());
    while let Some(at) = memmem::find(rest, secret) {
        clean.extend_from_slice(&rest[..at]);
        clean.extend_from_slice("…".as_bytes());
        rest = &rest[at + secret.len()..];
    }
    clean.extend_from_slice(rest);
    clean
}

/// A name and a password as they are sent (RFC 7617, 2).
fn basic(name: &str, password: &str) -> Zeroizing<String> {
    let both = Zeroizing::new(format!("{name}:{password}"));
    Zeroizing::new(STANDARD.encode(both.as_bytes()))
}

/// Seals a connection's secrets for its row.
pub(super) async fn seal(
    s: &Services,
    db: &mut PgConnection,
    tenant: TenantId,
    id: ConnectionId,
    secret: &Secret,
) -> Result<Sealed> {
    let content = serde_json::to_vec(secret).map(Zeroizing::new);
    let content = content.map_err(|_| anyhow!("a connection's secrets cannot be written"))?;
    s.data_keys.seal(db, cell(tenant, id), &content).await
}

/// Opens them.
pub(super) async fn open(
    s: &Services,
    db: &mut PgConnection,
    tenant: TenantId,
    id: ConnectionId,
    sealed: &Sealed,
) -> Result<Secret> {
    if sealed.bytes.is_empty() {
        return Ok(Secret::default());
    }
    let content = s.data_keys.open(db, cell(tenant, id), sealed).await?;
    // The parser's own message would quote them.
    let secret = serde_json::from_slice(&content);
    Ok(secret.map_err(|_| anyhow!("a connection's secrets cannot be read"))?)
}

fn cell(tenant: TenantId, id: ConnectionId) -> Cell {
    Cell::of_tenant(&CONNECTION_SECRET, tenant, id.0)
}
