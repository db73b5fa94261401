//! With whose app people log in to a provider: the tenant's own goes before this instance's.

use super::{
    providers,
    store::{self, own},
};
use crate::{
    Actor, Result, Services,
    audit::{self, Event, Facts},
    data_keys::{CONNECTION_APP_SECRET, Cell},
    sign_in_with::Secret,
};
use anyhow::anyhow;
use api_types::{Permission, Refusal, TenantId, audit::Act, connections::AppSource};
use connector::{Auth, OAuth2, Provider, catalogue};
use serde::Serialize;
use sqlx::PgConnection;
use std::{collections::BTreeMap, sync::Arc};
use uuid::Uuid;
use zeroize::Zeroizing;

/// How long an id and a secret may be.
const LONGEST: usize = 4 * 1024;

/// The apps of this instance by provider, as the settings name them.
#[derive(Clone, Debug, Default)]
pub struct Apps(Arc<BTreeMap<String, (String, Secret)>>);

/// An app of the settings.
#[derive(Clone, Debug)]
pub struct InstanceApp {
    /// At which provider of this build.
    pub provider: String,
    /// Who we are there.
    pub client_id: String,
    /// How we show it.
    pub client_secret: Secret,
}

/// Why an app cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("app at {provider}: {reason}")]
pub struct WrongApp {
    provider: String,
    reason: &'static str,
}

impl Apps {
    /// Checks what the settings say.
    pub fn new(list: Vec<InstanceApp>) -> Result<Self, WrongApp> {
        let mut apps = BTreeMap::new();
        for app in list {
            let wrong = |reason| WrongApp {
                provider: app.provider.clone(),
                reason,
            };
            let provider = catalogue().provider(&app.provider);
            let provider = provider.ok_or_else(|| wrong("this build has no such provider"))?;
            let oauth = is_oauth(provider).ok_or_else(|| wrong("one does not log in there"))?;
            if leads_anywhere(provider, oauth) {
                return Err(wrong(
                    "its host is the tenants' to name, who would be shown the secret",
                ));
            }
            if app.client_id.trim().is_empty() || app.client_secret.reveal().trim().is_empty() {
                return Err(wrong("needs a client_id and a client_secret"));
            }
            let known = (app.client_id.clone(), app.client_secret.clone());
            if apps.insert(app.provider.clone(), known).is_some() {
                return Err(wrong("is named twice"));
            }
        }
        Ok(Self(Arc::new(apps)))
    }

    pub(super) fn has(&self, provider: &str) -> bool {
        self.0.contains_key(provider) && providers::is_built_in(provider)
    }

    fn get(&self, provider: &str) -> Option<App> {
        let (client_id, secret) = self.0.get(provider)?;
        providers::is_built_in(provider).then(|| App {
            client_id: client_id.clone(),
            secret: Zeroizing::new(secret.reveal().to_owned()),
        })
    }
}

/// Whether somebody who connects names the host that the app's secret is shown to.
pub(super) fn leads_anywhere(provider: &Provider, oauth: &OAuth2) -> bool {
    let revocation = oauth.revocation.iter().map(|how| how.url.as_str());
    let mut shown = [oauth.token.as_str()].into_iter().chain(revocation);
    let hosts = provider.questions.iter().filter(|one| one.kind == "host");
    let words: Vec<_> = hosts.map(|one| format!("{{{}}}", one.id)).collect();
    shown.any(|address| words.iter().any(|word| address.contains(word)))
}

/// How one logs in there, if that is by OAuth.
pub(super) fn is_oauth(provider: &Provider) -> Option<&OAuth2> {
    match &provider.auth {
        Auth::Oauth2(oauth) => Some(oauth),
        Auth::ApiKey { .. } | Auth::Basic { .. } => None,
    }
}

/// An app that can be shown to a provider.
pub(super) struct App {
    pub client_id: String,
    pub secret: Zeroizing<String>,
}

/// The app that people log in with now.
pub(super) async fn in_use(
    s: &Services,
    db: &mut PgConnection,
    tenant: TenantId,
    provider: &str,
) -> Result<Option<App>> {
    Ok(match of_tenant(s, db, tenant, provider).await? {
        Some(app) => Some(app),
        None => s.connection_apps.get(provider),
    })
}

/// The app with this id: a refresh token is the app's that it was given to.
pub(super) async fn with_id(
    s: &Services,
    db: &mut PgConnection,
    tenant: TenantId,
    provider: &str,
    client_id: Option<&str>,
) -> Result<Option<App>> {
    let is_it = |app: &App| Some(app.client_id.as_str()) == client_id;
    let own = of_tenant(s, db, tenant, provider).await?.filter(is_it);
    Ok(own.or_else(|| s.connection_apps.get(provider).filter(is_it)))
}

async fn of_tenant(
    s: &Services,
    db: &mut PgConnection,
    tenant: TenantId,
    provider: &str,
) -> Result<Option<App>> {
    let Some(stored) = own::app(db, tenant, provider).await? else {
        return Ok(None);
    };
    let cell = cell(tenant, stored.id);
    let secret = s.data_keys.open(db, cell, &stored.secret).await?;
    let secret = std::str::from_utf8(&secret).map_err(|_| anyhow!("an app's secret is no text"))?;
    Ok(Some(App {
        client_id: stored.client_id,
        secret: Zeroizing::new(secret.to_owned()),
    }))
}

fn cell(tenant: TenantId, app: Uuid) -> Cell {
    Cell::of_tenant(&CONNECTION_APP_SECRET, tenant, app)
}

/// An app as the audit log shows it.
#[derive(Serialize)]
struct Shown<'a> {
    client_id: &'a str,
}

impl Facts for Shown<'_> {}

/// Sets the tenant's own app at a provider. Accounts that were connected with another one have to be connected again
/// once their tokens end.
pub async fn set_app(
    s: &Services,
    a: &Actor,
    provider: &str,
    client_id: &str,
    secret: &str,
) -> Result<()> {
    a.require(Permission::ManageConnections)?;
    let client_id = filled("client_id", client_id)?;
    let secret = filled("client_secret", secret)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let provider = providers::find(&mut tx, a.tenant(), provider).await?;
    let provider = provider.ok_or(Refusal::NotFound)?;
    if is_oauth(&provider).is_none() {
        return Err(Refusal::conflict("one does not log in there with an app").into());
    }
    let before = own::app(&mut tx, a.tenant(), &provider.id).await?;
    let app_id = Uuid::now_v7();
    let cell = cell(a.tenant(), app_id);
    let sealed = s.data_keys.seal(&mut tx, cell, secret.as_bytes()).await?;
    let app = own::App {
        id: app_id,
        client_id: client_id.into(),
        secret: sealed,
    };
    own::put_app(&mut tx, a.tenant(), &provider.id, &app).await?;
    let event = Event::new(Act::ProviderAppSet, &provider.id, &provider.name);
    let event = match &before {
        Some(before) => event.before(&Shown {
            client_id: &before.client_id,
        })?,
        None => event,
    };
    audit::record(&mut tx, a, event.after(&Shown { client_id })?).await?;
    store::notify(&mut tx, a.tenant()).await?;
    tx.commit().await
}

/// Forgets the tenant's own app at a provider, and its secret.
pub async fn remove_app(s: &Services, a: &Actor, provider: &str) -> Result<()> {
    a.require(Permission::ManageConnections)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let gone = own::delete_app(&mut tx, a.tenant(), provider).await?;
    let client_id = gone.ok_or(Refusal::NotFound)?;
    let known = providers::find(&mut tx, a.tenant(), provider).await?;
    let name = known.as_ref().map_or(provider, |known| known.name.as_str());
    let removed = Event::new(Act::ProviderAppRemoved, provider, name).before(&Shown {
        client_id: &client_id,
    })?;
    audit::record(&mut tx, a, removed).await?;
    store::notify(&mut tx, a.tenant()).await?;
    tx.commit().await
}

fn filled<'a>(field: &str, text: &'a str) -> Result<&'a str, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Refusal::invalid(field, "please fill this in"));
    }
    if text.len() > LONGEST || text.chars().any(char::is_control) {
        return Err(Refusal::invalid(
            field,
            "this is too long, or has line breaks",
        ));
    }
    Ok(text)
}

/// Whose app people log in with, where they do.
pub(super) fn source(s: &Services, of_tenant: &[String], provider: &str) -> AppSource {
    if of_tenant.iter().any(|known| known == provider) {
        AppSource::Tenant
    } else if s.connection_apps.has(provider) {
        AppSource::Instance
    } else {
        AppSource::None
    }
}
