//! What a person is asked, and what they decide.

use super::{answer, connect, connect::Allowed, store};
use crate::{
    Actor, Origin, Result, Services,
    actor::Who,
    apis,
    members::{self, SignedIn},
    oauth_server::{Audience, Fault, clients, clients::Of, steps::Place},
    roles, toolkits, users,
};
use api_types::{
    OauthRequestId, Refusal, TenantId,
    oauth::{ClientSource, ConsentScope, ConsentTenant, ConsentView},
};
use oauth::{Scopes, redirect};

/// A decision as a form sends it.
#[derive(Debug)]
pub struct Wanted {
    /// The request that it answers.
    pub request: OauthRequestId,
    /// Whether the client is let in.
    pub allow: bool,
    /// The tenant that was chosen.
    pub tenant: String,
    /// What was allowed.
    pub scopes: Vec<String>,
    /// Whether to ask again the next time.
    pub remember: bool,
}

/// Where a decision leads, and whom it concerns.
#[derive(Debug)]
pub struct Decided {
    /// The client's address, with a code or a refusal.
    pub url: String,
    /// The client's name for itself.
    pub oauth_id: String,
    /// Its name.
    pub client_name: String,
    /// Whether it was let in.
    pub allowed: bool,
    /// The tenant that was asked for or chosen.
    pub(in crate::oauth_server) place: Option<Place>,
}

/// What the page shows. A request that is over is missing.
pub async fn consent(s: &Services, who: SignedIn, id: OauthRequestId) -> Result<ConsentView> {
    let mut db = s.db.global().await?;
    let kept = store::kept(&mut db, id).await?.ok_or(Refusal::NotFound)?;
    let person = users::by_id(&mut db, who.user).await?;
    let person = person.ok_or(Refusal::SignedOut)?;
    drop(db);
    let client = found(s, &kept.oauth_id).await?;
    let wanted = wanted(s, &kept);
    let tenants = tenants(s, who, &client, &kept, &wanted).await?;
    let elsewhere = elsewhere(s, who, &tenants).await?;
    let host = redirect::host(&kept.redirect_uri);
    let scheme = || kept.redirect_uri.split(':').next().unwrap_or_default();
    Ok(ConsentView {
        request: id,
        verified_host: (client.source == ClientSource::Document)
            .then(|| redirect::host(&client.oauth_id).map(str::to_owned))
            .flatten(),
        client_name: client.name,
        source: client.source,
        redirect_host: host.map_or_else(|| format!("{}:", scheme()), str::to_owned),
        is_local: !redirect::is_https(&kept.redirect_uri)
            || redirect::is_loopback(&kept.redirect_uri),
        email: person.email,
        tenants,
        scopes: scopes_in_words(s, &wanted, &elsewhere),
    })
}

/// Takes a decision. What is refused can be decided again; what is decided is over.
pub async fn decide(
    s: &Services,
    who: SignedIn,
    origin: Origin,
    wanted: Wanted,
) -> Result<Decided> {
    let mut db = s.db.global().await?;
    let kept = store::kept(&mut db, wanted.request).await?;
    let kept = kept.ok_or(Refusal::NotFound)?;
    if !wanted.allow {
        store::forget(&mut db, wanted.request).await?;
        let told = [
            ("error", "access_denied"),
            ("error_description", "the person did not allow it"),
        ];
        let named = kept.resource.as_deref();
        let place = match named.and_then(|named| Audience::parse(&s.public_url, named)) {
            Some(Audience::Tenant(slug)) => Some(Place::Slug(slug)),
            _ => None,
        };
        return Ok(Decided {
            url: answer(s, &kept.redirect_uri, kept.state.as_deref(), &told),
            client_name: kept.oauth_id.clone(),
            oauth_id: kept.oauth_id,
            allowed: false,
            place,
        });
    }
    drop(db);
    let client = found(s, &kept.oauth_id).await?;
    let actor = members::actor(s, who, &wanted.tenant).await?;
    let actor = actor.seen_from(origin);
    let audience = audience(s, &kept, &actor)?;
    if let Of::Tenant(tenant, _) = client.of
        && tenant != actor.tenant()
    {
        return Err(Refusal::NotFound.into());
    }
    let scopes = chosen(s, &kept, &actor, &wanted.scopes)?;
    let is_local =
        !redirect::is_https(&kept.redirect_uri) || redirect::is_loopback(&kept.redirect_uri);
    let tenant = actor.tenant();
    let allowed = Allowed {
        client,
        actor,
        redirect_uri: kept.redirect_uri.clone(),
        challenge: kept.challenge,
        resource: audience.url(&s.public_url),
        scopes,
        remember: wanted.remember && !is_local,
        request: Some(wanted.request),
    };
    let code = connect::connect(s, &allowed).await?;
    let told = [("code", &*code)];
    Ok(Decided {
        url: answer(s, &kept.redirect_uri, kept.state.as_deref(), &told),
        oauth_id: kept.oauth_id,
        client_name: allowed.client.name,
        allowed: true,
        place: Some(Place::Tenant(tenant)),
    })
}

async fn found(s: &Services, oauth_id: &str) -> Result<clients::Client> {
    match clients::find(s, oauth_id).await {
        Ok(found) => Ok(found.ok_or(Refusal::NotFound)?),
        Err(Fault::Told(error)) => Err(Refusal::conflict(error.description).into()),
        Err(Fault::TooMany {
            retry_after_seconds,
        }) => Err(Refusal::TooMany {
            retry_after_seconds,
        }
        .into()),
        Err(Fault::Broken(error)) => Err(error),
    }
}

/// What is asked for; where nothing is named, everything.
fn wanted(s: &Services, kept: &store::Kept) -> Vec<String> {
    let asked = kept.scopes.clone();
    asked.unwrap_or_else(|| toolkits::scopes(&s.toolkits))
}

/// The tenants that can be chosen, with what the person's role allows in each.
async fn tenants(
    s: &Services,
    who: SignedIn,
    client: &clients::Client,
    kept: &store::Kept,
    wanted: &[String],
) -> Result<Vec<ConsentTenant>> {
    let named = kept.resource.as_deref();
    let named = named.and_then(|resource| Audience::parse(&s.public_url, resource));
    let all = members::of(&mut *s.db.global().await?, who.user).await?;
    let mut tenants = Vec::new();
    let mut refused = None;
    for known in all {
        if let Some(Audience::Tenant(slug)) = &named
            && *slug != known.slug
        {
            continue;
        }
        let actor = match members::actor(s, who, &known.slug).await {
            Ok(actor) => actor,
            Err(error) => {
                refused = Some(error);
                continue;
            }
        };
        if matches!(client.of, Of::Tenant(tenant, _) if tenant != actor.tenant()) {
            continue;
        }
        tenants.push(ConsentTenant {
            slug: known.slug,
            name: known.name,
            scopes: roles::narrowed(&known.role, wanted),
        });
    }
    match (tenants.is_empty(), refused) {
        // The tenant's own rules say what is missing, such as a second factor.
        (true, Some(error)) => Err(error),
        (true, None) => Err(Refusal::NotFound.into()),
        _ => Ok(tenants),
    }
}

/// What the answer's token is for.
fn audience(s: &Services, kept: &store::Kept, actor: &Actor) -> Result<Audience> {
    let named = kept.resource.as_deref();
    match named.and_then(|resource| Audience::parse(&s.public_url, resource)) {
        Some(Audience::Tenant(slug)) if slug != actor.slug() => Err(Refusal::NotFound.into()),
        Some(audience) => Ok(audience),
        None => Ok(Audience::Tenant(actor.slug().into())),
    }
}

/// What was chosen, as far as it was asked for and the person's role allows it.
fn chosen(
    s: &Services,
    kept: &store::Kept,
    actor: &Actor,
    scopes: &[String],
) -> Result<Vec<String>> {
    let Who::Member { role, .. } = actor.who() else {
        return Err(Refusal::NotFound.into());
    };
    let asked: Scopes = roles::narrowed(role, &wanted(s, kept))
        .into_iter()
        .collect();
    let chosen: Scopes = scopes.iter().cloned().collect();
    let chosen = chosen.intersection(&asked).to_vec();
    if chosen.is_empty() {
        let message = "choose at least one thing that your role allows, or deny";
        return Err(Refusal::invalid("scope", message).into());
    }
    Ok(chosen)
}

/// A tool that acts at another service: its name, its title, and what it does there.
type Elsewhere = (String, String, toolkits::Access);

/// The tools that act elsewhere and are on in one of the tenants.
async fn elsewhere(
    s: &Services,
    who: SignedIn,
    tenants: &[ConsentTenant],
) -> Result<Vec<Elsewhere>> {
    let mut found: Vec<Elsewhere> = Vec::new();
    for tenant in tenants {
        let actor = members::actor(s, who, &tenant.slug).await?;
        let mut tx = s.db.tenant_tx(actor.tenant()).await?;
        let own = apis::registry(s, &mut tx, actor.tenant()).await?;
        let on = toolkits::switched(&mut tx, [&s.toolkits, &own], actor.tenant()).await?;
        tx.commit().await?;
        let all = s.toolkits.tools().iter().chain(own.tools());
        let here =
            all.filter(|tool| tool.toolkit.is_elsewhere() && on.contains(&tool.toolkit.name()));
        for tool in here.map(|tool| &tool.spec) {
            if !found.iter().any(|(name, ..)| *name == tool.name) {
                found.push((tool.name.to_string(), tool.title.to_string(), tool.access));
            }
        }
    }
    Ok(found)
}

fn scopes_in_words(s: &Services, scopes: &[String], elsewhere: &[Elsewhere]) -> Vec<ConsentScope> {
    let words = |scope: &String| {
        let (toolkit, access) = scope.split_once(':')?;
        let write = access == "write";
        if toolkit == toolkits::CONNECTIONS {
            let opened = elsewhere.iter();
            let opened = opened.filter(|(.., access)| write || *access == toolkits::Access::Read);
            let about = if write {
                "Change things at connected services"
            } else {
                "Read from connected services"
            };
            return Some(ConsentScope {
                scope: scope.clone(),
                about: about.into(),
                tools: opened
                    .map(|(name, title, _)| (name.clone(), title.clone()))
                    .collect(),
            });
        }
        let known = s.toolkits.get(toolkit)?;
        let title = known.title().to_lowercase();
        let opened = known.tools().iter();
        let tools = opened
            .filter(|tool| write || tool.access == toolkits::Access::Read)
            .map(|tool| (tool.name.to_string(), tool.title.to_string()));
        Some(ConsentScope {
            scope: scope.clone(),
            about: if write {
                format!("Read and change your {title}")
            } else {
                format!("Read your {title}")
            },
            tools: tools.collect(),
        })
    };
    scopes.iter().filter_map(words).collect()
}

/// The name in addresses of a tenant, if the person belongs to it.
pub(super) async fn slug_of(
    s: &Services,
    who: SignedIn,
    tenant: TenantId,
) -> Result<Option<String>> {
    let all = members::of(&mut *s.db.global().await?, who.user).await?;
    for known in all {
        if let Ok(actor) = members::actor(s, who, &known.slug).await
            && actor.tenant() == tenant
        {
            return Ok(Some(known.slug));
        }
    }
    Ok(None)
}
