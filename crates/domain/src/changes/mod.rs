//! What changed, heard by every server through the database's notifications.
//!
//! Three channels: `bulkhead_key` carries the digest of a key whose answer changed, so that caches
//! drop it; `bulkhead_data_key` the owner of a data key that was retired or erased, likewise;
//! `bulkhead_tenant` carries `<tenant id> <what>`, for pages and streams that are open. When each was last heard is
//! remembered (`memory`), for pages that are about to open theirs.

mod memory;

pub use memory::OVERLAP;

use crate::{Db, Result, connections, credentials, data_keys, limits, plans};
use anyhow::{Context as _, anyhow};
use api_types::TenantId;
use futures::{Stream, StreamExt as _, stream};
use memory::Memory;
use sqlx::postgres::PgListener;
use std::{sync::Arc, time::Duration};
use time::OffsetDateTime;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio_util::sync::CancellationToken;

/// What changed in a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// Usage was rolled up.
    Usage,
    /// Toolkits were switched, or the rights of a key or a grant changed: tool lists may differ now.
    Tools,
    /// A client has taken a step of its log-in.
    Steps,
    /// Accounts at other services, or what is set of them.
    Connections,
    /// Endpoints, or what became of what they are told.
    Webhooks,
    /// The plan, or what limits calls.
    Plan,
    /// The plan, the subscription, or what is owed.
    Billing,
}

impl What {
    /// The word in a notification.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::Tools => "tools",
            Self::Steps => "steps",
            Self::Connections => "connections",
            Self::Webhooks => "webhooks",
            Self::Plan => "plan",
            Self::Billing => "billing",
        }
    }
}

/// What limits tenants, as it was looked up lately.
type Limiting = (plans::Cache, Arc<limits::Shared>);

/// A stream of changes of all tenants. A receiver filters by its own tenant.
#[derive(Clone)]
pub struct Changes {
    sender: broadcast::Sender<(TenantId, What)>,
    memory: Arc<Memory>,
}

impl Changes {
    /// Listens until `stop`, reconnecting when the database goes away.
    pub(crate) fn listen(
        db: Db,
        keys: credentials::Cache,
        data_keys: Arc<data_keys::Cache>,
        connections: connections::Shared,
        (plans, limits): Limiting,
        stop: CancellationToken,
    ) -> Self {
        let (sender, _) = broadcast::channel(1024);
        let changes = Self {
            sender,
            memory: Arc::default(),
        };
        let told = changes.clone();
        tokio::spawn(stop.run_until_cancelled_owned(async move {
            loop {
                let caches = (&plans, &*limits);
                let heard = hear(&db, &keys, &data_keys, &connections, caches, &told).await;
                if db.runtime_pool().is_closed() {
                    return;
                }
                if let Err(error) = heard {
                    tracing::warn!(
                        error = error.for_the_log(),
                        "lost the database's notifications, listening again"
                    );
                }
                // While deaf, the caches are bounded by their lifetimes alone, and nobody knows what changed.
                told.memory.forget_all();
                keys.forget_all();
                data_keys.forget_all();
                connections.forget_all();
                plans.forget_all();
                limits.forget_all();
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }));
        changes
    }

    /// Yields whenever this has changed in the tenant, and first of all if it has since that moment, or may have. Ends
    /// when the server stops.
    pub(crate) fn told(
        &self,
        tenant: TenantId,
        what: What,
        since: Option<OffsetDateTime>,
    ) -> impl Stream<Item = ()> + Send + use<> {
        // What is heard is remembered before it is told, so whoever listens first and asks then misses nothing.
        let changes = self.subscribe();
        let missed = since.is_some_and(|since| self.memory.may_have_changed((tenant, what), since));
        let told = stream::unfold(changes, move |mut changes| async move {
            loop {
                match changes.recv().await {
                    Ok(change) if change == (tenant, what) => return Some(((), changes)),
                    Ok(_) => {}
                    // Something was missed, perhaps this.
                    Err(RecvError::Lagged(_)) => return Some(((), changes)),
                    Err(RecvError::Closed) => return None,
                }
            }
        });
        stream::iter(missed.then_some(())).chain(told)
    }

    /// Subscribes. A subscriber that falls behind is told so and should look afresh.
    pub fn subscribe(&self) -> broadcast::Receiver<(TenantId, What)> {
        self.sender.subscribe()
    }
}

async fn hear(
    db: &Db,
    keys: &credentials::Cache,
    data_keys: &data_keys::Cache,
    connections: &connections::Shared,
    (plans, limits): (&plans::Cache, &limits::Shared),
    changes: &Changes,
) -> Result<()> {
    let mut listener = PgListener::connect_with(db.runtime_pool())
        .await
        .context("listening")?;
    listener
        .listen_all(["bulkhead_key", "bulkhead_data_key", "bulkhead_tenant"])
        .await
        .context("listening")?;
    // A listener that connects again by itself does not say what it missed.
    listener.eager_reconnect(false);
    changes.memory.begin(OffsetDateTime::now_utc());
    loop {
        let Some(heard) = listener.try_recv().await.context("hearing")? else {
            return Err(anyhow!("the connection was lost").into());
        };
        if heard.channel() == "bulkhead_key" {
            keys.forget(heard.payload());
        } else if heard.channel() == "bulkhead_data_key" {
            data_keys.forget(heard.payload());
        } else if let Some(change) = parse(heard.payload()) {
            match change.1 {
                What::Tools => keys.forget_all(),
                What::Connections => connections.forget(change.0),
                What::Plan => {
                    plans.forget(change.0);
                    limits.forget(change.0);
                    keys.forget_all();
                }
                What::Usage | What::Steps | What::Webhooks | What::Billing => {}
            }
            changes.memory.note(change, OffsetDateTime::now_utc());
            // Nobody listening is no error.
            let _ = changes.sender.send(change);
        }
    }
}

fn parse(payload: &str) -> Option<(TenantId, What)> {
    let (tenant, what) = payload.split_once(' ')?;
    let known = [
        What::Usage,
        What::Tools,
        What::Steps,
        What::Connections,
        What::Webhooks,
        What::Plan,
        What::Billing,
    ];
    let what = known.into_iter().find(|known| known.as_str() == what)?;
    Some((tenant.parse().ok()?, what))
}
