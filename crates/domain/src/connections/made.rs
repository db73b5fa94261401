//! Writing down a connection that was made, or made again: sealed, its tools offered, recorded and told.

use super::{
    Words,
    store::{self, Row, Written},
    times::{refresh_in, seconds},
    vault::{self, Secret},
};
use crate::{
    Actor, Result, Services, TenantTx,
    audit::{self, Event, Facts},
    toolkits,
};
use anyhow::Context as _;
use api_types::{
    ConnectionId, Refusal,
    audit::Act,
    connections::{ConnectionState, Sharing},
};
use connector::Provider;
use serde::Serialize;
use std::time::Duration;
use uuid::Uuid;

/// So many names are tried for a connection that a provider has granted already.
const MOST_NAMES: u32 = 50;

/// An account that a provider has let us in to.
pub(super) struct Made<'a> {
    pub provider: &'a Provider,
    pub label: String,
    pub sharing: Sharing,
    pub account: Option<String>,
    pub scopes: Vec<String>,
    pub words: Words,
    pub secret: Secret,
    pub client_id: Option<String>,
    /// How long the access token lives.
    pub lifetime: Option<Duration>,
}

/// A connection as the audit log shows it.
#[derive(Serialize)]
pub(super) struct Shown<'a> {
    provider: &'a str,
    label: &'a str,
    account: Option<&'a str>,
    sharing: &'static str,
    state: &'static str,
    scopes: &'a [String],
}

impl Facts for Shown<'_> {}

impl<'a> Shown<'a> {
    pub(super) fn of(row: &'a Row) -> Self {
        Self {
            provider: &row.provider,
            label: &row.label,
            account: row.account.as_deref(),
            sharing: row.sharing.as_str(),
            state: row.state.as_str(),
            scopes: &row.scopes,
        }
    }

    fn made(made: &'a Made<'_>) -> Self {
        Self {
            provider: &made.provider.id,
            label: &made.label,
            account: made.account.as_deref(),
            sharing: made.sharing.as_str(),
            state: ConnectionState::Healthy.as_str(),
            scopes: &made.scopes,
        }
    }
}

/// What happens when the label is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// It is refused: nothing was granted yet.
    Refuse,
    /// Another one is found: what a provider has granted is not thrown away for a name.
    Number,
}

/// Stores a new connection.
pub(super) async fn insert(
    s: &Services,
    mut tx: TenantTx,
    a: &Actor,
    mut made: Made<'_>,
    taken: Taken,
) -> Result<ConnectionId> {
    let tenant = a.tenant();
    unchanged(&mut tx, a, made.provider).await?;
    let id = ConnectionId(Uuid::now_v7());
    let sealed = vault::seal(s, &mut tx, tenant, id, &made.secret).await?;
    let words = serde_json::to_string(&made.words).context("writing a connection down")?;
    let wanted = made.label.clone();
    let mut tried = 1;
    while !store::insert(&mut tx, tenant, id, &written(a, &made, &words, &sealed)?).await? {
        tried += 1;
        if taken == Taken::Refuse || tried > MOST_NAMES {
            return Err(Refusal::taken("label").into());
        }
        let short: String = wanted.chars().take(74).collect();
        made.label = format!("{short} {tried}");
    }
    toolkits::switch_on(&mut tx, tenant, &made.provider.id).await?;
    let event = Event::new(Act::AccountConnected, id, &made.label).after(&Shown::made(&made))?;
    store::notify(&mut tx, tenant).await?;
    audit::record(&mut tx, a, event).await?;
    tx.commit().await?;
    Ok(id)
}

/// Stores what a connection is now that it was made again. `before` is held by the transaction.
pub(super) async fn renew(
    s: &Services,
    mut tx: TenantTx,
    a: &Actor,
    before: &Row,
    made: Made<'_>,
) -> Result<()> {
    let tenant = a.tenant();
    unchanged(&mut tx, a, made.provider).await?;
    let sealed = vault::seal(s, &mut tx, tenant, before.id, &made.secret).await?;
    let words = serde_json::to_string(&made.words).context("writing a connection down")?;
    let new = written(a, &made, &words, &sealed)?;
    let renewed = store::renew(&mut tx, tenant, before.id, &new).await;
    super::label_taken(renewed)?;
    let event = Event::new(Act::AccountReconnected, before.id, &made.label)
        .before(&Shown::of(before))?
        .after(&Shown::made(&made))?;
    store::notify(&mut tx, tenant).await?;
    audit::record(&mut tx, a, event).await?;
    tx.commit().await
}

fn written<'a>(
    a: &Actor,
    made: &'a Made<'_>,
    words: &'a str,
    sealed: &'a crate::data_keys::Sealed,
) -> Result<Written<'a>> {
    Ok(Written {
        provider: &made.provider.id,
        label: &made.label,
        account: made.account.as_deref(),
        sharing: made.sharing,
        owner: a.user().ok_or(Refusal::NotFound)?,
        scopes: &made.scopes,
        words,
        secret: sealed,
        client_id: made.client_id.as_deref(),
        expires_in: made.lifetime.map(seconds),
        refresh_in: made
            .lifetime
            .map(|lifetime| refresh_in(lifetime, made.secret.refresh().is_some())),
    })
}

/// Refuses when the tenant has described its provider anew since it was asked: its addresses are held from here on.
async fn unchanged(tx: &mut TenantTx, a: &Actor, provider: &Provider) -> Result<()> {
    let now = super::providers::held(tx, a.tenant(), &provider.id).await?;
    if now.is_none_or(|now| *now != *provider) {
        let message = "the provider's description has changed meanwhile; please try again";
        return Err(Refusal::conflict(message).into());
    }
    Ok(())
}
