//! Grants: what was allowed, for people to see and to end. What ends here ends everywhere within a second.

mod live;
mod own;
mod store;

use crate::{
    Actor, Result, Services,
    audit::{self, Event, Named},
};
use api_types::{
    GrantId, McpClientId, Permission, Refusal,
    audit::Act,
    oauth::{GrantEnd, GrantView},
};
pub(crate) use live::{LiveGrant, live};
pub use own::{connected_apps, disconnect_app, end_own_grant};
pub(super) use store::{NewGrant, end, insert, lock, of_client};
pub(crate) use store::{end_of_client, end_of_member};

/// Log-ins of one client, or of all, the newest first, with their refresh tokens.
pub async fn grants(
    s: &Services,
    a: &Actor,
    client: Option<McpClientId>,
) -> Result<Vec<GrantView>> {
    a.require(Permission::ViewClients)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let wanted = store::Wanted {
        client,
        ..store::Wanted::default()
    };
    let grants = store::list(&mut tx, a.tenant(), &wanted).await?;
    tx.commit().await?;
    Ok(grants)
}

/// Ends somebody's log-in. Ending twice is no error.
pub async fn end_grant(s: &Services, a: &Actor, id: GrantId) -> Result<()> {
    a.require(Permission::ManageClients)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let known = store::lock(&mut tx, a.tenant(), id).await?;
    let known = known.ok_or(Refusal::NotFound)?;
    if !store::end(&mut tx, a.tenant(), id, GrantEnd::Revoked).await? {
        return tx.commit().await;
    }
    let name = &known.client_name;
    let ended = Event::new(Act::GrantEnded, id, name).before(&Named {
        name: &known.person,
    })?;
    audit::record(&mut tx, a, ended).await?;
    tx.commit().await
}
