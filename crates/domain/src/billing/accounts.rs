//! The customer of a tenant: one in each mode, and never two tenants' at once.

use super::{
    store,
    stripe::{Form, Stripe, objects::Thing},
};
use crate::{Actor, Result, Services};
use api_types::TenantId;

/// The tenant's customer, made at the first time.
pub(super) async fn customer(s: &Services, stripe: &Stripe, a: &Actor) -> Result<String> {
    let (tenant, live) = (a.tenant(), stripe.0.live);
    let mut tx = s.db.tenant_tx(tenant).await?;
    let known = store::customer(&mut tx, tenant, live).await?;
    let person = store::whom_to_bill(&mut tx, tenant, a.user()).await?;
    tx.commit().await?;
    if let Some(known) = known {
        return Ok(known);
    }
    let form = Form::default()
        .with("name", &person.tenant)
        .with("metadata[bulkhead_tenant]", tenant)
        .with("metadata[bulkhead_slug]", a.slug());
    let form = match &person.email {
        Some(email) => form.with("email", email),
        None => form,
    };
    // Whoever asks for the tenant's customer at the same moment gets the same, unless they would tell another address:
    // then the row below decides, and the other customer stays without anything.
    let once = format!(
        "customer|{tenant}|{}",
        person.email.as_deref().unwrap_or_default()
    );
    let made: Thing = stripe.post("customers", &form, &once).await?;
    let mut tx = s.db.tenant_tx(tenant).await?;
    store::insert_account(&mut tx, tenant, live, &made.id).await?;
    let customer = store::customer(&mut tx, tenant, live).await?;
    tx.commit().await?;
    Ok(customer.unwrap_or(made.id))
}

/// The tenant's customer, if it has one.
pub(super) async fn known_customer(
    s: &Services,
    stripe: &Stripe,
    tenant: TenantId,
) -> Result<Option<String>> {
    let mut tx = s.db.tenant_tx(tenant).await?;
    let known = store::customer(&mut tx, tenant, stripe.0.live).await?;
    tx.commit().await?;
    Ok(known)
}
