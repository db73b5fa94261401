//! Calls of any range of time as a file: read in the order of their ids, some at a time, and never all at once. Each call
//! says its id, and a file that broke off goes on after the last one that it has.
//!
//! What was asked for is a row that says how far it is, so that a page can show it; the file itself is kept nowhere.

mod store;

use super::{pieces::Grain, report::ALL, store::calls::first_id, totals::used};
use crate::{
    Actor, Result, Services,
    actor::Who,
    audit::{self, Facts},
    plans,
};
use api_types::{
    EventId, ExportId, Permission, Refusal, TenantId,
    audit::Act,
    usage::{ExportView, Format, UsageFilter},
};
use futures::{Stream, stream};
use serde::Serialize;
use sqlx::PgConnection;
use std::time::{Duration, Instant};
pub use store::ExportedCall;
use time::OffsetDateTime;
use uuid::Uuid;

/// So many calls are read in one transaction: a slow reader holds nothing up, and memory stays what it is.
const BATCH: i64 = 5000;

/// A call has its id when it is admitted and its row when it is answered. What may still come is not in a file, which could
/// not go on behind it.
const IN_FLIGHT: time::Duration = time::Duration::minutes(1);

/// Open pages are told this often how far an export is.
const TELL: Duration = Duration::from_secs(1);

/// What is asked for.
#[derive(Clone, Debug)]
pub struct NewExport {
    /// What the file is to look like.
    pub format: Format,
    /// From when on.
    pub since: OffsetDateTime,
    /// Until when, but not later than a minute ago.
    pub until: OffsetDateTime,
    /// Which calls; its range does not count.
    pub filter: UsageFilter,
    /// The filter as it stands in addresses.
    pub words: String,
    /// The last call of a file that broke off.
    pub after: Option<EventId>,
}

/// What of it is audited.
#[derive(Serialize)]
struct Asked<'a> {
    format: Format,
    #[serde(with = "time::serde::rfc3339")]
    since: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    until: OffsetDateTime,
    filter: &'a str,
    after: Option<EventId>,
}

impl Facts for Asked<'_> {}

/// An export that has begun.
pub struct Export {
    services: Services,
    actor: Actor,
    /// Its id.
    pub id: ExportId,
    /// About how many calls there will be.
    pub expected: i64,
    filter: UsageFilter,
    /// The next call's id is greater, and less than `until`.
    after: Uuid,
    until: Uuid,
    told: Option<Instant>,
}

/// Begins an export, which the audit log tells of.
pub async fn begin(s: &Services, a: &Actor, new: NewExport) -> Result<Export> {
    a.require(Permission::ViewUsage)?;
    let Who::Member { user, .. } = a.who() else {
        return Err(Refusal::NotFound.into());
    };
    let mut tx = s.db.tenant_snapshot(a.tenant()).await?;
    let kept = plans::shown_since(s, &mut tx, a.tenant()).await?;
    let new = NewExport {
        since: new.since.max(kept),
        ..new
    };
    let until = new.until.min(OffsetDateTime::now_utc() - IN_FLIGHT);
    if new.since >= until {
        return Err(Refusal::invalid(
            "until",
            "the end must be after the beginning, and later than what the plan keeps",
        )
        .into());
    }
    let expected = expected(&mut tx, a.tenant(), new.since, until).await?;
    tx.commit().await?;
    let id = ExportId(Uuid::now_v7());
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    store::insert(&mut tx, a.tenant(), id, *user, &new, until, expected).await?;
    let asked = Asked {
        format: new.format,
        since: new.since,
        until,
        filter: &new.words,
        after: new.after,
    };
    let event = audit::Event::new(Act::UsageExported, a.tenant(), a.slug()).after(&asked)?;
    audit::record(&mut tx, a, event).await?;
    tx.commit().await?;
    let first = first_id(new.since);
    Ok(Export {
        services: s.clone(),
        actor: a.clone(),
        id,
        expected,
        filter: new.filter,
        // Nothing has the first id of a moment itself: it has no random bits.
        after: new.after.map_or(first, |after| first.max(after.0)),
        until: first_id(until),
        told: None,
    })
}

/// How many calls there are, about: in whole hours, for the numbers of minutes are not kept for long.
async fn expected(
    db: &mut PgConnection,
    tenant: TenantId,
    since: OffsetDateTime,
    until: OffsetDateTime,
) -> Result<i64> {
    let span = (Grain::Hour.floor(since), Grain::Hour.ceil(until));
    let step = (span.1 - span.0).whole_seconds();
    let used = used(db, tenant, ALL, span, step).await?;
    Ok(used.iter().map(|used| used.calls).sum())
}

impl Export {
    /// The calls in the order of their ids, some at a time. Nothing is read before it is taken.
    pub fn batches(self) -> impl Stream<Item = Result<Vec<ExportedCall>>> + Send {
        stream::try_unfold(self, |mut export| async move {
            let batch = export.next().await?;
            Ok(batch.map(|batch| (batch, export)))
        })
    }

    async fn next(&mut self) -> Result<Option<Vec<ExportedCall>>> {
        let tenant = self.actor.tenant();
        let mut tx = self.services.db.tenant_tx(tenant).await?;
        let (after, until) = (self.after, self.until);
        let read = store::calls(&mut tx, tenant, &self.filter, after, until, BATCH).await?;
        // A filter may leave none of many.
        let last = read.last_looked_at;
        store::moved(&mut tx, tenant, self.id, read.calls.len(), last).await?;
        if self.told.is_none_or(|told| told.elapsed() >= TELL) || last.is_none() {
            self.told = Some(Instant::now());
            super::store::tell(&mut tx, tenant).await?;
        }
        tx.commit().await?;
        let Some(last) = last else {
            return Ok(None);
        };
        self.after = last;
        Ok(Some(read.calls))
    }
}

/// The exports of the last 30 days, newest first, at most 20.
pub async fn list(s: &Services, a: &Actor) -> Result<Vec<ExportView>> {
    a.require(Permission::ViewUsage)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let list = store::list(&mut tx, a.tenant()).await?;
    tx.commit().await?;
    Ok(list)
}

/// Forgets exports of a month ago. Answers how many.
pub async fn delete_expired(db: &crate::Db) -> Result<u64> {
    store::delete_expired(&mut *db.system().await?).await
}
