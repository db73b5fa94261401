//! Corrections: a new row with units to add or to take off, a reason, and the row that it corrects. It counts from the day
//! it is made, so that what was billed stays what it was; no row is ever edited.

use super::store::calls as store;
use crate::{
    Actor, Result, Services,
    audit::{self, Event, Facts},
};
use anyhow::Context as _;
use api_types::{EventId, Refusal, TenantId, audit::Act};
use serde::Serialize;
use sqlx::Connection as _;
use uuid::Uuid;

/// So long may a reason be.
const LONGEST_REASON: usize = 500;

/// What to correct.
#[derive(Clone, Debug)]
pub struct Correction {
    /// Whose usage.
    pub tenant: TenantId,
    /// The row that counted too much or too little.
    pub of: EventId,
    /// What to add; less than nothing to take off.
    pub units: i64,
    /// Why, for the tenant and the operator.
    pub reason: String,
}

/// What of it is audited.
#[derive(Serialize)]
struct Corrected<'a> {
    units: i64,
    reason: &'a str,
}

impl Facts for Corrected<'_> {}

/// Corrects a call, for a job or an operator and never for the tenant itself. Answers the id of the new row.
pub async fn correct(s: &Services, job: &'static str, c: &Correction) -> Result<EventId> {
    let reason = c.reason.trim();
    if reason.is_empty() || reason.chars().count() > LONGEST_REASON {
        let message = format!("say why, in at most {LONGEST_REASON} characters");
        return Err(Refusal::invalid("reason", message).into());
    }
    if c.units == 0 {
        return Err(Refusal::invalid("units", "a correction of nothing corrects nothing").into());
    }
    let mut tx = s.db.tenant_tx(c.tenant).await?;
    let counted = store::units_of(&mut tx, c.tenant, c.of).await?;
    let counted = counted.ok_or(Refusal::NotFound)?;
    if counted + c.units < 0 {
        let message = format!("only {counted} units of this call are counted");
        return Err(Refusal::invalid("units", message).into());
    }
    // Told first: the log may say once more than was done that something was corrected, but never once less.
    let facts = Corrected {
        units: c.units,
        reason,
    };
    let told = Event::new(Act::UsageCorrected, c.of, "usage").after(&facts)?;
    audit::record(&mut tx, &Actor::system(c.tenant, job), told).await?;
    tx.commit().await?;
    let id = EventId(Uuid::now_v7());
    let mut connection = s.db.system().await?;
    let mut tx = connection.begin().await.context("correcting a call")?;
    store::correct(&mut tx, id, c.tenant, c.of, c.units, reason).await?;
    tx.commit().await.context("correcting a call")?;
    Ok(id)
}
