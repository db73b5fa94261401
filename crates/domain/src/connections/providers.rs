//! Which providers there are for a tenant: those of this build, and those that it describes itself.

use super::{apps::is_oauth, store::own};
use crate::{
    Actor, Result, Services,
    audit::{self, Event, Facts},
};
use anyhow::Context as _;
use api_types::{Permission, Refusal, TenantId, audit::Act};
use connector::{Provider, catalogue};
use serde::Serialize;
use sqlx::PgConnection;
use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

/// A description is read whole.
const LONGEST: usize = 64 * 1024;

/// A tenant describes at most so many.
const MOST: usize = 100;

/// Those of this build, shared by whoever holds one.
static BUILT_IN: LazyLock<BTreeMap<&'static str, Arc<Provider>>> = LazyLock::new(|| {
    let providers = catalogue().providers.iter();
    providers
        .map(|provider| (provider.id.as_str(), Arc::new(provider.clone())))
        .collect()
});

/// Whether it is one of this build. Those go first: an app of this instance never serves one that a tenant describes.
pub(super) fn is_built_in(id: &str) -> bool {
    BUILT_IN.contains_key(id)
}

/// The provider with this id.
pub(super) async fn find(
    db: &mut PgConnection,
    tenant: TenantId,
    id: &str,
) -> Result<Option<Arc<Provider>>> {
    if let Some(known) = BUILT_IN.get(id) {
        return Ok(Some(known.clone()));
    }
    let own = own::description(db, tenant, id).await?;
    own.map(|text| read(&text).map(Arc::new)).transpose()
}

/// The same; what the tenant describes stays as it is until the transaction ends.
pub(super) async fn held(
    db: &mut PgConnection,
    tenant: TenantId,
    id: &str,
) -> Result<Option<Arc<Provider>>> {
    if let Some(known) = BUILT_IN.get(id) {
        return Ok(Some(known.clone()));
    }
    let own = own::share_description(db, tenant, id).await?;
    own.map(|text| read(&text).map(Arc::new)).transpose()
}

/// All of them by name, and whether the tenant has described it.
pub(super) async fn all(
    db: &mut PgConnection,
    tenant: TenantId,
) -> Result<Vec<(Arc<Provider>, bool)>> {
    let mut all: Vec<_> = BUILT_IN
        .values()
        .map(|provider| (provider.clone(), false))
        .collect();
    for text in own::descriptions(db, tenant).await? {
        let provider = read(&text)?;
        if !is_built_in(&provider.id) {
            all.push((Arc::new(provider), true));
        }
    }
    all.sort_by_key(|(provider, _)| provider.name.to_lowercase());
    Ok(all)
}

/// The provider with this id, for the toolkit.
pub(crate) async fn known(
    s: &Services,
    tenant: TenantId,
    id: &str,
) -> Result<Option<Arc<Provider>>> {
    if let Some(known) = BUILT_IN.get(id) {
        return Ok(Some(known.clone()));
    }
    let mut tx = s.db.tenant_tx(tenant).await?;
    let found = find(&mut tx, tenant, id).await?;
    tx.commit().await?;
    Ok(found)
}

fn read(description: &str) -> Result<Provider> {
    Ok(serde_json::from_str(description).context("a provider that a tenant describes")?)
}

/// A description as the audit log shows it.
#[derive(Serialize)]
struct Described<'a> {
    name: &'a str,
    api: &'a str,
    /// Where codes and refresh tokens go.
    token: Option<&'a str>,
}

impl Facts for Described<'_> {}

impl<'a> Described<'a> {
    fn of(provider: &'a Provider) -> Self {
        Self {
            name: &provider.name,
            api: &provider.api.base,
            token: is_oauth(provider).map(|oauth| oauth.token.as_str()),
        }
    }
}

/// Takes a tenant's own description of a provider, in the form of the files of this build. Answers its id.
///
/// One that is in use keeps its addresses: whoever describes it could lead its accounts' tokens elsewhere, and need not
/// be whoever connected them.
pub async fn describe(s: &Services, a: &Actor, toml: &str) -> Result<String> {
    a.require(Permission::ManageApis)?;
    let provider = checked(s, toml)?;
    let id = provider.id.as_str();
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    if own::is_word_of_api(&mut tx, a.tenant(), id).await? {
        return Err(Refusal::taken("id").into());
    }
    let before = own::lock_description(&mut tx, a.tenant(), id).await?;
    let before = before.map(|text| read(&text)).transpose()?;
    if let Some(before) = &before {
        let same = before.api == provider.api
            && before.auth == provider.auth
            && before.questions == provider.questions;
        if !same && own::is_in_use(&mut tx, a.tenant(), id).await? {
            let message = "it is in use: disconnect its accounts and remove its app, or describe \
                           another one beside it";
            return Err(Refusal::conflict(message).into());
        }
    } else if own::descriptions(&mut tx, a.tenant()).await?.len() >= MOST {
        return Err(
            Refusal::conflict(format!("there are {MOST} already; remove one first")).into(),
        );
    }
    let text = serde_json::to_string(&provider).context("writing a provider down")?;
    own::put_description(&mut tx, a.tenant(), id, &text).await?;
    let event = Event::new(Act::ProviderDescribed, id, &provider.name);
    let event = match &before {
        Some(before) => event.before(&Described::of(before))?,
        None => event,
    };
    audit::record(&mut tx, a, event.after(&Described::of(&provider))?).await?;
    super::store::notify(&mut tx, a.tenant()).await?;
    tx.commit().await?;
    Ok(provider.id)
}

/// Forgets a tenant's own description. Refused while something is connected by it.
pub async fn remove_provider(s: &Services, a: &Actor, id: &str) -> Result<()> {
    a.require(Permission::ManageApis)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let before = own::lock_description(&mut tx, a.tenant(), id).await?;
    let before = read(&before.ok_or(Refusal::NotFound)?)?;
    if own::is_in_use(&mut tx, a.tenant(), id).await? {
        let message = "it is in use: disconnect its accounts and remove its app first";
        return Err(Refusal::conflict(message).into());
    }
    own::delete_description(&mut tx, a.tenant(), id).await?;
    let removed =
        Event::new(Act::ProviderRemoved, id, &before.name).before(&Described::of(&before))?;
    audit::record(&mut tx, a, removed).await?;
    super::store::notify(&mut tx, a.tenant()).await?;
    tx.commit().await
}

fn checked(s: &Services, toml: &str) -> Result<Provider> {
    let wrong = |words: String| Refusal::invalid("description", words);
    if toml.len() > LONGEST {
        return Err(wrong(format!("it is longer than {LONGEST} bytes")).into());
    }
    let provider = Provider::parse(toml).map_err(|error| wrong(error.to_string()))?;
    // Which hosts may be asked without TLS is the operator's to say, and is checked with each address below.
    provider
        .check(true)
        .map_err(|error| wrong(error.to_string()))?;
    if is_built_in(&provider.id) || s.toolkits.get(&provider.id).is_some() {
        return Err(Refusal::taken("id").into());
    }
    for address in addresses(&provider) {
        // Words in an address are not known yet; what they make of it is checked with each call.
        let example = example(&provider, address);
        s.outbound
            .url(&example)
            .map_err(|error| wrong(format!("{address}: {error}")))?;
    }
    Ok(provider)
}

/// The addresses of a provider at which secrets are shown.
fn addresses(provider: &Provider) -> Vec<&str> {
    let mut all = vec![provider.api.base.as_str()];
    if let Some(oauth) = is_oauth(provider) {
        all.extend([oauth.authorize.as_str(), oauth.token.as_str()]);
        all.extend(oauth.revocation.iter().map(|how| how.url.as_str()));
    }
    // One that is a single word is remembered from an answer, and is checked then.
    all.retain(|address| address.contains("://"));
    all
}

/// An address with something harmless in place of each word.
fn example(provider: &Provider, address: &str) -> String {
    let mut example = address.to_owned();
    for question in &provider.questions {
        let word = if question.kind == "host" {
            "example.com"
        } else {
            "word"
        };
        example = example.replace(&format!("{{{}}}", question.id), word);
    }
    example.replace(['{', '}'], "")
}
