//! API keys: issuing, rotating and revoking them. Who a presented key is: [`crate::credentials`].

mod facts;
mod input;
mod leaked;
mod store;

use crate::{
    Actor, Result, Services, apis,
    audit::{self, Event},
    limits,
    mail::{self, templates},
    mcp_clients,
    plans::{self, Counted},
    roles, users,
};
use api_types::{
    ApiKeyId, McpClientId, Permission, Refusal, UserId,
    api_keys::{CreatedKey, KeyState, KeyView},
    audit::Act,
    input::Email,
};
use facts::Facts;
pub use input::NewKey;
pub use leaked::report_leaked;
use sqlx::PgConnection;
pub(crate) use store::{LiveKey, by_digest, live, name, revoke_all, revoke_of_member};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;
use vault::KeySecret;

/// The longest overlap of a rotation: 30 days, in hours.
pub const LONGEST_OVERLAP_HOURS: u32 = 30 * 24;

/// A client's keys, newest first, with those that no longer work.
pub async fn list(s: &Services, a: &Actor, client: McpClientId) -> Result<Vec<KeyView>> {
    a.require(Permission::ViewClients)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    if !mcp_clients::exists(&mut tx, a.tenant(), client).await? {
        return Err(Refusal::NotFound.into());
    }
    let keys = store::list(&mut tx, a.tenant(), client).await?;
    tx.commit().await?;
    Ok(keys)
}

/// Issues a key. Its secret is in the answer, shown once, and stored only as a digest.
pub async fn create(
    s: &Services,
    a: &Actor,
    client: McpClientId,
    new: NewKey,
) -> Result<CreatedKey> {
    a.require(Permission::ManageKeys)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let own = apis::registry(s, &mut tx, a.tenant()).await?;
    let new = new.check([&s.toolkits, &own])?;
    roles::may_issue(a, &new.scopes)?;
    if !mcp_clients::exists(&mut tx, a.tenant(), client).await? {
        return Err(Refusal::NotFound.into());
    }
    let created = issue(s, &mut tx, a, client, new).await?;
    let event = Event::new(Act::ApiKeyCreated, created.key.id, &created.key.name);
    audit::record(&mut tx, a, event.after(&Facts::of(&created.key))?).await?;
    plans::require_room(s, &mut tx, a.tenant(), Counted::Keys).await?;
    tx.commit().await?;
    Ok(created)
}

/// Issues a successor with the same rights; the old key works on for `overlap_hours`.
pub async fn rotate(
    s: &Services,
    a: &Actor,
    id: ApiKeyId,
    overlap_hours: u32,
) -> Result<CreatedKey> {
    a.require(Permission::ManageKeys)?;
    if overlap_hours > LONGEST_OVERLAP_HOURS {
        return Err(Refusal::invalid("overlap_hours", "at most 30 days (720 hours)").into());
    }
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let old = store::lock(&mut tx, a.tenant(), id)
        .await?
        .ok_or(Refusal::NotFound)?;
    if old.state != KeyState::Live {
        return Err(
            Refusal::conflict("only a key that works and has no successor can be rotated").into(),
        );
    }
    roles::may_issue(a, &old.scopes)?;
    let created = issue(s, &mut tx, a, old.client, successor(&old)).await?;
    store::replace(&mut tx, a.tenant(), id, created.key.id, overlap_hours).await?;
    limits::inherit(&mut tx, a.tenant(), id, created.key.id).await?;
    let rotated = Event::new(Act::ApiKeyRotated, id, &old.name)
        .before(&Facts::of(&old))?
        .after(&Facts::of(&created.key))?;
    audit::record(&mut tx, a, rotated).await?;
    tx.commit().await?;
    Ok(created)
}

/// Revokes a key at once. Revoking twice is no error.
pub async fn revoke(s: &Services, a: &Actor, id: ApiKeyId) -> Result<()> {
    a.require(Permission::ManageKeys)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let key = store::lock(&mut tx, a.tenant(), id)
        .await?
        .ok_or(Refusal::NotFound)?;
    if key.state == KeyState::Revoked {
        return Ok(());
    }
    store::revoke(&mut tx, a.tenant(), id).await?;
    let revoked = Event::new(Act::ApiKeyRevoked, id, &key.name);
    audit::record(&mut tx, a, revoked.before(&Facts::of(&key))?).await?;
    tx.commit().await
}

/// A key ready to be stored.
pub(crate) struct CheckedKey {
    pub name: String,
    pub scopes: Vec<String>,
    pub expires_at: Option<OffsetDateTime>,
    pub rate_limit_per_minute: Option<i32>,
    pub allowed_networks: Vec<String>,
}

/// The same rights, and as long a life as the old key was given.
fn successor(old: &KeyView) -> CheckedKey {
    let life: Option<Duration> = old.expires_at.map(|end| end - old.created_at);
    CheckedKey {
        name: old.name.clone(),
        scopes: old.scopes.clone(),
        expires_at: life.map(|life| OffsetDateTime::now_utc() + life),
        rate_limit_per_minute: old.rate_limit_per_minute,
        allowed_networks: old.allowed_networks.clone(),
    }
}

/// A letter to whoever issued a key, in case that somebody else did in their name.
async fn tell(
    s: &Services,
    db: &mut PgConnection,
    a: &Actor,
    user: UserId,
    key: &KeyView,
) -> Result<()> {
    let person = users::by_id(db, user).await?.ok_or(Refusal::SignedOut)?;
    let to = Email::parse(&person.email)?;
    let letter = templates::new_key(&to, &key.name, &key.display_prefix, a.slug());
    mail::enqueue(s, db, &letter).await
}

async fn issue(
    s: &Services,
    db: &mut PgConnection,
    a: &Actor,
    client: McpClientId,
    new: CheckedKey,
) -> Result<CreatedKey> {
    let decision = a.decide(Permission::ManageKeys);
    let user = a.user().ok_or_else(|| decision.refusal())?;
    if !mcp_clients::owner_is_here(db, a.tenant(), client).await? {
        let message = "the client's owner has left; give the client to another member first";
        return Err(Refusal::conflict(message).into());
    }
    let secret = KeySecret::generate();
    let id = ApiKeyId(Uuid::now_v7());
    let key = store::insert(db, a.tenant(), client, id, user, &new, &secret).await?;
    tell(s, db, a, user, &key).await?;
    Ok(CreatedKey {
        key,
        secret: secret.reveal(),
    })
}
