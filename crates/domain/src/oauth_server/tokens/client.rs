//! A client by itself (RFC 6749, section 4.4): what a service account's client opens without a person.

use super::{Issued, New, answer, check_resource, code::Made, store};
use crate::{
    Actor, Services,
    audit::{self, Event},
    oauth_server::{
        Audience, Fault,
        clients::{Client, Of},
        grants,
        steps::Seen,
    },
};
use api_types::{GrantId, audit::Act, oauth::GrantKind};
use oauth::{ErrorCode, Scopes};
use uuid::Uuid;

pub(super) async fn grant(
    s: &Services,
    seen: &Seen,
    client: &Client,
    asked: Option<Scopes>,
    resource: Option<String>,
) -> Result<Issued, Fault> {
    let unauthorized = |told: &str| Fault::told(ErrorCode::UnauthorizedClient, told);
    let (Of::Tenant(tenant, id), true) = (client.of, client.is_confidential()) else {
        let told =
            "only clients that a tenant registered, with a secret or a key, log in by themselves";
        return Err(unauthorized(told));
    };
    let own = client
        .scopes
        .clone()
        .unwrap_or_else(|| Scopes::from_iter(Vec::<String>::new()));
    let scopes = match asked {
        Some(asked) if !asked.is_subset_of(&own) => {
            let told = format!("this client opens {own} by itself");
            return Err(Fault::told(ErrorCode::InvalidScope, told));
        }
        Some(asked) => asked,
        None => own.clone(),
    };
    if scopes.is_empty() {
        return Err(unauthorized("this client opens nothing by itself"));
    }
    let mut tx = s.db.tenant_tx(tenant).await?;
    let slug = crate::tenants::slug_of(&mut tx, tenant).await?;
    let target = Audience::Tenant(slug).url(&s.public_url);
    let any = Audience::Any.url(&s.public_url);
    let resource = match resource {
        Some(resource) if Audience::parse(&s.public_url, &resource) == Some(Audience::Any) => any,
        other => {
            check_resource(s, other.as_deref(), &target)?;
            target
        }
    };
    let owner = store::service_owner(&mut tx, tenant, id).await?;
    let user = owner.ok_or_else(|| {
        unauthorized("the client does not belong to a service account of the tenant (any more)")
    })?;
    let new = grants::NewGrant {
        id: GrantId(Uuid::now_v7()),
        client: id,
        user,
        kind: GrantKind::Client,
        oauth_id: &client.oauth_id,
        resource: &resource,
        scopes: &own.to_vec(),
        address: seen.address,
        agent: seen.agent.as_deref(),
    };
    let (grant, is_new) = grants::of_client(&mut tx, tenant, &new).await?;
    store::mark_used(&mut tx, tenant, grant, seen).await?;
    if is_new {
        let made = Made {
            kind: GrantKind::Client.as_str(),
            oauth_id: &client.oauth_id,
            resource: &resource,
            scopes: new.scopes,
        };
        let event = Event::new(Act::GrantMade, grant, &client.name).after(&made)?;
        let actor = Actor::system(tenant, "client log-in").seen_from(seen.origin());
        audit::record(&mut tx, &actor, event).await?;
    }
    tx.commit().await?;
    let new = New {
        tenant,
        grant,
        subject: client.oauth_id.clone(),
        oauth_id: &client.oauth_id,
        resource: &resource,
        scopes,
        refresh_token: None,
    };
    answer(s, new).await
}
