//! A tenant's domains: claimed by anybody, and one tenant's alone once a DNS record says so.

use super::{dns, store};
use crate::{
    Actor, RefuseOn as _, Result, Services,
    audit::{self, Event},
};
use api_types::{Permission, Refusal, audit::Act, sso::parse_domain};

/// What a TXT record says before the token.
const RECORD: &str = "bulkhead-domain-verification=";

/// What a TXT record of the domain must say.
pub(super) fn record(token: &str) -> String {
    format!("{RECORD}{token}")
}

/// A tenant has no more domains than this.
const MOST: i64 = 20;

/// Claims a domain, which means nothing before it is verified.
pub async fn add(s: &Services, a: &Actor, domain: &str) -> Result<()> {
    a.require(Permission::ManageSecurity)?;
    let domain = parse_domain(domain)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    if store::count_domains(&mut tx, a.tenant()).await? >= MOST {
        return Err(Refusal::conflict(format!("at most {MOST} domains")).into());
    }
    let token = vault::random_token().reveal();
    store::insert_domain(&mut tx, a.tenant(), &domain, &token)
        .await
        .refuse_on("tenant_domains_pkey", || Refusal::taken("domain"))?;
    audit::record(
        &mut tx,
        a,
        Event::new(Act::SsoDomainAdded, a.tenant(), domain),
    )
    .await?;
    tx.commit().await
}

/// Looks for the record. The domain is the tenant's from then on, unless it is another's.
pub async fn verify(s: &Services, a: &Actor, domain: &str) -> Result<()> {
    a.require(Permission::ManageSecurity)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let claimed = store::domain(&mut tx, a.tenant(), domain).await?;
    tx.commit().await?;
    let claimed = claimed.ok_or(Refusal::NotFound)?;
    if claimed.verified {
        return Ok(());
    }
    // Outside of any transaction: nobody waits for somebody's name servers.
    if dns::says(s, domain, &record(&claimed.token)).await? != Some(true) {
        let message = "no TXT record of the domain says this yet; it can take an hour to be seen";
        return Err(Refusal::conflict(message).into());
    }
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let others = "this domain is another tenant's already";
    store::set_verified(&mut tx, a.tenant(), domain)
        .await
        .refuse_on("verified_domain", || Refusal::conflict(others))?;
    audit::record(
        &mut tx,
        a,
        Event::new(Act::SsoDomainVerified, a.tenant(), domain),
    )
    .await?;
    tx.commit().await
}

/// Gives a domain up. The provider no longer speaks for its people.
pub async fn remove(s: &Services, a: &Actor, domain: &str) -> Result<()> {
    a.require(Permission::ManageSecurity)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    if !store::delete_domain(&mut tx, a.tenant(), domain).await? {
        return Err(Refusal::NotFound.into());
    }
    audit::record(
        &mut tx,
        a,
        Event::new(Act::SsoDomainRemoved, a.tenant(), domain),
    )
    .await?;
    tx.commit().await
}
