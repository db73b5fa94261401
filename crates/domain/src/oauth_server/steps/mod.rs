//! What clients sent and were told, step by step, for whoever wonders why a log-in fails. Kept a week; no secret gets
//! in, and nobody who is not let in fills the database: a tenant's steps are counted.

mod advice;
mod store;
mod trail;

use super::{Asked, Audience, Decided, Fault, clients};
use crate::{Actor, Origin, Result, Services, changes::What};
use api_types::{
    Permission, TenantId,
    oauth::{Conversation, StepKind, StepView},
};
use futures::Stream;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use oauth::{ClientMetadata, OAuthError, TokenForm};
use std::{
    net::IpAddr,
    num::NonZeroU32,
    sync::{LazyLock, OnceLock},
    time::{Duration, Instant},
};
use time::OffsetDateTime;
use tokio::sync::Semaphore;
pub(super) use trail::Trail;
use uuid::Uuid;

/// Steps of one tenant that are kept in a minute on this server.
const A_MINUTE: NonZeroU32 = NonZeroU32::new(120).expect("not zero");

/// Steps of one client or program that are so close belong together.
const APART: time::Duration = time::Duration::minutes(10);

/// Steps that are being written at once. One more is left out: no client waits for its step.
static WRITERS: Semaphore = Semaphore::const_new(8);

/// Whose request it is, as far as a step tells.
#[derive(Clone, Debug)]
pub struct Seen {
    /// From where.
    pub address: IpAddr,
    /// With what program, by its own word; at most 200 characters are kept.
    pub agent: Option<String>,
    /// The id that is in the answer and in the log.
    pub request_id: Uuid,
    /// When it arrived here.
    pub arrived: Instant,
}

impl Seen {
    pub(super) fn origin(&self) -> Origin {
        Origin::request(self.address, self.request_id)
    }
}

/// A step, ready to be kept.
#[derive(Debug)]
pub struct Step {
    /// What it was.
    pub kind: StepKind,
    /// The client's name for itself, and for people.
    pub client: Option<(String, String)>,
    /// The word of the protocol, where it was refused.
    pub error: Option<String>,
    /// What happened, and how to mend it.
    pub told: String,
    /// What was sent, secrets left out.
    pub sent: Vec<(String, String)>,
}

/// Where a step belongs.
#[derive(Clone, Debug)]
pub enum Place {
    /// A tenant.
    Tenant(TenantId),
    /// A tenant by its name in addresses; an unknown one has no steps.
    Slug(String),
}

/// Keeps a step, after the answer: nobody waits for it.
fn record(s: &Services, place: Place, seen: &Seen, step: Step) {
    static LIMITS: LazyLock<DefaultKeyedRateLimiter<String>> =
        LazyLock::new(|| RateLimiter::keyed(Quota::per_minute(A_MINUTE)));
    static SWEPT: OnceLock<std::sync::Mutex<Instant>> = OnceLock::new();
    let key = match &place {
        Place::Tenant(tenant) => tenant.to_string(),
        Place::Slug(slug) => slug.clone(),
    };
    if LIMITS.check_key(&key).is_err() {
        return;
    }
    let swept = SWEPT.get_or_init(|| std::sync::Mutex::new(Instant::now()));
    if let Ok(mut swept) = swept.try_lock()
        && swept.elapsed() > Duration::from_mins(5)
    {
        *swept = Instant::now();
        LIMITS.retain_recent();
    }
    let Ok(permit) = WRITERS.try_acquire() else {
        return;
    };
    let (s, seen) = (s.clone(), seen.clone());
    tokio::spawn(async move {
        if let Err(error) = keep(&s, place, &seen, &step).await {
            tracing::warn!(
                error = error.for_the_log(),
                "a step of a log-in was not kept"
            );
        }
        drop(permit);
    });
}

/// Keeps that a client of a tenant was asked to log in, or that its token is not good.
pub fn challenged(s: &Services, slug: &str, seen: &Seen, had_token: bool) {
    let told = if had_token {
        "Its access token is over, was revoked, or is for another resource. It was told to refresh or to log in."
    } else {
        advice::of_success(StepKind::Challenged)
    };
    let step = Step {
        kind: StepKind::Challenged,
        client: None,
        error: had_token.then(|| "invalid_token".into()),
        told: told.into(),
        sent: Vec::new(),
    };
    record(s, Place::Slug(slug.into()), seen, step);
}

/// Keeps that a client read about a tenant's endpoint.
pub fn described(s: &Services, slug: &str, seen: &Seen) {
    let step = Step {
        kind: StepKind::Metadata,
        client: None,
        error: None,
        told: advice::of_success(StepKind::Metadata).into(),
        sent: Vec::new(),
    };
    record(s, Place::Slug(slug.into()), seen, step);
}

/// Keeps that a client needs a scope which its token lacks.
pub fn lacked(s: &Services, tenant: TenantId, seen: &Seen, client: (String, String), scope: &str) {
    let step = Step {
        kind: StepKind::Scope,
        client: Some(client),
        error: Some("insufficient_scope".into()),
        told: format!(
            "Its token does not open {scope}. It was told so, and can log in again with more; what the person's \
             role does not allow, no log-in opens."
        ),
        sent: Vec::new(),
    };
    record(s, Place::Tenant(tenant), seen, step);
}

/// Keeps what became of a client's question, where it says which tenant it is about.
pub fn asked(
    s: &Services,
    seen: &Seen,
    query: &str,
    outcome: &std::result::Result<(Asked, Option<OAuthError>), Fault>,
) {
    // A query that cannot be read whole is read as far as it goes.
    let form = TokenForm::parse(query.as_bytes()).unwrap_or_default();
    let resource = form.get("resource");
    let Some(Audience::Tenant(slug)) =
        resource.and_then(|resource| Audience::parse(&s.public_url, resource))
    else {
        return;
    };
    let error = match outcome {
        Ok((_, error)) => error.as_ref(),
        Err(Fault::Told(error)) => Some(error),
        Err(_) => return,
    };
    let told = error.map_or_else(
        || advice::of_success(StepKind::Authorize).to_owned(),
        |error| advice::of_error(StepKind::Authorize, error),
    );
    let cut = |id: &str| id.chars().take(300).collect::<String>();
    let step = Step {
        kind: StepKind::Authorize,
        client: form.get("client_id").map(|id| (cut(id), cut(id))),
        error: error.map(|error| error.code.as_str().into()),
        told,
        sent: trail::redacted(form.iter()),
    };
    record(s, Place::Slug(slug), seen, step);
}

/// Keeps what a person decided.
pub fn decided(s: &Services, seen: &Seen, decided: &Decided) {
    let Some(place) = decided.place.clone() else {
        return;
    };
    let step = Step {
        kind: StepKind::Consent,
        client: Some((decided.oauth_id.clone(), decided.client_name.clone())),
        error: (!decided.allowed).then(|| "access_denied".into()),
        told: if decided.allowed {
            advice::of_success(StepKind::Consent).into()
        } else {
            "The person said no, and the client was told so.".into()
        },
        sent: Vec::new(),
    };
    record(s, place, seen, step);
}

async fn keep(s: &Services, place: Place, seen: &Seen, step: &Step) -> Result<()> {
    let tenant = match place {
        Place::Tenant(tenant) => Some(tenant),
        Place::Slug(slug) => store::tenant_of(&mut *s.db.global().await?, &slug).await?,
    };
    let Some(tenant) = tenant else {
        return Ok(());
    };
    let registered = match &step.client {
        Some((id, _)) if step.kind == StepKind::Authorize => registration(s, id).await?,
        _ => None,
    };
    let mut tx = s.db.tenant_tx(tenant).await?;
    if let Some(registered) = registered
        && !store::is_told(&mut tx, tenant, &registered).await?
    {
        store::insert(&mut tx, tenant, seen, &registered).await?;
    }
    store::insert(&mut tx, tenant, seen, step).await?;
    tx.commit().await
}

/// That a client has just registered itself, which is told where it asks for a person's consent first: before that it
/// belongs to no tenant.
async fn registration(s: &Services, oauth_id: &str) -> Result<Option<Step>> {
    let known = clients::registered_lately(&mut *s.db.global().await?, oauth_id).await?;
    let Some(metadata) = known else {
        return Ok(None);
    };
    let metadata = ClientMetadata::parse(metadata.as_bytes());
    let metadata = metadata.map_err(anyhow::Error::from)?;
    let name = metadata.name.unwrap_or_else(|| oauth_id.to_owned());
    let mut sent = vec![(
        "token_endpoint_auth_method".to_owned(),
        metadata.auth_method.as_str().to_owned(),
    )];
    let uris = metadata.redirect_uris.into_iter();
    sent.extend(uris.map(|uri| ("redirect_uri".to_owned(), uri)));
    Ok(Some(Step {
        kind: StepKind::Registered,
        client: Some((oauth_id.to_owned(), name)),
        error: None,
        told: advice::of_success(StepKind::Registered).into(),
        sent,
    }))
}

/// The newest conversations, the newest first: steps of one client, or of one program that has not named itself,
/// that are not far apart.
pub async fn conversations(s: &Services, a: &Actor) -> Result<Vec<Conversation>> {
    a.require(Permission::ViewClients)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let steps = store::newest(&mut tx, a.tenant()).await?;
    tx.commit().await?;
    let mut conversations: Vec<Conversation> = Vec::new();
    for step in steps {
        let place = conversations
            .iter()
            .rposition(|conversation| belongs(conversation, &step));
        let mut conversation = if let Some(place) = place {
            conversations.remove(place)
        } else {
            Conversation {
                name: step.agent.clone().unwrap_or_else(|| step.address.clone()),
                oauth_id: None,
                steps: Vec::new(),
            }
        };
        name(&mut conversation, &step);
        conversation.steps.push(step);
        conversations.push(conversation);
    }
    conversations.reverse();
    Ok(conversations)
}

fn name(conversation: &mut Conversation, step: &StepView) {
    let is_unnamed = conversation.oauth_id.is_none();
    if step.oauth_id.is_some() {
        conversation.oauth_id.clone_from(&step.oauth_id);
    }
    // A step that knows no name has the client's id for one.
    if let Some(name) = &step.client_name
        && (is_unnamed || step.oauth_id.as_ref() != Some(name))
    {
        conversation.name.clone_from(name);
    }
}

fn belongs(conversation: &Conversation, step: &StepView) -> bool {
    let Some(last) = conversation.steps.last() else {
        return false;
    };
    if step.at - last.at > APART {
        return false;
    }
    let is_near = last.address == step.address;
    match (&conversation.oauth_id, &step.oauth_id) {
        (Some(one), Some(other)) => one == other,
        // Until a client has named itself, what it is known by is where it comes from. A person's browser comes from
        // the same place with another program.
        (None, _) => is_near,
        // Whoever asks anew without a token begins anew.
        (Some(_), None) => is_near && step.error.is_some(),
    }
}

/// Yields whenever the tenant has new steps, and at once if it may have some since that moment.
pub fn live(
    s: &Services,
    a: &Actor,
    since: Option<OffsetDateTime>,
) -> impl Stream<Item = ()> + Send + use<> {
    s.changes.told(a.tenant(), What::Steps, since)
}

pub(super) use store::delete_old;
