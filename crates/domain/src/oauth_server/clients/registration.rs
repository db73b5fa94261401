//! Programs that register themselves (RFC 7591), and look after their registration (RFC 7592). A registration opens
//! nothing: people do, by consenting. It is removed when nobody has used it for long.

use super::{Client, own::SECRET_DOMAIN, store};
use crate::{Origin, Services, oauth_server::Fault, throttle};
use api_types::oauth::ClientSource;
use oauth::{AuthMethod, ClientMetadata, ErrorCode};
use serde_json::{Map, Value, json};
use std::fmt;
use uuid::Uuid;
use vault::{digest, random_token_of};

const REGISTRATION_DOMAIN: &str = "bulkhead/oauth-registration/v1";

/// What a program is told of its registration, with its secrets: RFC 7591, section 3.2.1.
pub struct Registered(Map<String, Value>);

impl Registered {
    /// The answer's body.
    pub fn into_json(self) -> Value {
        Value::Object(self.0)
    }
}

impl fmt::Debug for Registered {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Registered(…)")
    }
}

/// A registration that somebody shows the token of.
pub struct Managed<'a> {
    /// `client_id`.
    pub oauth_id: &'a str,
    /// `registration_access_token`.
    pub token: &'a str,
}

/// Registers a program.
pub async fn register(s: &Services, origin: Origin, body: &[u8]) -> Result<Registered, Fault> {
    throttle::count_registration(&s.db, origin.address()).await?;
    let metadata = ClientMetadata::parse(body)?;
    let (id, oauth_id) = (Uuid::now_v7(), random_token_of("bh_app_").reveal());
    let token = random_token_of("bh_reg_").reveal();
    let secret = has_secret(&metadata).then(|| random_token_of("bh_sec_").reveal());
    let written = Value::Object(metadata.to_json()).to_string();
    let new = store::NewApp {
        id,
        oauth_id: &oauth_id,
        source: ClientSource::Dynamic,
        metadata: &written,
        secret: secret
            .as_deref()
            .map(|secret| digest(SECRET_DOMAIN, secret.as_bytes())),
        registration: Some(digest(REGISTRATION_DOMAIN, token.as_bytes())),
        fresh_seconds: None,
    };
    store::put_app(&mut *s.db.global().await?, &new).await?;
    Ok(told(
        s,
        &oauth_id,
        &metadata,
        Some(&token),
        secret.as_deref(),
    ))
}

/// A registration as it is.
pub async fn read_registration(s: &Services, shown: &Managed<'_>) -> Result<Registered, Fault> {
    let app = held(s, shown).await?;
    let metadata = ClientMetadata::parse(app.metadata.as_bytes())?;
    Ok(told(s, shown.oauth_id, &metadata, Some(shown.token), None))
}

/// Puts other metadata in the place of the present. A secret stays what it is; one that is needed now is drawn.
pub async fn replace_registration(
    s: &Services,
    shown: &Managed<'_>,
    body: &[u8],
) -> Result<Registered, Fault> {
    let app = held(s, shown).await?;
    let sent: Value = serde_json::from_slice(body).unwrap_or_default();
    if sent.get("client_id").is_some_and(|id| id != shown.oauth_id) {
        return Err(Fault::told(
            ErrorCode::InvalidClientMetadata,
            "client_id is another one",
        ));
    }
    // What only we set may be sent along (RFC 7592, section 2.2), and is ours.
    let ours = [
        "client_id",
        "client_secret",
        "client_secret_expires_at",
        "client_id_issued_at",
        "registration_access_token",
        "registration_client_uri",
    ];
    let kept = match sent {
        Value::Object(mut sent) => {
            sent.retain(|name, _| !ours.contains(&name.as_str()));
            Value::Object(sent).to_string().into_bytes()
        }
        _ => body.to_vec(),
    };
    let metadata = ClientMetadata::parse(&kept)?;
    let secret = (has_secret(&metadata) && app.secret.is_none())
        .then(|| random_token_of("bh_sec_").reveal());
    let stored = match (&secret, has_secret(&metadata)) {
        (Some(fresh), _) => Some(digest(SECRET_DOMAIN, fresh.as_bytes())),
        (None, true) => app.secret,
        (None, false) => None,
    };
    let written = Value::Object(metadata.to_json()).to_string();
    let mut db = s.db.global().await?;
    store::replace_app(&mut db, app.id, &written, stored).await?;
    let (id, token) = (shown.oauth_id, Some(shown.token));
    Ok(told(s, id, &metadata, token, secret.as_deref()))
}

/// Removes a registration. The clients that tenants have for it stay, and nobody logs in with them again.
pub async fn remove_registration(s: &Services, shown: &Managed<'_>) -> Result<(), Fault> {
    let app = held(s, shown).await?;
    Ok(store::delete_app(&mut *s.db.global().await?, app.id).await?)
}

/// The registration, for whoever shows its token. What is unknown looks like a wrong token.
async fn held(s: &Services, shown: &Managed<'_>) -> Result<store::App, Fault> {
    let digest = digest(REGISTRATION_DOMAIN, shown.token.as_bytes());
    let app = store::app(&mut *s.db.global().await?, shown.oauth_id).await?;
    app.filter(|app| app.registration == Some(digest))
        .ok_or_else(|| {
            Fault::told(
                ErrorCode::InvalidToken,
                "this is not the registration's access token",
            )
        })
}

fn has_secret(metadata: &ClientMetadata) -> bool {
    matches!(
        metadata.auth_method,
        AuthMethod::SecretBasic | AuthMethod::SecretPost
    )
}

fn told(
    s: &Services,
    oauth_id: &str,
    metadata: &ClientMetadata,
    token: Option<&str>,
    secret: Option<&str>,
) -> Registered {
    let mut all = metadata.to_json();
    all.insert("client_id".into(), oauth_id.into());
    let at = format!("{}/oauth/register/{oauth_id}", s.public_url);
    all.insert("registration_client_uri".into(), at.into());
    if let Some(token) = token {
        all.insert("registration_access_token".into(), token.into());
    }
    if let Some(secret) = secret {
        all.insert("client_secret".into(), secret.into());
        all.insert("client_secret_expires_at".into(), json!(0));
    }
    Registered(all)
}

impl TryFrom<store::App> for Client {
    type Error = crate::Error;

    fn try_from(app: store::App) -> crate::Result<Self> {
        let metadata = ClientMetadata::parse(app.metadata.as_bytes());
        let metadata = metadata.map_err(anyhow::Error::from)?;
        let unnamed = || match app.source {
            ClientSource::Document => oauth::redirect::host(&app.oauth_id)
                .unwrap_or("An app")
                .into(),
            _ => "An app without a name".into(),
        };
        Ok(Self {
            name: metadata.name.clone().unwrap_or_else(unnamed),
            of: super::Of::App(app.id),
            source: app.source,
            auth: metadata.auth_method,
            redirect_uris: metadata.redirect_uris,
            scopes: metadata.scopes,
            grant_types: metadata.grant_types,
            keys: super::keys_of(metadata.jwks, metadata.jwks_uri),
            secrets: app.secret.into_iter().collect(),
            oauth_id: app.oauth_id,
        })
    }
}
