//! Who may see, use and change a connection. Somebody's personal connection looks missing to everybody else, whatever
//! they are in the tenant.

use super::store::{self, Row, Wanted};
use crate::{Actor, Result};
use api_types::{ConnectionId, Decision, Permission, Refusal, connections::Sharing};
use sqlx::PgConnection;

/// What it takes to make or change a connection of this kind.
pub(super) fn needed(sharing: Sharing) -> Permission {
    match sharing {
        Sharing::Shared => Permission::ManageConnections,
        Sharing::Personal => Permission::ConnectAccounts,
    }
}

/// Refuses whoever may change none at all, before anything is looked at.
fn may_change_some(a: &Actor) -> Result<()> {
    if a.may(Permission::ManageConnections) {
        return Ok(());
    }
    Ok(a.require(Permission::ConnectAccounts)?)
}

/// Whether the caller may change a connection that they see.
pub(super) fn may_change(a: &Actor, row: &Row) -> Decision {
    a.decide(needed(row.sharing))
}

/// A connection that the caller sees.
pub(super) async fn seen(
    db: &mut PgConnection,
    a: &Actor,
    id: ConnectionId,
    ended: bool,
) -> Result<Row> {
    a.require(Permission::ViewConnections)?;
    let wanted = Wanted {
        id: Some(id),
        reader: a.user(),
        ended,
        ..Wanted::default()
    };
    let rows = store::rows(db, a.tenant(), wanted).await?;
    Ok(rows.into_iter().next().ok_or(Refusal::NotFound)?)
}

/// A connection that the caller may change, held as it is until the transaction ends.
pub(super) async fn held(
    db: &mut PgConnection,
    a: &Actor,
    id: ConnectionId,
    ended: bool,
) -> Result<Row> {
    may_change_some(a)?;
    store::lock(db, a.tenant(), id).await?;
    let row = seen(db, a, id, ended).await?;
    may_change(a, &row).enforce()?;
    Ok(row)
}
