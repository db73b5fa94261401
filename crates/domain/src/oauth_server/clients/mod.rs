//! Who asks for tokens: clients that a tenant registered itself ([`own`]), programs that registered themselves
//! ([`registration`]), and programs known by the document that their name leads to ([`document`]).

mod assertion;
mod document;
mod own;
mod registration;
mod store;

use super::Fault;
use crate::{Result, Services};
use api_types::{McpClientId, TenantId, oauth::ClientSource};
use assertion::subject_of;
pub(super) use assertion::{Keys, take_once};
pub(super) use document::Fetches;
use oauth::{AuthMethod, ClientAuth, ErrorCode, GrantType, Scopes, document as documents};
pub use own::{NewLogIn, issue_secret, log_in, remove_log_in, revoke_secret, set_log_in};
pub use registration::{
    Managed, Registered, read_registration, register, remove_registration, replace_registration,
};
use serde_json::Value;
pub(super) use store::{delete_idle, delete_log_in, mark_used, registered_lately};
use uuid::Uuid;
use vault::{Digest, constant_time_eq, digest};

/// How ids of clients begin that a tenant registered.
const OWN: &str = "bh_client_";

/// A client as this server knows it.
#[derive(Clone, Debug)]
pub(super) struct Client {
    /// `client_id`.
    pub oauth_id: String,
    /// What it calls itself, or is called by its tenant.
    pub name: String,
    pub source: ClientSource,
    pub of: Of,
    pub auth: AuthMethod,
    pub redirect_uris: Vec<String>,
    /// What it may ask for; anything, where nothing is said. Of a tenant's own: what it opens by itself.
    pub scopes: Option<Scopes>,
    pub grant_types: Vec<GrantType>,
    pub keys: Option<Keys>,
    secrets: Vec<Digest>,
}

/// Whose a client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    /// Nobody's: each tenant into which people let it has a client of its own for it.
    App(Uuid),
    /// A tenant's.
    Tenant(TenantId, McpClientId),
}

impl Client {
    /// Whether it has something to show that others do not know.
    pub(super) fn is_confidential(&self) -> bool {
        self.auth != AuthMethod::None
    }

    /// Where the answer to a request goes: to what it names, if that is registered.
    pub(super) fn redirect(&self, asked: Option<&str>) -> Option<String> {
        match (asked, self.redirect_uris.as_slice()) {
            (Some(asked), registered) => registered
                .iter()
                .any(|uri| oauth::redirect::matches(uri, asked))
                .then(|| asked.into()),
            (None, [only]) => Some(only.clone()),
            (None, _) => None,
        }
    }
}

/// The client with this id. Documents are fetched when they are not known or no longer fresh.
pub(super) async fn find(s: &Services, oauth_id: &str) -> Result<Option<Client>, Fault> {
    if documents::is_document(oauth_id) {
        return document::find(s, oauth_id).await.map(Some);
    }
    if oauth_id.starts_with(OWN) {
        return Ok(own::find(s, oauth_id).await?);
    }
    let app = store::app(&mut *s.db.global().await?, oauth_id).await?;
    Ok(app.map(Client::try_from).transpose()?)
}

/// The client that shows this, if it is that client.
pub(super) async fn authenticate(s: &Services, shown: &ClientAuth) -> Result<Client, Fault> {
    let refused = |told: &str| Fault::told(ErrorCode::InvalidClient, told);
    let id = match shown {
        ClientAuth::Assertion {
            client_id: None,
            jwt,
        } => subject_of(jwt),
        other => other.client_id().map(str::to_owned),
    };
    let id = id.ok_or_else(|| refused("the request does not say which client it comes from"))?;
    let known = find(s, &id).await?;
    let client = known.ok_or_else(|| {
        refused("there is no such client (any more); clients that register themselves do so again")
    })?;
    match (client.auth, shown) {
        (AuthMethod::None, ClientAuth::None { .. }) => {}
        // A client that registered itself has said where its secret stands.
        (registered, ClientAuth::Secret { secret, .. })
            if registered == shown.method()
                || registered.has_secret() && matches!(client.of, Of::Tenant(..)) =>
        {
            let shown = digest(own::SECRET_DOMAIN, secret.as_bytes());
            let is_one = |known: &Digest| constant_time_eq(known, &shown);
            if !client.secrets.iter().any(is_one) {
                return Err(refused("the client's secret is wrong or was revoked"));
            }
        }
        (AuthMethod::PrivateKeyJwt, ClientAuth::Assertion { jwt, .. }) => {
            assertion::check_client(s, &client, jwt).await?;
        }
        (registered, _) => {
            return Err(refused(&format!(
                "this client authenticates by {}, and the request does not",
                registered.as_str()
            )));
        }
    }
    if let Of::App(app) = client.of {
        mark_used(&mut *s.db.global().await?, app).await?;
    }
    Ok(client)
}

/// Keys of a client: in its metadata, or at an address that its metadata names.
pub(super) fn keys_of(jwks: Option<Value>, jwks_uri: Option<String>) -> Option<Keys> {
    match (jwks, jwks_uri) {
        (Some(set), _) => serde_json::from_value(set).ok().map(Keys::Here),
        (None, Some(uri)) => Some(Keys::At(uri)),
        (None, None) => None,
    }
}
