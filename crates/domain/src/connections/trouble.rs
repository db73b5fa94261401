//! What happens when a connection is lost: its state says so, the audit log does, and somebody who can mend it is told,
//! once for each trouble.

use super::store::{self, Row, attempts, lease};
use crate::{
    Actor, Result, Services, TenantTx,
    audit::{self, Event, Facts},
    mail::{self, templates},
    members,
};
use anyhow::Context as _;
use api_types::{
    Permission, TenantId, audit::Act, connections::Sharing, input::Email, users::MemberView,
};
use serde::Serialize;
use uuid::Uuid;

/// The job in the audit log.
const JOB: &str = "connection refresh";

/// Where letters to service accounts would go: nowhere (RFC 2606).
const NOWHERE: &str = ".invalid";

/// What was found, as the audit log shows it.
#[derive(Serialize)]
struct Found<'a> {
    provider: &'a str,
    trouble: &'a str,
}

impl Facts for Found<'_> {}

/// A connection that somebody has to look at.
pub(super) struct Loss<'a> {
    pub row: &'a Row,
    pub provider_name: &'a str,
    pub lease: Uuid,
    /// Why, for people.
    pub words: &'a str,
    /// In how many seconds it is tried nevertheless.
    pub again_in: Option<f64>,
}

/// Marks a connection as lost, if the lease is still ours.
pub(super) async fn lose(
    s: &Services,
    tx: &mut TenantTx,
    tenant: TenantId,
    loss: &Loss<'_>,
) -> Result<()> {
    let Loss { row, words, .. } = *loss;
    let lost = lease::lose(tx, tenant, row.id, loss.lease, words, loss.again_in).await?;
    let Some(lost) = lost else {
        return Ok(());
    };
    store::notify(tx, tenant).await?;
    if lost.was_told {
        return Ok(());
    }
    tell(s, tx, tenant, loss).await?;
    let found = Event::new(Act::ConnectionLost, row.id, &row.label).after(&Found {
        provider: &row.provider,
        trouble: words,
    })?;
    audit::record(tx, &Actor::system(tenant, JOB), found).await
}

/// Tells people that a connection is lost, in the transaction that says so.
async fn tell(s: &Services, tx: &mut TenantTx, tenant: TenantId, loss: &Loss<'_>) -> Result<()> {
    let row = loss.row;
    let slug = attempts::slug(tx, tenant).await?;
    let slug = slug.context("a tenant has no name in addresses")?;
    let page = format!("{}/t/{slug}/connections/{}", s.public_url, row.id);
    for member in who_can_mend(&members::all(tx, tenant).await?, row) {
        let to = Email::parse(&member.email)?;
        let letter =
            templates::connection_lost(&to, loss.provider_name, &row.label, loss.words, &page);
        mail::enqueue(s, tx, &letter).await?;
    }
    Ok(())
}

/// Whoever connected it, who knows the account; for a shared one of somebody who has left or may no longer mend it, all
/// who may.
fn who_can_mend<'a>(members: &'a [MemberView], row: &Row) -> Vec<&'a MemberView> {
    let may = |member: &&MemberView| {
        row.sharing == Sharing::Personal || member.role.allows(Permission::ManageConnections)
    };
    let reached = |member: &&MemberView| !member.email.ends_with(NOWHERE);
    let mut people = members.iter().filter(reached);
    match people
        .clone()
        .find(|member| member.id == row.owner)
        .filter(may)
    {
        Some(owner) => vec![owner],
        None if row.sharing == Sharing::Personal => Vec::new(),
        None => people.by_ref().filter(may).collect(),
    }
}
