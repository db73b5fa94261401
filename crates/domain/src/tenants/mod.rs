//! Tenants: making one, naming it, and the numbers of its overview.

mod ending;
mod export;
mod store;
mod suspension;

use crate::{
    Actor, Origin, RefuseOn as _, Result, Services, TenantTx,
    actor::Who,
    audit::{self, Event, Named},
    members, toolkits, usage,
};
use api_types::{
    Permission, Refusal, Role, TenantId, UserId,
    audit::Act,
    input::{TenantName, TenantSlug},
    tenants::Overview,
    users::Membership,
};
pub use ending::{DAYS_TO_RESTORE, delete, delete_due, deleted, restore};
pub use export::{Export, begin_export};
use serde::Serialize;
use sqlx::PgConnection;
pub(crate) use store::{set_blocked, slug_of};
pub use suspension::{suspend, suspension};
use uuid::Uuid;

/// Makes another tenant for a person, who becomes its owner. Answers the slug.
pub async fn create(
    s: &Services,
    user: UserId,
    origin: impl Into<Origin>,
    name: TenantName,
    slug: TenantSlug,
) -> Result<String> {
    let tenant = TenantId(Uuid::now_v7());
    let mut tx = s.db.tenant_tx(tenant).await?;
    let inserted = store::insert(&mut tx, tenant, &name, &slug).await;
    refuse_taken(inserted, "slug")?;
    give_owner(&mut tx, tenant, user, origin.into(), &name, slug.as_str()).await?;
    tx.commit().await?;
    Ok(slug.as_str().into())
}

/// A tenant as the audit log shows it.
#[derive(Serialize)]
struct Facts<'a> {
    name: &'a str,
    slug: &'a str,
}

impl audit::Facts for Facts<'_> {}

/// Makes a person the owner of a tenant that has just been inserted, and begins its audit log.
pub(crate) async fn give_owner(
    tx: &mut TenantTx,
    tenant: TenantId,
    user: UserId,
    origin: Origin,
    name: &TenantName,
    slug: &str,
) -> Result<()> {
    let role = Role::Owner.into();
    members::insert(tx, tenant, user, &role).await?;
    let owner = Actor::new(tenant, slug.into(), Who::Member { user, role }).seen_from(origin);
    let name = name.as_str();
    let created = Event::new(Act::TenantCreated, tenant, name).after(&Facts { name, slug })?;
    audit::record(tx, &owner, created).await
}

/// Makes a tenant under the wanted slug, or under that with a random ending if it is taken.
pub(crate) async fn insert_near(
    db: &mut PgConnection,
    tenant: TenantId,
    name: &TenantName,
    wanted: &TenantSlug,
) -> Result<String> {
    let taken = store::by_slug(db, wanted.as_str()).await?.is_some();
    let slug = if taken {
        with_ending(wanted)?
    } else {
        wanted.clone()
    };
    let inserted = store::insert(db, tenant, name, &slug).await;
    refuse_taken(inserted, "tenant_name")?;
    Ok(slug.as_str().into())
}

/// An address that another tenant has, or had, is taken.
fn refuse_taken<T>(done: Result<T>, field: &str) -> Result<T> {
    done.refuse_on("tenants_slug_key", || Refusal::taken(field))
        .refuse_on("tenant_slugs_slug_key", || Refusal::taken(field))
}

fn with_ending(wanted: &TenantSlug) -> Result<TenantSlug> {
    let start: String = wanted.as_str().chars().take(33).collect();
    let random = Uuid::new_v4().simple().to_string();
    let slug = format!("{}-{}", start.trim_end_matches('-'), &random[..6]);
    Ok(TenantSlug::parse(&slug)?)
}

/// The tenant with this slug. For doors whose caller brings a credential of their own.
pub async fn by_slug(s: &Services, slug: &str) -> Result<Option<TenantId>> {
    store::by_slug(&mut *s.db.global().await?, slug).await
}

/// The tenant as the caller's own list would name it.
pub async fn seen_as(s: &Services, a: &Actor) -> Result<Membership> {
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let name = store::name(&mut tx, a.tenant()).await?;
    tx.commit().await?;
    Ok(Membership {
        slug: a.slug().into(),
        name,
        role: a.role().cloned().ok_or(Refusal::NotFound)?,
    })
}

/// Changes the tenant's name. Its slug stays.
pub async fn rename(s: &Services, a: &Actor, name: TenantName) -> Result<()> {
    a.require(Permission::ManageTenant)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let before = store::rename(&mut tx, a.tenant(), &name).await?;
    let name = name.as_str();
    let renamed = Event::new(Act::TenantRenamed, a.tenant(), name)
        .before(&Named { name: &before })?
        .after(&Named { name })?;
    audit::record(&mut tx, a, renamed).await?;
    tx.commit().await
}

/// Changes the tenant's address. The old one stays its own: pages lead on from there, and its
/// endpoint goes on answering there.
pub async fn change_slug(s: &Services, a: &Actor, slug: TenantSlug) -> Result<()> {
    a.require(Permission::ManageTenant)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let changed = store::change_slug(&mut tx, a.tenant(), &slug).await;
    let before = refuse_taken(changed, "slug")?;
    let moved = Event::new(Act::TenantMoved, a.tenant(), slug.as_str())
        .before(&Address { slug: &before })?
        .after(&Address {
            slug: slug.as_str(),
        })?;
    audit::record(&mut tx, a, moved).await?;
    tx.commit().await
}

/// Where an old address leads, for somebody who belongs to the tenant that had it.
pub async fn moved_to(s: &Services, user: UserId, old: &str) -> Result<Option<String>> {
    store::moved_to(&mut *s.db.global().await?, user, old).await
}

#[derive(Serialize)]
struct Address<'a> {
    slug: &'a str,
}

impl audit::Facts for Address<'_> {}

/// The numbers of the overview page.
pub async fn overview(s: &Services, a: &Actor) -> Result<Overview> {
    a.require(Permission::ViewTenant)?;
    let role = a.role().cloned().unwrap_or(Role::Viewer.into());
    let mut tx = s.db.tenant_snapshot(a.tenant()).await?;
    let counts = store::counts(&mut tx, a.tenant()).await?;
    let toolkits = toolkits::switched(&mut tx, [&s.toolkits], a.tenant()).await?;
    let day = usage::last_day(&mut tx, a.tenant()).await?;
    tx.commit().await?;
    Ok(Overview {
        slug: a.slug().into(),
        endpoint: endpoint(s, a.slug()),
        name: counts.name,
        role,
        clients: counts.clients,
        live_keys: counts.live_keys,
        open_tasks: counts.open_tasks,
        has_calls: counts.has_calls,
        toolkits: toolkits.into_iter().map(String::from).collect(),
        calls_today: day.calls,
        error_share: day.error_share,
        calls_by_hour: day.by_hour,
    })
}

/// The MCP endpoint of the tenant with this slug: also its OAuth resource (RFC 8707).
pub fn endpoint(s: &Services, slug: &str) -> String {
    format!("{}/t/{slug}/mcp", s.public_url)
}
