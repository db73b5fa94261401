//! Identity assertions of a tenant's provider (ID-JAG, draft-ietf-oauth-identity-assertion-authz-grant): the provider
//! says, to this server alone, that one client may act for one of the tenant's people. Only where the tenant has
//! switched it on.

use super::store;
use crate::{
    Actor, Result, Services,
    audit::{self, Event, Facts},
    sign_in_with::{Unacceptable, oidc::Registration},
};
use api_types::{Permission, Refusal, TenantId, UserId, audit::Act};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

/// What an assertion says.
#[derive(Debug, Deserialize)]
pub(crate) struct Asserted {
    /// Which client may act.
    pub(crate) client_id: String,
    /// What it is shown for; once.
    pub(crate) jti: String,
    pub(crate) exp: i64,
    iat: i64,
    sub: String,
    /// What it may do.
    pub(crate) scope: Option<String>,
    /// Where.
    pub(crate) resource: Option<String>,
}

/// The resource that an assertion names, before anything is believed: it says whose assertion it is.
pub(crate) fn resource_of(assertion: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        resource: String,
    }
    let payload = assertion.split('.').nth(1)?;
    let json = URL_SAFE_NO_PAD.decode(payload).ok()?;
    let named = serde_json::from_slice::<Named>(&json).ok()?;
    Some(named.resource)
}

#[derive(Serialize)]
struct Switched {
    on: bool,
}

impl Facts for Switched {}

/// Says whether the provider may let clients in.
pub async fn switch_identity_assertions(s: &Services, a: &Actor, on: bool) -> Result<()> {
    a.require(Permission::ManageSecurity)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let connection = store::view(&mut tx, a.tenant()).await?;
    let connection = connection.ok_or(Refusal::NotFound)?;
    if on && connection.tested_at.is_none() {
        return Err(Refusal::conflict("test the connection first").into());
    }
    if !store::set_grants_clients(&mut tx, a.tenant(), on).await? {
        return tx.commit().await;
    }
    let act = Act::IdentityAssertionsSwitched;
    let switched = Event::new(act, a.tenant(), connection.issuer).after(&Switched { on })?;
    audit::record(&mut tx, a, switched).await?;
    tx.commit().await
}

/// Whom the tenant's provider means by an assertion, and what it says; or why it is not believed.
pub(crate) async fn who_is_meant(
    s: &Services,
    tenant: TenantId,
    assertion: &str,
) -> Result<std::result::Result<(UserId, Asserted), Unacceptable>> {
    let not_believed = |words: &str| Ok(Err(Unacceptable::new(words)));
    let mut tx = s.db.tenant_tx(tenant).await?;
    let is_on = store::grants_clients(&mut tx, tenant).await?;
    let connection = store::connection(&mut tx, tenant).await?;
    tx.commit().await?;
    let (true, Some(connection)) = (is_on, connection) else {
        return not_believed("the tenant does not take assertions of a sign-in provider");
    };
    let at = Registration::asked_for_nothing(&connection.issuer, &connection.client_id);
    let issuer = match s.providers.issuers_of_tenants().get(&at).await {
        Ok(issuer) => issuer,
        Err(error) => return Ok(Err(error)),
    };
    let said: Asserted = match issuer.assertion(assertion, &s.public_url).await {
        Ok(said) => said,
        Err(error) => return Ok(Err(error)),
    };
    if said.exp - said.iat > 600 {
        return not_believed("the assertion is good for longer than 10 minutes");
    }
    let mut tx = s.db.tenant_tx(tenant).await?;
    let user = store::identity(&mut tx, tenant, &connection.issuer, &said.sub).await?;
    tx.commit().await?;
    match user {
        Some(user) => Ok(Ok((user, said))),
        None => not_believed("the person has not signed in here by the provider yet"),
    }
}
