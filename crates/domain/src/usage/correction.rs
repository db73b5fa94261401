//! Corrections: a new row with units to add or to take off, a reason, and the row that it corrects. It counts from the day
//! it is made, so that what was billed stays what it was; no row is ever edited. [`crate::operator::correct`] is the only
//! way here.

use super::store::calls as store;
use crate::{
    Actor, Result, Services, TenantTx,
    audit::{self, Event, Facts},
};
use anyhow::Context as _;
use api_types::{EventId, Refusal, TenantId, audit::Act, input};
use serde::Serialize;
use sqlx::Connection as _;
use uuid::Uuid;

/// So long may a reason be.
const LONGEST_REASON: usize = 500;

/// So many units at once: a slip of the finger must not break sums.
const MOST_UNITS: i64 = 1_000_000_000;

/// What to correct, and why.
#[derive(Clone, Debug)]
pub struct Correction {
    pub(crate) tenant: TenantId,
    /// The row that counted too much or too little.
    of: EventId,
    /// What to add; less than nothing to take off.
    units: i64,
    pub(crate) reason: String,
}

impl Correction {
    /// Adds units to a call of a tenant, or takes some off where they are less than nothing. The reason is for the tenant
    /// and the operator.
    pub fn new(tenant: TenantId, of: EventId, units: i64, reason: &str) -> Result<Self, Refusal> {
        if units == 0 {
            let message = "a correction of nothing corrects nothing";
            return Err(Refusal::invalid("units", message));
        }
        if !(-MOST_UNITS..=MOST_UNITS).contains(&units) {
            let message = "at most 1,000,000,000 units at once";
            return Err(Refusal::invalid("units", message));
        }
        let reason = input::text("reason", reason, LONGEST_REASON)?;
        if reason.is_empty() {
            return Err(Refusal::invalid("reason", "please say why"));
        }
        Ok(Self {
            tenant,
            of,
            units,
            reason,
        })
    }
}

/// What of it is audited.
#[derive(Serialize)]
struct Corrected<'a> {
    units: i64,
    reason: &'a str,
}

impl Facts for Corrected<'_> {}

/// Corrects a call, for somebody who may, in whose transaction the tenant is told. Answers the id of the new row.
pub(crate) async fn correct(
    s: &Services,
    mut tx: TenantTx,
    a: &Actor,
    c: &Correction,
) -> Result<EventId> {
    let mut connection = s.db.system().await?;
    let mut counting = connection.begin().await.context("correcting a call")?;
    // Two at once could take off together what each of them may take off alone.
    store::take_turns(&mut counting, c.tenant).await?;
    let counted = store::units_of(&mut tx, c.tenant, c.of).await?;
    let unknown = || Refusal::invalid("call", "this tenant has no such call");
    let counted = counted.ok_or_else(unknown)?;
    if counted + c.units < 0 {
        let message = format!("no more can be taken off than the call counts: {counted}");
        return Err(Refusal::invalid("units", message).into());
    }
    // Told first: the log may say once more than was done that something was corrected, but never once less.
    let facts = Corrected {
        units: c.units,
        reason: &c.reason,
    };
    let told = Event::new(Act::UsageCorrected, c.of, "usage").after(&facts)?;
    audit::record(&mut tx, a, told).await?;
    tx.commit().await?;
    let id = EventId(Uuid::now_v7());
    store::correct(&mut counting, id, c.tenant, c.of, c.units, &c.reason).await?;
    counting.commit().await.context("correcting a call")?;
    Ok(id)
}
