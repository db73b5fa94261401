//! Looking at single calls: pages of them, and one with all that is known.

use super::{report::Span, store::calls};
use crate::{Actor, Result, Services, plans};
use api_types::{
    EventId, Permission, Refusal,
    usage::{CallDetail, CallPage, UsageFilter},
};

/// A page of calls of the filter's range, newest first. A page may hold fewer than it could and still have older ones: only
/// so many calls are looked through at once.
pub async fn calls(
    s: &Services,
    a: &Actor,
    filter: &UsageFilter,
    before: Option<EventId>,
) -> Result<CallPage> {
    a.require(Permission::ViewUsage)?;
    let since = Span::of(filter.range).from;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let since = since.max(plans::shown_since(s, &mut tx, a.tenant()).await?);
    let page = calls::newest(&mut tx, a.tenant(), filter, since, before).await?;
    tx.commit().await?;
    Ok(page)
}

/// One call.
pub async fn call(s: &Services, a: &Actor, id: EventId) -> Result<CallDetail> {
    a.require(Permission::ViewUsage)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let found = calls::get(&mut tx, a.tenant(), id).await?;
    let since = plans::shown_since(s, &mut tx, a.tenant()).await?;
    tx.commit().await?;
    let found = found.filter(|found| found.call.at >= since);
    let mut found = found.ok_or(Refusal::NotFound)?;
    // Names of keys and people are for those who may see them elsewhere.
    found.credential = found
        .credential
        .filter(|_| a.may(Permission::ViewClients) && a.may(Permission::ViewMembers));
    found.member = found.member.filter(|_| a.may(Permission::ViewMembers));
    Ok(found)
}
