//! Endpoints: made, changed, switched on and off, removed.

use super::{
    MOST_ENDPOINTS,
    signature::{self, Secrets},
    store::{self, Held, Said},
    types,
};
use crate::{
    Actor, Result, Services, TenantTx,
    audit::{self, Event, hex},
    plans,
};
use api_types::{
    Permission, Refusal, WebhookId,
    audit::Act,
    input,
    plans::Feature,
    webhooks::{EndpointState, NewSecret},
};
use serde::Serialize;
use url::Url;
use uuid::Uuid;

const LONGEST_URL: usize = 2000;
const LONGEST_ABOUT: usize = 200;

/// How an endpoint looks in the audit log. Many addresses are secrets, from the host on: their fingerprint shows that
/// one was changed.
#[derive(Serialize)]
pub(super) struct Facts<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address_fingerprint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    about: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trouble: Option<&'a str>,
}

impl audit::Facts for Facts<'_> {}

impl<'a> Facts<'a> {
    fn of(said: Said<'a>) -> Self {
        let digest = vault::sha256(said.url.as_bytes());
        Self {
            host: Some(host(said.url)),
            address_fingerprint: Some(hex::text(&digest[..4])),
            about: Some(said.about),
            events: Some(said.events),
            trouble: None,
        }
    }

    /// Why an endpoint was disabled.
    pub(super) fn trouble(reason: &'a str) -> Self {
        Self {
            host: None,
            address_fingerprint: None,
            about: None,
            events: None,
            trouble: Some(reason),
        }
    }
}

impl Held {
    fn said(&self) -> Said<'_> {
        Said {
            url: &self.url,
            about: &self.about,
            events: &self.events,
        }
    }
}

/// The host of an address, which is what people know an endpoint by.
pub(super) fn host(url: &str) -> String {
    let url = Url::parse(url).ok();
    let host = url.as_ref().and_then(Url::host_str);
    host.unwrap_or_default().to_owned()
}

/// Makes an endpoint. Its secret is in the answer, shown once.
pub async fn create(
    s: &Services,
    a: &Actor,
    url: &str,
    about: &str,
    events: Vec<String>,
) -> Result<NewSecret> {
    a.require(Permission::ManageWebhooks)?;
    let (url, about, events) = checked(s, url, about, events)?;
    let said = Said {
        url: &url,
        about: &about,
        events: &events,
    };
    let (tenant, id, secrets) = (a.tenant(), WebhookId(Uuid::now_v7()), Secrets::draw());
    let mut tx = s.db.tenant_tx(tenant).await?;
    plans::require(s, &mut tx, tenant, Feature::Webhooks).await?;
    let sealed = signature::seal(s, &mut tx, tenant, id, &secrets).await?;
    store::insert(&mut tx, tenant, id, said, &sealed).await?;
    let created = Event::new(Act::WebhookCreated, id, host(&url)).after(&Facts::of(said))?;
    store::notify(&mut tx, &[a.tenant().0]).await?;
    audit::record(&mut tx, a, created).await?;
    // Now that the log is held, nobody else makes one.
    if store::count(&mut tx, tenant).await? > MOST_ENDPOINTS as i64 {
        let message = format!("a tenant has at most {MOST_ENDPOINTS} webhooks");
        return Err(Refusal::conflict(message).into());
    }
    tx.commit().await?;
    Ok(shown(id, &secrets))
}

/// Says where an endpoint is and what it is told, from now on.
pub async fn change(
    s: &Services,
    a: &Actor,
    id: WebhookId,
    url: &str,
    about: &str,
    events: Vec<String>,
) -> Result<()> {
    a.require(Permission::ManageWebhooks)?;
    let (url, about, events) = checked(s, url, about, events)?;
    let said = Said {
        url: &url,
        about: &about,
        events: &events,
    };
    let (mut tx, held) = hold(s, a, id).await?;
    store::update(&mut tx, a.tenant(), id, said).await?;
    let changed = Event::new(Act::WebhookChanged, id, host(&url));
    let changed = changed.before(&Facts::of(held.said()))?;
    store::notify(&mut tx, &[a.tenant().0]).await?;
    audit::record(&mut tx, a, changed.after(&Facts::of(said))?).await?;
    tx.commit().await
}

/// Gives an endpoint another secret, which is in the answer, shown once. The one before signs too for 24 hours.
pub async fn rotate(s: &Services, a: &Actor, id: WebhookId) -> Result<NewSecret> {
    a.require(Permission::ManageWebhooks)?;
    let tenant = a.tenant();
    let (mut tx, held) = hold(s, a, id).await?;
    let secrets = signature::open(s, &mut tx, tenant, id, &held.secret).await?;
    let secrets = secrets.rotated();
    let sealed = signature::seal(s, &mut tx, tenant, id, &secrets).await?;
    store::set_secret(&mut tx, tenant, id, &sealed).await?;
    let rotated = Event::new(Act::WebhookSecretRotated, id, host(&held.url));
    store::notify(&mut tx, &[a.tenant().0]).await?;
    audit::record(&mut tx, a, rotated).await?;
    tx.commit().await?;
    Ok(shown(id, &secrets))
}

/// Tells a disabled endpoint what happens from now on. What was given up stays so until it is sent again.
pub async fn enable(s: &Services, a: &Actor, id: WebhookId) -> Result<()> {
    a.require(Permission::ManageWebhooks)?;
    let (mut tx, held) = hold(s, a, id).await?;
    if held.state != EndpointState::Disabled {
        return tx.commit().await;
    }
    store::switch(&mut tx, a.tenant(), id, None).await?;
    let enabled = Event::new(Act::WebhookEnabled, id, host(&held.url));
    store::notify(&mut tx, &[a.tenant().0]).await?;
    audit::record(&mut tx, a, enabled).await?;
    tx.commit().await?;
    s.webhooks.wake();
    Ok(())
}

/// Tells an endpoint nothing more. What waits for it is given up.
pub async fn disable(s: &Services, a: &Actor, id: WebhookId) -> Result<()> {
    a.require(Permission::ManageWebhooks)?;
    let (mut tx, held) = hold(s, a, id).await?;
    if held.state == EndpointState::Disabled {
        return tx.commit().await;
    }
    let reason = "A member disabled it";
    store::switch(&mut tx, a.tenant(), id, Some(reason)).await?;
    store::give_up_all(&mut tx, a.tenant(), id).await?;
    let disabled = Event::new(Act::WebhookDisabled, id, host(&held.url));
    store::notify(&mut tx, &[a.tenant().0]).await?;
    audit::record(&mut tx, a, disabled.after(&Facts::trouble(reason))?).await?;
    tx.commit().await
}

/// Removes an endpoint with all that was told to it.
pub async fn delete(s: &Services, a: &Actor, id: WebhookId) -> Result<()> {
    a.require(Permission::ManageWebhooks)?;
    let (mut tx, held) = hold(s, a, id).await?;
    let deleted = Event::new(Act::WebhookDeleted, id, host(&held.url));
    let deleted = deleted.before(&Facts::of(held.said()))?;
    store::notify(&mut tx, &[a.tenant().0]).await?;
    audit::record(&mut tx, a, deleted).await?;
    // After the log, against the rule: whoever tells this endpoint something holds the log, and then waits for it.
    store::delete(&mut tx, a.tenant(), id).await?;
    tx.commit().await
}

/// Holds an endpoint that is to be changed.
async fn hold(s: &Services, a: &Actor, id: WebhookId) -> Result<(TenantTx, Held)> {
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let held = store::hold(&mut tx, a.tenant(), id).await?;
    Ok((tx, held.ok_or(Refusal::NotFound)?))
}

fn checked(
    s: &Services,
    url: &str,
    about: &str,
    events: Vec<String>,
) -> Result<(String, String, Vec<String>)> {
    let mut url = s.outbound.url(url.trim()).map_err(|error| {
        Refusal::invalid("url", format!("{error}; it must be public and https"))
    })?;
    // It is never sent, so it is not part of what is meant.
    url.set_fragment(None);
    if url.as_str().len() > LONGEST_URL {
        let message = format!("at most {LONGEST_URL} characters");
        return Err(Refusal::invalid("url", message).into());
    }
    let about = input::text("about", about, LONGEST_ABOUT)?;
    Ok((url.into(), about, types::checked(events)?))
}

fn shown(id: WebhookId, secrets: &Secrets) -> NewSecret {
    NewSecret {
        id,
        secret: secrets.current.to_string(),
    }
}
