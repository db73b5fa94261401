//! How a session begins, whatever door somebody comes in by: a new id, so that one planted before is worth nothing,
//! and a letter when the browser is new to the person.

use super::{PENDING, Pending, SEEN_FROM, SeenFrom, USER, greet};
use crate::{Result, Services, sso::CAME_BY};
use anyhow::Context as _;
use api_types::{TenantId, UserId};
use time::{Duration, OffsetDateTime};
use tower_sessions::Session;

/// Under which a session holds when its person last showed that it is them, in seconds.
const AUTHENTICATED: &str = "authenticated";

/// How long that is recent enough for what is dangerous.
const RECENT: Duration = Duration::minutes(10);

/// How long the second step of a sign-in may take.
const PATIENCE: Duration = Duration::minutes(10);

/// Signs a person in. `device` is the cookie that tells browsers apart; one to set is answered where there is none.
pub async fn begin(
    s: &Services,
    session: &Session,
    user: UserId,
    seen: SeenFrom,
    device: Option<&str>,
    just_created: bool,
    came_by: Option<TenantId>,
) -> Result<Option<String>> {
    let waited = waiting(session).await?.filter(|one| one.user == user);
    let came_by = came_by.or(waited.and_then(|one| one.came_by));
    let fresh = greet(s, user, &seen, device, just_created).await?;
    let started = async {
        session.clear().await;
        session.cycle_id().await?;
        session.insert(SEEN_FROM, seen).await?;
        session.insert(AUTHENTICATED, now()).await?;
        if let Some(tenant) = came_by {
            session.insert(CAME_BY, tenant).await?;
        }
        session.insert(USER, user).await
    };
    started.await.context("beginning a session")?;
    Ok(fresh)
}

/// Remembers who has shown who they are and owes a code. Such a session opens nothing else.
pub async fn wait_for_code(
    session: &Session,
    user: UserId,
    seen: SeenFrom,
    came_by: Option<TenantId>,
) -> Result<()> {
    let pending = Pending {
        user,
        until: now() + PATIENCE.whole_seconds(),
        came_by,
    };
    let waiting = async {
        session.clear().await;
        session.cycle_id().await?;
        session.insert(SEEN_FROM, seen).await?;
        session.insert(PENDING, pending).await
    };
    Ok(waiting.await.context("waiting for a code")?)
}

/// Who owes a code here.
pub async fn pending(session: &Session) -> Result<Option<UserId>> {
    Ok(waiting(session).await?.map(|pending| pending.user))
}

async fn waiting(session: &Session) -> Result<Option<Pending>> {
    let pending: Option<Pending> = session.get(PENDING).await.context("reading a session")?;
    Ok(pending.filter(|pending| pending.until > now()))
}

/// The tenant whose provider its person came by.
pub async fn came_by(session: &Session) -> Result<Option<TenantId>> {
    Ok(session.get(CAME_BY).await.context("reading a session")?)
}

/// Whether the person has shown lately that it is them.
pub async fn authenticated_lately(session: &Session) -> Result<bool> {
    let at: Option<i64> = session
        .get(AUTHENTICATED)
        .await
        .context("reading a session")?;
    Ok(at.is_some_and(|at| now() - at < RECENT.whole_seconds()))
}

/// Notes that they have just done so. The session gets a new id.
pub async fn mark_authenticated(session: &Session) -> Result<()> {
    let marked = async {
        session.cycle_id().await?;
        session.insert(AUTHENTICATED, now()).await
    };
    Ok(marked.await.context("marking a session")?)
}

fn now() -> i64 {
    OffsetDateTime::now_utc().unix_timestamp()
}
