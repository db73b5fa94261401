//! Correcting what a call counts, which is what a tenant pays: nobody does it but an operator.

use super::{Operator, blocking::open, log};
use crate::{
    Result, Services,
    usage::{self, Correction},
};
use api_types::{EventId, operator::OperatorAct};

/// Corrects a call of a tenant, whose people read who did it and why. Answers the id of the new row.
pub async fn correct(s: &Services, o: &Operator, c: &Correction) -> Result<EventId> {
    let (mut tx, named) = open(s, c.tenant).await?;
    log::add(
        &mut tx,
        o,
        OperatorAct::Correct,
        c.tenant,
        &named.name,
        Some(&c.reason),
    )
    .await?;
    usage::correct(s, tx, &o.actor(c.tenant, named.slug), c).await
}
