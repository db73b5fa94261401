//! The provider that a tenant connects: its secret is sealed with the tenant's data key, and it can be enforced only
//! after somebody went the whole way with what is set.

use super::{domains, redirect_uri, store};
use crate::{
    Actor, RefuseOn as _, Result, Services, TenantTx,
    audit::{self, Event, Facts},
    data_keys::{Cell, TENANT_SSO_SECRET},
    plans, roles, users,
};
use api_types::{
    MemberRole, Permission, Refusal, TenantId,
    audit::Act,
    members::RoleChoice,
    plans::Feature,
    sso::{DomainView, GroupRole, SsoView, parse_groups},
};
use serde::Serialize;

/// What a tenant fills in.
#[derive(Debug)]
pub struct NewConnection {
    /// The issuer.
    pub issuer: String,
    /// Who we are there.
    pub client_id: String,
    /// How we show it; none keeps the present one.
    pub client_secret: Option<crate::sign_in_with::Secret>,
    /// What somebody is who comes for the first time, and who is in none of the groups.
    pub default_role: RoleChoice,
    /// The claim with the groups.
    pub group_claim: String,
    /// What groups may do, in lines of the form `group = role`.
    pub groups: String,
}

/// The roles that a provider gives.
pub(super) struct Given {
    pub default_role: MemberRole,
    pub groups: Vec<GroupRole>,
}

impl Given {
    /// What is wanted, as far as a provider may give it: never ownership.
    async fn parse(tx: &mut TenantTx, tenant: TenantId, new: &NewConnection) -> Result<Self> {
        let default_role = roles::chosen(tx, tenant, new.default_role).await?;
        if default_role.is_owner() {
            let message = "nobody becomes an owner by signing in";
            return Err(Refusal::invalid("default_role", message).into());
        }
        let roles = roles::below_owner(tx, tenant).await?;
        Ok(Self {
            default_role,
            groups: parse_groups(&new.groups, &roles)?,
        })
    }

    /// Refuses whoever holds less than one of them: nobody lets a provider give what they could not give themselves.
    fn may_be_given_by(&self, a: &Actor) -> Result<()> {
        let groups = self.groups.iter().map(|line| &line.role);
        groups
            .chain([&self.default_role])
            .try_for_each(|role| roles::may_give(a, role))
    }
}

/// A connection as the audit log shows it: without its secret.
#[derive(Serialize)]
struct Shown<'a> {
    issuer: &'a str,
    client_id: &'a str,
    default_role: &'a str,
    group_claim: &'a str,
    groups: Vec<String>,
    secret_changed: bool,
}

impl Facts for Shown<'_> {}

#[derive(Serialize)]
struct Enforcement {
    enforced: bool,
}

impl Facts for Enforcement {}

/// Everything on the page, for whoever may change it.
pub async fn view(s: &Services, a: &Actor) -> Result<SsoView> {
    a.require(Permission::ManageSecurity)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let claimed = store::domains(&mut tx, a.tenant()).await?;
    let connection = store::view(&mut tx, a.tenant()).await?;
    let roles = roles::below_owner(&mut tx, a.tenant()).await?;
    let grants_clients = store::grants_clients(&mut tx, a.tenant()).await?;
    tx.commit().await?;
    let record = |one: DomainView| DomainView {
        record: domains::record(&one.record),
        ..one
    };
    Ok(SsoView {
        domains: claimed.into_iter().map(record).collect(),
        connection,
        grants_clients,
        roles,
        redirect_uri: redirect_uri(s, a.tenant()),
    })
}

/// Connects a provider, or changes what is set. One that leads elsewhere has to be tested again, and is not enforced
/// before.
pub async fn connect(s: &Services, a: &Actor, new: NewConnection) -> Result<()> {
    a.require(Permission::ManageSecurity)?;
    s.providers
        .issuers_of_tenants()
        .way
        .url(&new.issuer)
        .map_err(|error| Refusal::invalid("issuer", error.to_string()))?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    plans::require(s, &mut tx, a.tenant(), Feature::Sso).await?;
    if !store::has_verified_domain(&mut tx, a.tenant()).await? {
        return Err(Refusal::conflict("verify a domain first").into());
    }
    let given = Given::parse(&mut tx, a.tenant(), &new).await?;
    given.may_be_given_by(a)?;
    let secret = match &new.client_secret {
        Some(secret) => {
            let content = secret.reveal().as_bytes();
            Some(s.data_keys.seal(&mut tx, cell(a.tenant()), content).await?)
        }
        None => store::connection(&mut tx, a.tenant())
            .await?
            .map(|known| known.secret),
    };
    let needed = || Refusal::invalid("client_secret", "please fill this in");
    let secret = secret.ok_or_else(needed)?;
    let gone = || Refusal::conflict("one of the roles is gone; look at the page again");
    store::put(&mut tx, a.tenant(), &new, &secret, &given)
        .await
        .refuse_on("sso_group_roles_role_fkey", gone)?;
    let shown = Shown {
        issuer: &new.issuer,
        client_id: &new.client_id,
        default_role: given.default_role.name(),
        group_claim: &new.group_claim,
        groups: given
            .groups
            .iter()
            .map(|line| format!("{} = {}", line.group, line.role))
            .collect(),
        secret_changed: new.client_secret.is_some(),
    };
    let connected = Event::new(Act::SsoConnected, a.tenant(), &new.issuer).after(&shown)?;
    audit::record(&mut tx, a, connected).await?;
    tx.commit().await
}

/// Forgets the provider and its secret. People sign in by password again; who has none asks for a link.
pub async fn disconnect(s: &Services, a: &Actor) -> Result<()> {
    a.require(Permission::ManageSecurity)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let issuer = store::delete(&mut tx, a.tenant())
        .await?
        .ok_or(Refusal::NotFound)?;
    audit::record(
        &mut tx,
        a,
        Event::new(Act::SsoDisconnected, a.tenant(), issuer),
    )
    .await?;
    tx.commit().await
}

/// Says whether people of the tenant's domains come in by the provider alone. The owner who says so is the one who
/// still comes in by password, for the day on which the provider does not answer.
pub async fn enforce(s: &Services, a: &Actor, enforced: bool) -> Result<()> {
    a.require(Permission::ManageSecurity)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let connection = store::view(&mut tx, a.tenant())
        .await?
        .ok_or(Refusal::NotFound)?;
    let breaks = a.user().filter(|_| enforced);
    if let Some(user) = breaks {
        if !a.role().is_some_and(api_types::MemberRole::is_owner) {
            let message = "an owner has to turn this on: they stay able to sign in by password";
            return Err(Refusal::conflict(message).into());
        }
        if connection.tested_at.is_none() {
            return Err(Refusal::conflict("test the connection first").into());
        }
        if !users::hold_ways_in(&mut tx, user).await? {
            return Err(Refusal::conflict("choose a password for your own account first").into());
        }
    }
    store::set_enforced(&mut tx, a.tenant(), enforced, breaks).await?;
    let before = Enforcement {
        enforced: connection.enforced,
    };
    let changed = Event::new(Act::SsoEnforcementChanged, a.tenant(), connection.issuer)
        .before(&before)?
        .after(&Enforcement { enforced })?;
    audit::record(&mut tx, a, changed).await?;
    tx.commit().await
}

/// Opens the client secret.
pub(super) async fn secret(
    s: &Services,
    tx: &mut TenantTx,
    tenant: TenantId,
    known: &store::Connection,
) -> Result<crate::sign_in_with::Secret> {
    let content = s.data_keys.open(tx, cell(tenant), &known.secret).await?;
    let text = std::str::from_utf8(&content).map_err(anyhow::Error::from)?;
    Ok(crate::sign_in_with::Secret::new(text))
}

fn cell(tenant: TenantId) -> Cell {
    Cell::of_tenant(&TENANT_SSO_SECRET, tenant, tenant.0)
}
