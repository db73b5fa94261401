//! MCP clients: the programs that a tenant lets in. Their keys are in [`crate::api_keys`].

mod store;

use crate::{Actor, RefuseOn as _, Result, Services, api_keys};
use api_types::{
    McpClientId, Permission, Refusal, UserId,
    input::{self, ClientName},
    mcp_clients::{ClientKind, ClientView},
};
use uuid::Uuid;

/// What a person fills in to register a client, or to change one.
pub struct NewClient {
    /// Name, unique in the tenant while the client is not archived.
    pub name: ClientName,
    /// Kind of program.
    pub kind: ClientKind,
    /// The member who answers for it; the caller, if none is given.
    pub owner: Option<UserId>,
    /// Free text.
    pub notes: String,
}

/// The tenant's clients by name, without archived ones.
pub async fn list(s: &Services, a: &Actor) -> Result<Vec<ClientView>> {
    a.require(Permission::ViewClients)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let clients = store::list(&mut tx, a.tenant(), None).await?;
    tx.commit().await?;
    Ok(clients)
}

/// One client.
pub async fn get(s: &Services, a: &Actor, id: McpClientId) -> Result<ClientView> {
    a.require(Permission::ViewClients)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let client = store::list(&mut tx, a.tenant(), Some(id)).await?.pop();
    tx.commit().await?;
    Ok(client.ok_or(Refusal::NotFound)?)
}

/// Registers a client.
pub async fn register(s: &Services, a: &Actor, new: NewClient) -> Result<ClientView> {
    a.require(Permission::ManageClients)?;
    let id = McpClientId(Uuid::now_v7());
    let (owner, notes) = (owner(a, &new)?, input::text("notes", &new.notes, 2000)?);
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    refuse(store::insert(&mut tx, a.tenant(), id, owner, &new, &notes).await)?;
    let client = store::list(&mut tx, a.tenant(), Some(id)).await?.pop();
    tx.commit().await?;
    Ok(client.ok_or(Refusal::NotFound)?)
}

/// Changes a client.
pub async fn update(
    s: &Services,
    a: &Actor,
    id: McpClientId,
    new: NewClient,
) -> Result<ClientView> {
    a.require(Permission::ManageClients)?;
    let notes = input::text("notes", &new.notes, 2000)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let found = refuse(store::update(&mut tx, a.tenant(), id, &new, &notes).await)?;
    if !found {
        return Err(Refusal::NotFound.into());
    }
    let client = store::list(&mut tx, a.tenant(), Some(id)).await?.pop();
    tx.commit().await?;
    Ok(client.ok_or(Refusal::NotFound)?)
}

/// Archives a client and revokes its keys. Its usage stays.
pub async fn archive(s: &Services, a: &Actor, id: McpClientId) -> Result<()> {
    a.require(Permission::ManageClients)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    if !store::archive(&mut tx, a.tenant(), id).await? {
        return Err(Refusal::NotFound.into());
    }
    api_keys::revoke_all(&mut tx, a.tenant(), id).await?;
    tx.commit().await
}

/// Whether a client exists and is not archived.
pub(crate) use store::exists;

fn owner(a: &Actor, new: &NewClient) -> Result<UserId> {
    Ok(new
        .owner
        .or(a.user())
        .ok_or_else(|| Refusal::invalid("owner", "choose a member"))?)
}

fn refuse<T>(done: Result<T>) -> Result<T> {
    done.refuse_on("mcp_client_name_per_tenant", || Refusal::taken("name"))
        .refuse_on("mcp_clients_tenant_id_owner_id_fkey", || {
            Refusal::invalid("owner", "choose a member of this tenant")
        })
}
