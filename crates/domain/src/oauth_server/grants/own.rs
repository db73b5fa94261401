//! The apps that a person has connected, over all of their tenants.

use super::store::{self, Wanted};
use crate::{
    Origin, Result, Services, TenantTx,
    audit::{self, Event, Named},
    members::{self, SignedIn},
};
use api_types::{
    GrantId, McpClientId, Refusal,
    audit::Act,
    oauth::{ConnectedApp, GrantEnd, GrantView},
};
use std::collections::BTreeMap;

/// The apps with log-ins that hold, or that are remembered, by tenant and name.
pub async fn connected_apps(s: &Services, who: SignedIn) -> Result<Vec<ConnectedApp>> {
    let user = who.user;
    let mut apps = Vec::new();
    let tenants = members::of(&mut *s.db.global().await?, user).await?;
    for known in tenants {
        // Where a second factor or another sign-in is wanted first, nothing is shown.
        let Ok(actor) = members::actor(s, who, &known.slug).await else {
            continue;
        };
        let mut tx = s.db.tenant_tx(actor.tenant()).await?;
        let wanted = Wanted {
            user: Some(user),
            only_live: true,
            ..Wanted::default()
        };
        let grants = store::list(&mut tx, actor.tenant(), &wanted).await?;
        let consents = store::consents(&mut tx, actor.tenant(), user).await?;
        tx.commit().await?;
        let mut by_client: BTreeMap<(String, McpClientId), Vec<GrantView>> = BTreeMap::new();
        for grant in grants {
            let key = (grant.client_name.clone(), grant.client);
            by_client.entry(key).or_default().push(grant);
        }
        for consent in &consents {
            let key = (consent.client_name.clone(), consent.client);
            by_client.entry(key).or_default();
        }
        apps.extend(
            by_client
                .into_iter()
                .map(|((client_name, client), grants)| {
                    let remembered = consents.iter().find(|consent| consent.client == client);
                    ConnectedApp {
                        tenant: known.slug.clone(),
                        tenant_name: known.name.clone(),
                        client,
                        client_name,
                        remembered: remembered.map(|consent| consent.scopes.clone()),
                        grants,
                    }
                }),
        );
    }
    Ok(apps)
}

/// Ends one of a person's own log-ins. Whose it is not, to them it is missing.
pub async fn end_own_grant(
    s: &Services,
    who: SignedIn,
    origin: Origin,
    slug: &str,
    id: GrantId,
) -> Result<()> {
    let user = who.user;
    let (actor, mut tx) = enter(s, who, origin, slug).await?;
    let known = store::lock(&mut tx, actor.tenant(), id).await?;
    let known = known.filter(|grant| grant.user == user);
    let known = known.ok_or(Refusal::NotFound)?;
    if store::end(&mut tx, actor.tenant(), id, GrantEnd::Revoked).await? {
        let ended = Event::new(Act::GrantEnded, id, &known.client_name);
        let person = Named {
            name: &known.person,
        };
        audit::record(&mut tx, &actor, ended.before(&person)?).await?;
    }
    tx.commit().await
}

/// Ends all of a person's log-ins of a client, and asks them again the next time.
pub async fn disconnect_app(
    s: &Services,
    who: SignedIn,
    origin: Origin,
    slug: &str,
    client: McpClientId,
) -> Result<()> {
    let user = who.user;
    let (actor, mut tx) = enter(s, who, origin, slug).await?;
    let tenant = actor.tenant();
    let wanted = Wanted {
        client: Some(client),
        user: Some(user),
        only_live: true,
    };
    let grants = store::list(&mut tx, tenant, &wanted).await?;
    let forgotten = store::forget_consent(&mut tx, tenant, user, client).await?;
    for grant in &grants {
        store::end(&mut tx, tenant, grant.id, GrantEnd::Revoked).await?;
    }
    for grant in &grants {
        let ended = Event::new(Act::GrantEnded, grant.id, &grant.client_name);
        let person = Named {
            name: &grant.person,
        };
        audit::record(&mut tx, &actor, ended.before(&person)?).await?;
    }
    if let Some(name) = forgotten {
        let forgot = Event::new(Act::ConsentForgotten, client, name);
        audit::record(&mut tx, &actor, forgot).await?;
    }
    tx.commit().await
}

async fn enter(
    s: &Services,
    who: SignedIn,
    origin: Origin,
    slug: &str,
) -> Result<(crate::Actor, TenantTx)> {
    let actor = members::actor(s, who, slug).await?.seen_from(origin);
    let tx = s.db.tenant_tx(actor.tenant()).await?;
    Ok((actor, tx))
}
