//! Refresh tokens (RFC 6749, section 6; OAuth 2.1, section 4.3.1). Each is exchanged for one successor. Programs lose
//! answers and refresh twice at once, so a token is taken again as long as its successor was not, and for a minute
//! after it was exchanged; whoever shows it gets the same successor. Shown after both, it is a copy in other hands,
//! and the family ends.

use super::{
    Issued, New, REFRESH_DOMAIN, REFRESH_KIND, answer, check_resource, code::Made, in_refresh_days,
    invalid_grant, store,
};
use crate::{
    Actor, Services, TenantTx,
    audit::{self, Event},
    mail::{self, templates},
    oauth_server::{Fault, ROTATION_SECONDS, clients::Client, grants, steps::Seen},
    users,
};
use api_types::{GrantId, TenantId, audit::Act, input::Email, oauth::GrantEnd};
use oauth::{ErrorCode, Scopes};
use uuid::Uuid;
use vault::{digest, random_bytes, successor_token};

/// What a client shows.
pub(super) struct Shown {
    pub token: String,
    pub scopes: Option<Scopes>,
    pub resource: Option<String>,
}

pub(super) async fn rotate(
    s: &Services,
    seen: &Seen,
    client: &Client,
    shown: &Shown,
) -> Result<Issued, Fault> {
    let presented = digest(REFRESH_DOMAIN, shown.token.as_bytes());
    let found = store::by_digest(&mut *s.db.global().await?, &presented).await?;
    let unknown = || invalid_grant("the refresh token is unknown, over or revoked: log in again");
    let found = found.ok_or_else(unknown)?;
    let (tenant, grant) = (found.tenant, found.grant);
    let mut tx = s.db.tenant_tx(tenant).await?;
    // The grant is locked first: all who refresh one family wait for one another.
    let held = store::lock_grant(&mut tx, tenant, grant).await?;
    let held = held.filter(|held| held.oauth_id == client.oauth_id && !held.ended);
    let held = held.ok_or_else(unknown)?;
    let token = store::token(&mut tx, tenant, found.token).await?;
    let token = token.ok_or_else(unknown)?;
    let scopes = narrowed(shown.scopes.as_ref(), &held.scopes)?;
    check_resource(s, shown.resource.as_deref(), &held.resource)?;
    let Some(next) = successor(&mut tx, tenant, grant, &token, &shown.token).await? else {
        copied(s, &mut tx, seen, tenant, grant, &held, client).await?;
        tx.commit().await?;
        let told = "the refresh token was exchanged long ago, and what followed it is in use: \
                    somebody has a copy, so the log-in was ended";
        return Err(invalid_grant(told));
    };
    if token.expired {
        return Err(unknown());
    }
    let live = grants::live(&mut tx, tenant, grant).await?;
    let live = live.ok_or_else(unknown)?;
    store::mark_used(&mut tx, tenant, grant, seen).await?;
    tx.commit().await?;
    let new = New {
        tenant,
        grant,
        subject: live.user.to_string(),
        oauth_id: &live.oauth_id,
        resource: &live.resource,
        scopes: live.allowed(&scopes).into_iter().collect(),
        refresh_token: Some(next),
    };
    answer(s, new).await
}

fn narrowed(asked: Option<&Scopes>, granted: &[String]) -> Result<Scopes, Fault> {
    let granted: Scopes = granted.iter().cloned().collect();
    match asked {
        Some(asked) if !asked.is_subset_of(&granted) => Err(Fault::told(
            ErrorCode::InvalidScope,
            format!("only {granted} was granted; send the person to log in again for more"),
        )),
        Some(asked) => Ok(asked.clone()),
        None => Ok(granted),
    }
}

/// The token that follows; none, if the one that is shown has had its time.
async fn successor(
    tx: &mut TenantTx,
    tenant: TenantId,
    grant: GrantId,
    token: &store::Token,
    shown: &str,
) -> Result<Option<String>, Fault> {
    if let Some(next) = &token.next {
        let is_good = !next.used || token.rotated_seconds_ago <= Some(ROTATION_SECONDS);
        let again = successor_token(REFRESH_KIND, shown, &next.nonce).reveal();
        return Ok(is_good.then_some(again));
    }
    let nonce: [u8; 32] = random_bytes();
    let next = successor_token(REFRESH_KIND, shown, &nonce);
    if token.expired {
        return Ok(Some(next.reveal()));
    }
    let new = store::NewToken {
        id: Uuid::now_v7(),
        grant,
        digest: next.digest(REFRESH_DOMAIN),
        nonce: Some(nonce),
        expires_at: in_refresh_days(),
    };
    store::insert(tx, tenant, &new).await?;
    store::rotated(tx, tenant, token.id, new.id).await?;
    Ok(Some(next.reveal()))
}

async fn copied(
    s: &Services,
    tx: &mut TenantTx,
    seen: &Seen,
    tenant: TenantId,
    grant: GrantId,
    held: &store::HeldGrant,
    client: &Client,
) -> Result<(), Fault> {
    grants::end(tx, tenant, grant, GrantEnd::TokenReplayed).await?;
    if let Some(person) = users::by_id(tx, held.user).await?
        && let Ok(to) = Email::parse(&person.email)
        && !held.is_service
    {
        let letter = templates::log_in_copied(&to, &client.name, seen.address);
        mail::enqueue(s, tx, &letter).await?;
    }
    let made = Made {
        kind: GrantEnd::TokenReplayed.as_str(),
        oauth_id: &held.oauth_id,
        resource: &held.resource,
        scopes: &held.scopes,
    };
    let ended = Event::new(Act::GrantEnded, grant, &client.name).before(&made)?;
    let actor = Actor::system(tenant, "replayed refresh token").seen_from(seen.origin());
    audit::record(tx, &actor, ended).await?;
    Ok(())
}
