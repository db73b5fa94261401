//! Letting a client in: it becomes one of the tenant's clients, if it is none yet, and gets a code.

use super::{CODE_DOMAIN, store};
use crate::{
    Actor, Result, Services, TenantTx,
    audit::{self, Event, Facts},
    mcp_clients,
    oauth_server::clients::{Client, Of},
    plans::{self, Counted},
};
use api_types::{McpClientId, OauthRequestId, Refusal, TenantId, UserId, audit::Act};
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;
use vault::random_token_of;

/// What was allowed, by whom.
pub(super) struct Allowed {
    pub client: Client,
    pub actor: Actor,
    pub redirect_uri: String,
    pub challenge: String,
    pub resource: String,
    pub scopes: Vec<String>,
    pub remember: bool,
    /// What the person was asked, if they were.
    pub request: Option<OauthRequestId>,
}

#[derive(Serialize)]
struct Connected<'a> {
    oauth_id: &'a str,
    source: &'static str,
}

impl Facts for Connected<'_> {}

/// Answers the code.
pub(super) async fn connect(s: &Services, allowed: &Allowed) -> Result<String> {
    let (actor, client) = (&allowed.actor, &allowed.client);
    let user = actor.user().ok_or(Refusal::NotFound)?;
    let tenant = actor.tenant();
    let code = random_token_of("bh_code_");
    let mut tx = s.db.tenant_tx(tenant).await?;
    // Whoever comes second with the same decision finds nothing left to decide.
    if let Some(request) = allowed.request
        && !store::forget(&mut tx, request).await?
    {
        return Err(Refusal::NotFound.into());
    }
    let (id, is_new) = client_of_tenant(&mut tx, tenant, user, client).await?;
    if allowed.remember {
        let (scopes, resource) = (&allowed.scopes, &allowed.resource);
        store::remember(&mut tx, tenant, user, id, scopes, resource).await?;
    }
    let new = store::NewCode {
        id: Uuid::now_v7(),
        digest: code.digest(CODE_DOMAIN),
        client: id,
        user,
        oauth_id: &client.oauth_id,
        redirect_uri: &allowed.redirect_uri,
        challenge: &allowed.challenge,
        resource: &allowed.resource,
        scopes: &allowed.scopes,
    };
    store::insert_code(&mut tx, tenant, &new).await?;
    if is_new {
        tell_of_client(&mut tx, actor, id, client).await?;
        plans::require_room(s, &mut tx, tenant, Counted::Clients).await?;
    }
    tx.commit().await?;
    Ok(code.reveal())
}

/// The tenant's client for it, if there is one.
pub(super) async fn known_client(
    db: &mut PgConnection,
    tenant: TenantId,
    client: &Client,
) -> Result<Option<McpClientId>> {
    match client.of {
        Of::Tenant(own, id) => {
            let exists = own == tenant && mcp_clients::exists(db, tenant, id).await?;
            Ok(exists.then_some(id))
        }
        Of::App(app) => mcp_clients::of_app(db, tenant, app).await,
    }
}

/// The tenant's client for it, made if there is none. Answers whether it was.
pub(in crate::oauth_server) async fn client_of_tenant(
    tx: &mut TenantTx,
    tenant: TenantId,
    user: UserId,
    client: &Client,
) -> Result<(McpClientId, bool)> {
    if let Some(known) = known_client(tx, tenant, client).await? {
        return Ok((known, false));
    }
    let Of::App(app) = client.of else {
        return Err(Refusal::NotFound.into());
    };
    mcp_clients::connect(tx, tenant, app, user, &client.name).await
}

/// Audits that a client is one of the tenant's from now on.
pub(in crate::oauth_server) async fn tell_of_client(
    tx: &mut TenantTx,
    actor: &Actor,
    id: McpClientId,
    client: &Client,
) -> Result<()> {
    let connected = Connected {
        oauth_id: &client.oauth_id,
        source: client.source.as_str(),
    };
    let event = Event::new(Act::ClientConnected, id, &client.name).after(&connected)?;
    audit::record(tx, actor, event).await
}
