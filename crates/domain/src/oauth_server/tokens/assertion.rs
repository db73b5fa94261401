//! A person for whom the tenant's own sign-in provider speaks (RFC 7523 with an ID-JAG): their company has decided that
//! they use the client, so nobody is asked.

use super::{Issued, New, answer, code::Made, invalid_grant};
use crate::{
    Actor, Services,
    actor::Who,
    audit::{self, Event},
    oauth_server::{
        Audience, Fault, authorize,
        clients::{Client, Of, take_once},
        grants,
        steps::Seen,
    },
    plans::{self, Counted},
    sso, tenants,
};
use api_types::{GrantId, TenantId, audit::Act, oauth::GrantKind};
use oauth::{ErrorCode, Scopes};
use uuid::Uuid;

pub(super) async fn grant(
    s: &Services,
    seen: &Seen,
    client: &Client,
    assertion: &str,
    asked: Option<Scopes>,
    resource: Option<String>,
) -> Result<(TenantId, Issued), Fault> {
    let named = resource.or_else(|| sso::resource_of(assertion));
    let target = named.and_then(|named| Audience::parse(&s.public_url, &named));
    let Some(Audience::Tenant(slug)) = target else {
        let told = "the assertion must name the resource of a tenant's endpoint";
        return Err(Fault::told(ErrorCode::InvalidTarget, told));
    };
    let unknown = || invalid_grant("the assertion is not believed");
    let tenant = tenants::by_slug(s, &slug).await?.ok_or_else(unknown)?;
    if matches!(client.of, Of::Tenant(own, _) if own != tenant) {
        return Err(unknown());
    }
    let (user, said) = match sso::who_is_meant(s, tenant, assertion).await? {
        Ok(meant) => meant,
        Err(why) => {
            tracing::info!(%why, "an identity assertion is not believed");
            return Err(unknown());
        }
    };
    let resource = Audience::Tenant(slug.clone()).url(&s.public_url);
    let is_for = said
        .resource
        .as_deref()
        .is_none_or(|named| named == resource);
    if said.client_id != client.oauth_id || !is_for {
        return Err(invalid_grant(
            "the assertion is for another client or resource",
        ));
    }
    if !take_once(s, "identity", &said.jti, said.exp).await? {
        return Err(invalid_grant("the assertion was shown before"));
    }
    let allowed = said.scope.as_deref().map(Scopes::parse).transpose()?;
    let known: Scopes = crate::toolkits::scopes(&s.toolkits).into_iter().collect();
    let allowed = allowed.map_or(known.clone(), |allowed| allowed.intersection(&known));
    let scopes = asked.map_or(allowed.clone(), |asked| asked.intersection(&allowed));
    if scopes.is_empty() {
        let told = "nothing that is asked for is in the assertion";
        return Err(Fault::told(ErrorCode::InvalidScope, told));
    }
    let mut tx = s.db.tenant_tx(tenant).await?;
    let (id, is_new) = authorize::client_of_tenant(&mut tx, tenant, user, client).await?;
    let grant = GrantId(Uuid::now_v7());
    let listed = scopes.to_vec();
    let new = grants::NewGrant {
        id: grant,
        client: id,
        user,
        kind: GrantKind::Assertion,
        oauth_id: &client.oauth_id,
        resource: &resource,
        scopes: &listed,
        address: seen.address,
        agent: seen.agent.as_deref(),
    };
    grants::insert(&mut tx, tenant, &new).await?;
    let live = grants::live(&mut tx, tenant, grant).await?;
    let live = live.ok_or_else(unknown)?;
    let who = Who::Grant {
        client: id,
        grant,
        user,
        scopes: listed.clone(),
    };
    let actor = Actor::new(tenant, slug, who).seen_from(seen.origin());
    if is_new {
        authorize::tell_of_client(&mut tx, &actor, id, client).await?;
        plans::require_room(s, &mut tx, tenant, Counted::Clients).await?;
    }
    let made = Made {
        kind: GrantKind::Assertion.as_str(),
        oauth_id: &client.oauth_id,
        resource: &resource,
        scopes: &listed,
    };
    let event = Event::new(Act::GrantMade, grant, &client.name).after(&made)?;
    audit::record(&mut tx, &actor, event).await?;
    tx.commit().await?;
    let new = New {
        tenant,
        grant,
        subject: user.to_string(),
        oauth_id: &client.oauth_id,
        resource: &resource,
        scopes: live.allowed(&scopes).into_iter().collect(),
        refresh_token: None,
    };
    Ok((tenant, answer(s, new).await?))
}
