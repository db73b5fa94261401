//! Log-ins of the clients that a tenant registered by hand: a name in the protocol, where people may be led back to,
//! and secrets or keys.

mod store;

use super::{Client, Of, keys_of};
use crate::{
    Actor, Result, Services, TenantTx,
    audit::{self, Event, Facts},
    mcp_clients,
    oauth_server::grants,
    roles,
};
use api_types::{
    McpClientId, OauthSecretId, Permission, Refusal,
    audit::Act,
    oauth::{ClientAuth, ClientSource, CreatedSecret, GrantEnd, OauthClientView},
};
use oauth::{AuthMethod, GrantType, Scopes, redirect};
use serde::Serialize;
use uuid::Uuid;
use vault::{digest, random_token_of};

pub(super) const SECRET_DOMAIN: &str = "bulkhead/oauth-secret/v1";

/// The first characters of a secret, to recognise it by.
const DISPLAYED: usize = 12;

/// The longest overlap of a rotation: 30 days, in hours.
const LONGEST_OVERLAP_HOURS: u32 = 30 * 24;

const MOST_REDIRECTS: usize = 20;

/// What somebody fills in so that a client can log in.
#[derive(Debug)]
pub struct NewLogIn {
    /// How it shows that it is itself.
    pub auth: ClientAuth,
    /// Where people may be led back to.
    pub redirect_uris: Vec<String>,
    /// Its public keys, as a JWK set.
    pub jwks: Option<String>,
    /// What it opens by itself, without a person.
    pub scopes: Vec<String>,
}

#[derive(Serialize)]
struct Shown<'a> {
    oauth_id: &'a str,
    auth: &'static str,
    redirect_uris: &'a [String],
    scopes: &'a [String],
}

impl Facts for Shown<'_> {}

#[derive(Serialize)]
struct SecretShown<'a> {
    oauth_id: &'a str,
    display_prefix: &'a str,
    overlap_hours: u32,
}

impl Facts for SecretShown<'_> {}

/// How a client logs in, if it does.
pub async fn log_in(
    s: &Services,
    a: &Actor,
    client: McpClientId,
) -> Result<Option<OauthClientView>> {
    a.require(Permission::ViewClients)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    require(&mut tx, a, client).await?;
    let view = store::view(&mut tx, a.tenant(), client).await?;
    tx.commit().await?;
    Ok(view)
}

/// Lets a client log in, or changes how it does. Its first secret is in the answer.
pub async fn set_log_in(
    s: &Services,
    a: &Actor,
    client: McpClientId,
    new: NewLogIn,
) -> Result<CreatedSecret> {
    a.require(Permission::ManageClients)?;
    let new = new.check(s)?;
    roles::may_issue(a, &new.scopes)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    require(&mut tx, a, client).await?;
    if store::is_connected_app(&mut tx, a.tenant(), client).await? {
        let message = "this client is an app that people connected; it says itself how it logs in";
        return Err(Refusal::conflict(message).into());
    }
    let by_itself = !new.scopes.is_empty();
    if by_itself && !store::has_service_owner(&mut tx, a.tenant(), client).await? {
        let message =
            "only the client of a service account opens anything by itself; give it to one first";
        return Err(Refusal::invalid("scopes", message).into());
    }
    let fresh_id = random_token_of(super::OWN).reveal();
    let oauth_id = store::put(&mut tx, a.tenant(), client, &fresh_id, &new).await?;
    let secret = if new.auth == ClientAuth::Secret {
        store::has_secret(&mut tx, a.tenant(), client)
            .await?
            .then_some(())
            .map_or_else(|| Some(random_token_of("bh_sec_").reveal()), |()| None)
    } else {
        store::delete_secrets(&mut tx, a.tenant(), client).await?;
        None
    };
    if let Some(secret) = &secret {
        keep(&mut tx, a, client, secret).await?;
    }
    let shown = Shown {
        oauth_id: &oauth_id,
        auth: new.auth.as_str(),
        redirect_uris: &new.redirect_uris,
        scopes: &new.scopes,
    };
    let set = Event::new(Act::ClientLogInSet, client, &oauth_id).after(&shown)?;
    audit::record(&mut tx, a, set).await?;
    tx.commit().await?;
    Ok(CreatedSecret { oauth_id, secret })
}

/// Takes a client's log-in away: its secrets and its grants end at once.
pub async fn remove_log_in(s: &Services, a: &Actor, client: McpClientId) -> Result<()> {
    a.require(Permission::ManageClients)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let (view, _) = held(&mut tx, a, client).await?;
    super::delete_log_in(&mut tx, a.tenant(), client).await?;
    grants::end_of_client(&mut tx, a.tenant(), client, GrantEnd::ClientChanged).await?;
    let removed = Event::new(Act::ClientLogInRemoved, client, &view.oauth_id);
    audit::record(&mut tx, a, removed).await?;
    tx.commit().await
}

/// Issues another secret; those before it work on for `overlap_hours`.
pub async fn issue_secret(
    s: &Services,
    a: &Actor,
    client: McpClientId,
    overlap_hours: u32,
) -> Result<CreatedSecret> {
    a.require(Permission::ManageKeys)?;
    if overlap_hours > LONGEST_OVERLAP_HOURS {
        return Err(Refusal::invalid("overlap_hours", "at most 30 days (720 hours)").into());
    }
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let (view, _) = held(&mut tx, a, client).await?;
    if view.auth != ClientAuth::Secret {
        return Err(Refusal::conflict("this client has no secret").into());
    }
    store::end_secrets(&mut tx, a.tenant(), client, overlap_hours).await?;
    let secret = random_token_of("bh_sec_").reveal();
    keep(&mut tx, a, client, &secret).await?;
    let shown = SecretShown {
        oauth_id: &view.oauth_id,
        display_prefix: &secret[..DISPLAYED],
        overlap_hours,
    };
    let issued = Event::new(Act::ClientSecretIssued, client, &view.oauth_id).after(&shown)?;
    audit::record(&mut tx, a, issued).await?;
    tx.commit().await?;
    Ok(CreatedSecret {
        oauth_id: view.oauth_id,
        secret: Some(secret),
    })
}

/// Revokes a secret at once. What the client holds already stays.
pub async fn revoke_secret(
    s: &Services,
    a: &Actor,
    client: McpClientId,
    secret: OauthSecretId,
) -> Result<()> {
    a.require(Permission::ManageKeys)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let (view, _) = held(&mut tx, a, client).await?;
    let prefix = store::delete_secret(&mut tx, a.tenant(), client, secret).await?;
    let prefix = prefix.ok_or(Refusal::NotFound)?;
    let shown = SecretShown {
        oauth_id: &view.oauth_id,
        display_prefix: &prefix,
        overlap_hours: 0,
    };
    let revoked = Event::new(Act::ClientSecretRevoked, client, &view.oauth_id).before(&shown)?;
    audit::record(&mut tx, a, revoked).await?;
    tx.commit().await
}

/// The client with this id in the protocol. Its tenant's other rows decide whether it works.
pub(super) async fn find(s: &Services, oauth_id: &str) -> Result<Option<Client>> {
    let found = store::by_oauth_id(&mut *s.db.global().await?, oauth_id).await?;
    let Some((tenant, id)) = found else {
        return Ok(None);
    };
    let mut tx = s.db.tenant_tx(tenant).await?;
    let known = store::live(&mut tx, tenant, id).await?;
    let secrets = store::live_digests(&mut tx, tenant, id).await?;
    tx.commit().await?;
    let Some((name, view)) = known else {
        return Ok(None);
    };
    let (auth, code) = (method(view.auth), !view.redirect_uris.is_empty());
    let jwks = view.jwks.and_then(|text| serde_json::from_str(&text).ok());
    let mut grant_types = vec![GrantType::RefreshToken, GrantType::IdentityAssertion];
    grant_types.extend(code.then_some(GrantType::AuthorizationCode));
    grant_types.extend((!view.scopes.is_empty()).then_some(GrantType::ClientCredentials));
    Ok(Some(Client {
        oauth_id: view.oauth_id,
        name,
        source: ClientSource::Registered,
        of: Of::Tenant(tenant, id),
        auth,
        redirect_uris: view.redirect_uris,
        scopes: Some(view.scopes.into_iter().collect::<Scopes>()),
        grant_types,
        keys: keys_of(jwks, None),
        secrets,
    }))
}

fn method(auth: ClientAuth) -> AuthMethod {
    match auth {
        ClientAuth::Public => AuthMethod::None,
        ClientAuth::Secret => AuthMethod::SecretBasic,
        ClientAuth::PrivateKey => AuthMethod::PrivateKeyJwt,
    }
}

async fn require(tx: &mut TenantTx, a: &Actor, client: McpClientId) -> Result<()> {
    if mcp_clients::exists(tx, a.tenant(), client).await? {
        Ok(())
    } else {
        Err(Refusal::NotFound.into())
    }
}

async fn held(
    tx: &mut TenantTx,
    a: &Actor,
    client: McpClientId,
) -> Result<(OauthClientView, McpClientId)> {
    require(tx, a, client).await?;
    let view = store::view(tx, a.tenant(), client).await?;
    Ok((view.ok_or(Refusal::NotFound)?, client))
}

async fn keep(tx: &mut TenantTx, a: &Actor, client: McpClientId, secret: &str) -> Result<()> {
    let user = a.user().ok_or(Refusal::NotFound)?;
    let new = store::NewSecret {
        id: Uuid::now_v7(),
        prefix: &secret[..DISPLAYED],
        digest: digest(SECRET_DOMAIN, secret.as_bytes()),
        user,
    };
    store::insert_secret(tx, a.tenant(), client, &new).await
}

impl NewLogIn {
    fn check(mut self, s: &Services) -> Result<Self> {
        self.redirect_uris = lines(self.redirect_uris)?;
        self.jwks = match (self.auth, self.jwks) {
            (ClientAuth::PrivateKey, Some(text)) => Some(keys(&text)?),
            (ClientAuth::PrivateKey, None) => {
                let message = "paste the client's public keys, as a JWK set";
                return Err(Refusal::invalid("jwks", message).into());
            }
            _ => None,
        };
        self.scopes.sort();
        self.scopes.dedup();
        let known = crate::toolkits::scopes(&s.toolkits);
        if let Some(other) = self.scopes.iter().find(|scope| !known.contains(scope)) {
            let message = format!("there is no scope \"{}\"", other.escape_debug());
            return Err(Refusal::invalid("scopes", message).into());
        }
        if !self.scopes.is_empty() && self.auth == ClientAuth::Public {
            let message = "a client without a secret or key opens nothing by itself";
            return Err(Refusal::invalid("scopes", message).into());
        }
        if self.scopes.is_empty() && self.redirect_uris.is_empty() {
            let message = "say where people are led back to, or what the client opens by itself";
            return Err(Refusal::invalid("redirect_uris", message).into());
        }
        Ok(self)
    }
}

fn lines(lines: Vec<String>) -> Result<Vec<String>> {
    let mut uris: Vec<String> = Vec::new();
    for line in lines {
        let uri = line.trim();
        if uri.is_empty() || uris.iter().any(|known| known == uri) {
            continue;
        }
        redirect::check(uri).map_err(|why| {
            Refusal::invalid("redirect_uris", format!("{}: {why}", uri.escape_debug()))
        })?;
        uris.push(uri.into());
    }
    if uris.len() > MOST_REDIRECTS {
        return Err(Refusal::invalid("redirect_uris", "at most 20").into());
    }
    Ok(uris)
}

/// A JWK set as it is stored: public keys alone.
fn keys(text: &str) -> Result<String> {
    let wrong = |message: &str| Refusal::invalid("jwks", message);
    let set: serde_json::Value =
        serde_json::from_str(text).map_err(|_| wrong("this is no JSON"))?;
    let list = set.get("keys").and_then(serde_json::Value::as_array);
    let list = list.filter(|list| !list.is_empty() && list.len() <= 20);
    let list = list.ok_or_else(|| wrong("a JWK set has 1 to 20 keys under \"keys\""))?;
    let is_private = |key: &serde_json::Value| key.get("d").is_some() || key.get("k").is_some();
    if list.iter().any(is_private) {
        return Err(wrong("these are private keys: paste the public ones alone").into());
    }
    let known: jsonwebtoken::jwk::JwkSet =
        serde_json::from_value(set.clone()).map_err(|_| wrong("a key cannot be read"))?;
    if known.keys.is_empty() {
        return Err(wrong("none of the keys can be read").into());
    }
    Ok(set.to_string())
}
