//! Service accounts: members that nobody signs in as. They own clients and keys that must outlive
//! the people who set them up.

use super::store;
use crate::{
    Actor, Result, Services,
    audit::{self, Event, Named},
    plans,
};
use api_types::{Permission, Role, UserId, audit::Act, input::PersonName, plans::Feature};
use uuid::Uuid;

/// Makes a service account. It holds the least role: it never signs in.
pub async fn create(s: &Services, a: &Actor, name: PersonName) -> Result<UserId> {
    a.require(Permission::ManageMembers)?;
    let user = UserId(Uuid::now_v7());
    // A password that nobody knows, and an address that no letter reaches (RFC 2606).
    let hash = s.passwords.hash(vault::random_token().reveal()).await?;
    let email = format!("{user}@service.invalid");
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    plans::require(s, &mut tx, a.tenant(), Feature::ServiceAccounts).await?;
    store::insert_service_account(&mut tx, a.tenant(), user, &name, &email, &hash).await?;
    store::insert(&mut tx, a.tenant(), user, &Role::Viewer.into()).await?;
    let name = name.as_str();
    let made = Event::new(Act::ServiceAccountMade, user, name).after(&Named { name })?;
    audit::record(&mut tx, a, made).await?;
    tx.commit().await?;
    Ok(user)
}
