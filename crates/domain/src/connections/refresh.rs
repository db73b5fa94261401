//! Fresh tokens, at most one refresh at a time over all servers.
//!
//! The right to refresh is a lease in the row, for the tokens that its taker saw. Whoever has it asks the provider with
//! no transaction open, and writes only while the lease is theirs; the others wait for the new tokens. A server that
//! dies leaves a lease that runs out. While a refresh ahead of time is on its way, calls use the tokens that still live.

use super::{
    Live, apps, live, providers,
    renewal::Renewal,
    store::{self, Row, Wanted, lease},
    times::{FIRST_PAUSE, LONGEST_PAUSE, seconds},
    trouble::{self, Loss},
    vault,
};
use crate::{Result, Services, changes::What};
use anyhow::Context as _;
use api_types::{ConnectionId, TenantId, connections::ConnectionState};
use futures::{StreamExt as _, stream};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::broadcast,
    time::{Instant, sleep, timeout, timeout_at},
};
use uuid::Uuid;

/// For longer than the provider may take, and than storing what it gave may.
const LEASE: Duration = Duration::from_secs(30);

/// How long a call waits for somebody else's refresh, or its own.
const PATIENCE: Duration = Duration::from_secs(10);

/// Notifications may be lost while the database's are listened to again.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Due connections that one server looks at in one go, and at once.
const AT_MOST: i64 = 200;
const AT_ONCE: usize = 32;

/// Why there are no fresh tokens.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The connection is gone.
    Gone,
    /// A person has to connect it again: why, in plain words.
    Lost(String),
    /// The provider could not be asked, or would not answer now.
    Later {
        /// Why, in plain words.
        told: String,
        /// When to come back.
        retry_after: Duration,
    },
    /// There is nothing to refresh, and the provider does take the secret: it has refused that one call.
    Refused,
}

/// Fresh tokens, or why there are none.
pub(super) type Answer = Result<Result<Arc<Live>, Trouble>>;

/// One look at the row.
enum Step {
    Answer(Result<Arc<Live>, Trouble>),
    /// Somebody else is at it.
    Wait,
}

/// The connection with fresher tokens than those that the caller saw, for whom they have ended or were refused. Who asks
/// for a connection that has nothing to refresh learns whether its secret is still taken. Nobody waits for longer than
/// [`PATIENCE`], nor than until `latest`; the refresh goes on without them.
pub(crate) async fn refreshed(
    s: &Services,
    tenant: TenantId,
    id: ConnectionId,
    seen_version: i64,
    latest: Option<std::time::Instant>,
) -> Result<Result<Arc<Live>, Trouble>> {
    let patience = Instant::now() + PATIENCE;
    let deadline = latest.map_or(patience, |latest| patience.min(latest.into()));
    let mut changes = s.changes.subscribe();
    let mut waited = false;
    loop {
        // On its own: a caller that goes away must not take what the provider has given with it.
        let step = step(s.clone(), tenant, id, Some(seen_version), waited);
        let step = s.connections.tasks.spawn(step);
        match timeout_at(deadline, step).await {
            Ok(ended) => match ended.context("refreshing tokens")?? {
                Step::Answer(answer) => return Ok(answer),
                Step::Wait => {}
            },
            Err(_) => return Ok(Err(busy())),
        }
        waited = true;
        if Instant::now() >= deadline {
            return Ok(Err(busy()));
        }
        // Either is reason to look.
        let _ = timeout(LOOK_AGAIN, heard(&mut changes, tenant)).await;
    }
}

fn busy() -> Trouble {
    Trouble::Later {
        told: "its access is being renewed".into(),
        retry_after: FIRST_PAUSE,
    }
}

/// Waits until connections of the tenant changed.
async fn heard(changes: &mut broadcast::Receiver<(TenantId, What)>, tenant: TenantId) {
    loop {
        match changes.recv().await {
            Ok(change) if change == (tenant, What::Connections) => return,
            Ok(_) => {}
            Err(_) => return sleep(LOOK_AGAIN).await,
        }
    }
}

/// Refreshes what is due, of all tenants. Answers how many connections were.
pub async fn refresh_due(s: &Services) -> Result<usize> {
    let due = lease::due(&mut *s.db.system().await?, AT_MOST).await?;
    let number = due.len();
    let each = |(tenant, id): (TenantId, ConnectionId)| async move {
        let step = step(s.clone(), tenant, id, None, false);
        match s.connections.tasks.spawn(step).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => {
                let error = error.for_the_log();
                tracing::error!(%tenant, connection = %id, error, "tokens were not refreshed");
            }
            Err(error) => {
                tracing::error!(%tenant, connection = %id, %error, "tokens were not refreshed");
            }
        }
    };
    stream::iter(due).for_each_concurrent(AT_ONCE, each).await;
    Ok(number)
}

/// Waits for refreshes on their way, for as long as a lease is.
pub async fn settle(s: &Services) {
    s.connections.tasks.close();
    if timeout(LEASE, s.connections.tasks.wait()).await.is_err() {
        tracing::warn!("a refresh of tokens did not come to its end");
    }
}

/// Looks at the row, and refreshes if that is for us to do. `seen`: the tokens that a call saw; none when it is time.
async fn step(
    s: Services,
    tenant: TenantId,
    id: ConnectionId,
    seen: Option<i64>,
    waited: bool,
) -> Result<Step> {
    let wanted = Wanted {
        id: Some(id),
        of_everybody: true,
        ..Wanted::default()
    };
    let mut tx = s.db.tenant_tx(tenant).await?;
    let Some(row) = store::rows(&mut tx, tenant, wanted).await?.pop() else {
        return Ok(Step::Answer(Err(Trouble::Gone)));
    };
    if seen.is_some_and(|seen| seen != row.tokens_version) {
        tx.commit().await?;
        let now = live::one(&s, tenant, id).await?;
        return Ok(Step::Answer(now.ok_or(Trouble::Gone)));
    }
    if seen.is_some()
        && let Some(trouble) = known_trouble(&row, waited)
    {
        return Ok(Step::Answer(Err(trouble)));
    }
    let lease = Uuid::now_v7();
    if !lease::take(&mut tx, tenant, id, seen, lease, seconds(LEASE)).await? {
        return Ok(Step::Wait);
    }
    // Nobody changes it from here on but whoever takes the lease away.
    let row = store::rows(&mut tx, tenant, wanted).await?.pop();
    let row = row.context("a connection that was leased is gone")?;
    let provider = providers::find(&mut tx, tenant, &row.provider).await?;
    let client_id = row.client_id.as_deref();
    let app = apps::with_id(&s, &mut tx, tenant, &row.provider, client_id).await?;
    let secret = vault::open(&s, &mut tx, tenant, id, &row.secret).await;
    let Some(provider) = provider else {
        let words = "its provider is no longer described";
        let loss = Loss {
            row: &row,
            provider_name: &row.provider,
            lease,
            words,
            again_in: None,
        };
        trouble::lose(&s, &mut tx, tenant, &loss).await?;
        tx.commit().await?;
        return Ok(Step::Answer(Err(Trouble::Lost(words.into()))));
    };
    let secret = match secret {
        Ok(secret) => secret,
        Err(error) => {
            // Ours, and not to be tried every second.
            let words = "what is stored of it cannot be opened";
            lease::fail(&mut tx, tenant, id, lease, words, seconds(LONGEST_PAUSE)).await?;
            tx.commit().await?;
            return Err(error);
        }
    };
    tx.commit().await?;
    let live = live::of(&row, provider, secret);
    let mine = Renewal {
        called: seen.is_some(),
        s,
        tenant,
        lease,
        row,
        live,
        app,
    };
    mine.run().await.map(Step::Answer)
}

/// What is known to be wrong without asking anybody.
fn known_trouble(row: &Row, waited: bool) -> Option<Trouble> {
    if row.leased_until.is_some_and(|until| until > row.now) {
        return None;
    }
    let told = || row.trouble.clone().unwrap_or_default();
    match row.refresh_at {
        _ if row.failures == 0 => {
            // Somebody has looked while we waited, and found nothing to do.
            (waited && row.leased_until.is_none()).then_some(Trouble::Refused)
        }
        Some(at) if at <= row.now => None,
        Some(_) if row.state == ConnectionState::NeedsAttention => Some(Trouble::Lost(told())),
        Some(at) => Some(Trouble::Later {
            told: told(),
            retry_after: (at - row.now).try_into().unwrap_or(FIRST_PAUSE),
        }),
        None => Some(Trouble::Lost(told())),
    }
}
