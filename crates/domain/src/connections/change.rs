//! Changing and ending connections, and trying whether one works.

use super::{
    Live, Trouble,
    apps::{self, is_oauth},
    asking::{Account, At},
    input, live,
    made::Shown,
    providers, refresh, rights, store, vault,
};
use crate::{
    Actor, Result, Services,
    audit::{self, Event, Facts},
};
use api_types::{
    ConnectionId, Refusal, TenantId, UserId,
    audit::Act,
    connections::{ConnectionState, TestResult},
};
use serde::Serialize;
use sqlx::PgConnection;
use std::{sync::Arc, time::Instant};

/// Gives a connection another name.
pub async fn rename(s: &Services, a: &Actor, id: ConnectionId, label: &str) -> Result<()> {
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let before = rights::held(&mut tx, a, id, false).await?;
    let label = input::label(label)?;
    super::label_taken(store::rename(&mut tx, a.tenant(), id, &label).await)?;
    let changed = Event::new(Act::ConnectionChanged, id, &label)
        .before(&audit::Named {
            name: &before.label,
        })?
        .after(&audit::Named { name: &label })?;
    store::notify(&mut tx, a.tenant()).await?;
    audit::record(&mut tx, a, changed).await?;
    tx.commit().await
}

/// Ends a connection. It is gone here whatever the provider says; the answer is whether the provider was told and took
/// it.
pub async fn disconnect(s: &Services, a: &Actor, id: ConnectionId) -> Result<bool> {
    let tenant = a.tenant();
    let mut tx = s.db.tenant_tx(tenant).await?;
    let row = rights::held(&mut tx, a, id, false).await?;
    let provider = providers::find(&mut tx, tenant, &row.provider).await?;
    let client_id = row.client_id.as_deref();
    let app = apps::with_id(s, &mut tx, tenant, &row.provider, client_id).await?;
    // What does not open any more cannot be shown to the provider, and has to be got rid of all the same.
    let secret = vault::open(s, &mut tx, tenant, id, &row.secret).await.ok();
    store::end(&mut tx, tenant, id).await?;
    store::notify(&mut tx, tenant).await?;
    let ended = Event::new(Act::AccountDisconnected, id, &row.label).before(&Shown::of(&row))?;
    audit::record(&mut tx, a, ended).await?;
    tx.commit().await?;
    let (Some(provider), Some(app), Some(secret)) = (provider, app, secret) else {
        return Ok(false);
    };
    let Some(how) = is_oauth(&provider) else {
        return Ok(false);
    };
    let at = At {
        s,
        tenant,
        provider: &provider,
        words: &row.words,
    };
    Ok(at.revoke(how, &app, &secret).await)
}

/// Ends the personal connections of somebody who goes. Answers how many.
pub(crate) async fn end_of_member(
    db: &mut PgConnection,
    tenant: TenantId,
    user: UserId,
) -> Result<i64> {
    let ended = store::end_of_member(db, tenant, user).await?;
    store::notify(db, tenant).await?;
    Ok(ended.cast_signed())
}

/// How a connection was and is.
#[derive(Serialize)]
struct State {
    state: &'static str,
}

impl Facts for State {}

/// Asks the provider whose account it is, which shows whether the connection works. One that was taken for broken and is
/// not is healthy again.
pub async fn test(s: &Services, a: &Actor, id: ConnectionId) -> Result<TestResult> {
    let tenant = a.tenant();
    let mut tx = s.db.tenant_tx(tenant).await?;
    let row = rights::seen(&mut tx, a, id, false).await?;
    tx.commit().await?;
    let began = Instant::now();
    let told = |is_good: bool, told: String| TestResult {
        is_good,
        told,
        duration_ms: began.elapsed().as_millis() as u64,
    };
    let Some(mut live) = live::one(s, tenant, id).await? else {
        return Err(Refusal::NotFound.into());
    };
    let mut said = if live.is_over() {
        Account::Refused("its access token has ended".into())
    } else {
        ask(s, tenant, &live).await
    };
    if matches!(said, Account::Refused(_)) {
        match refresh::refreshed(s, tenant, id, live.tokens_version, None).await? {
            Ok(fresh) => {
                said = ask(s, tenant, &fresh).await;
                live = fresh;
            }
            Err(Trouble::Gone) => return Err(Refusal::NotFound.into()),
            Err(Trouble::Refused) => {}
            Err(Trouble::Lost(words) | Trouble::Later { told: words, .. }) => {
                return Ok(told(false, words));
            }
        }
    }
    let name = &live.provider.name;
    Ok(match said {
        Account::There(account) => {
            if row.state == ConnectionState::NeedsAttention {
                heal(s, a, id).await?;
            }
            let whose = account.map(|account| format!(" as {account}"));
            told(
                true,
                format!("{name} let us in{}.", whose.unwrap_or_default()),
            )
        }
        Account::Refused(said) => told(false, format!("{name} does not let us in: {said}")),
        Account::Odd(said) | Account::Unreachable(said) => {
            told(false, format!("{name} did not say: {said}"))
        }
        Account::Untold => {
            let words = format!("{name} has no request that shows whose account it is; try a tool");
            told(row.state == ConnectionState::Healthy, words)
        }
    })
}

async fn ask(s: &Services, tenant: TenantId, live: &Arc<Live>) -> Account {
    let at = At {
        s,
        tenant,
        provider: &live.provider,
        words: &live.words,
    };
    at.account(&live.secret).await
}

async fn heal(s: &Services, a: &Actor, id: ConnectionId) -> Result<()> {
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    store::lock(&mut tx, a.tenant(), id).await?;
    let row = rights::seen(&mut tx, a, id, false).await?;
    if row.state != ConnectionState::NeedsAttention {
        return tx.commit().await;
    }
    store::heal(&mut tx, a.tenant(), id).await?;
    store::notify(&mut tx, a.tenant()).await?;
    let healed = Event::new(Act::ConnectionChanged, id, &row.label)
        .before(&State {
            state: row.state.as_str(),
        })?
        .after(&State {
            state: ConnectionState::Healthy.as_str(),
        })?;
    audit::record(&mut tx, a, healed).await?;
    tx.commit().await
}
