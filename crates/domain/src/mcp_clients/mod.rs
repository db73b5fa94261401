//! MCP clients: the programs that a tenant lets in. Their keys are in [`crate::api_keys`].

mod store;

use crate::{
    Actor, RefuseOn as _, Result, Services, api_keys,
    audit::{self, Event},
    members, oauth_server,
    plans::{self, Counted},
};
use api_types::{
    McpClientId, Permission, Refusal, UserId,
    audit::Act,
    input::{self, ClientName},
    mcp_clients::{ClientKind, ClientView},
    oauth::GrantEnd,
};
use serde::Serialize;
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
    members::hold(&mut tx, a.tenant(), owner).await?;
    refuse(store::insert(&mut tx, a.tenant(), id, owner, &new, &notes).await)?;
    let client = store::list(&mut tx, a.tenant(), Some(id)).await?.pop();
    let registered = Event::new(Act::ClientRegistered, id, new.name.as_str());
    let facts = Facts::of(&new, owner, notes);
    audit::record(&mut tx, a, registered.after(&facts)?).await?;
    plans::require_room(s, &mut tx, a.tenant(), Counted::Clients).await?;
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
    let before = store::lock(&mut tx, a.tenant(), id)
        .await?
        .ok_or(Refusal::NotFound)?;
    if let Some(owner) = new.owner {
        members::hold(&mut tx, a.tenant(), owner).await?;
    }
    let after = Facts::of(&new, new.owner.unwrap_or(before.owner), notes);
    refuse(store::update(&mut tx, a.tenant(), id, &after).await)?;
    let changed = Event::new(Act::ClientChanged, id, &after.name);
    audit::record(&mut tx, a, changed.before(&before)?.after(&after)?).await?;
    let client = store::list(&mut tx, a.tenant(), Some(id)).await?.pop();
    tx.commit().await?;
    Ok(client.ok_or(Refusal::NotFound)?)
}

/// Archives a client, revokes its keys and ends its log-ins. Its usage stays.
pub async fn archive(s: &Services, a: &Actor, id: McpClientId) -> Result<()> {
    a.require(Permission::ManageClients)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let before = store::lock(&mut tx, a.tenant(), id)
        .await?
        .ok_or(Refusal::NotFound)?;
    store::archive(&mut tx, a.tenant(), id).await?;
    api_keys::revoke_all(&mut tx, a.tenant(), id).await?;
    let why = GrantEnd::ClientChanged;
    oauth_server::end_of_client(&mut tx, a.tenant(), id, why).await?;
    let archived = Event::new(Act::ClientArchived, id, &before.name);
    audit::record(&mut tx, a, archived.before(&before)?).await?;
    tx.commit().await
}

/// A client as the audit log shows it.
#[derive(Serialize)]
struct Facts {
    name: String,
    kind: String,
    owner: UserId,
    notes: String,
}

impl audit::Facts for Facts {}

impl Facts {
    fn of(new: &NewClient, owner: UserId, notes: String) -> Self {
        Self {
            name: new.name.as_str().into(),
            kind: new.kind.as_str().into(),
            owner,
            notes,
        }
    }
}

pub(crate) use store::{connect, exists, of_app, owner_is_here};

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
