//! The way to a tenant's provider and back, and who somebody is at its end.

use super::{connection, redirect_uri, store};
use crate::{
    Actor, Origin, Result, Services, TenantTx,
    actor::Who,
    audit::{self, Event, Facts},
    members,
    plans::{self, Counted},
    sign_in_with::{
        self, Answer, Profile, Started, Unacceptable, Wish,
        oidc::{Registration, Trip},
    },
    throttle,
    users::{self, SignIn},
};
use api_types::{
    MemberRole, Permission, Refusal, TenantId, UserId,
    audit::Act,
    input::{Email, PersonName},
    sign_in_with::Failure,
};
use serde::Serialize;
use std::net::IpAddr;
use uuid::Uuid;

/// The job that changes roles as groups say.
const JOB: &str = "single sign-on";

/// How an attempt ended.
#[derive(Debug)]
pub struct Finished {
    /// What was wanted: to be signed in, or to test; signing in where the attempt is not known.
    pub wish: Wish,
    /// Where to go then.
    pub next: String,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of an attempt.
#[derive(Debug)]
pub enum Outcome {
    /// Somebody is known, or is now; the last says whether they have just been created.
    Known(SignIn, bool),
    /// The connection works.
    Tested,
    /// Nothing.
    Failed(Failure),
}

#[derive(Serialize)]
struct Held<'a> {
    role: &'a str,
}

impl Facts for Held<'_> {}

/// Leads somebody to the provider of their address's domain. `None` when there is none, or it cannot be reached.
pub async fn start(
    s: &Services,
    address: IpAddr,
    browser: &str,
    email: &str,
    next: &str,
) -> Result<Option<Started>> {
    throttle::count_attempt(&s.db, address).await?;
    let email = Email::parse(email)?;
    let tenant =
        store::tenant_of_domain(&mut *s.db.global().await?, domain_of(email.as_str())).await?;
    match tenant {
        Some(tenant) => lead(s, tenant, browser, Wish::SignIn, next).await,
        None => Ok(None),
    }
}

/// Leads somebody to the provider to see whether it works.
pub async fn start_test(s: &Services, a: &Actor, browser: &str) -> Result<Option<Started>> {
    a.require(Permission::ManageSecurity)?;
    let user = a.user().ok_or(Refusal::NotFound)?;
    throttle::count_attempt(&s.db, a.origin().address()).await?;
    let next = format!("/t/{}/sso", a.slug());
    lead(s, a.tenant(), browser, Wish::Test(user), &next).await
}

async fn lead(
    s: &Services,
    tenant: TenantId,
    browser: &str,
    wish: Wish,
    next: &str,
) -> Result<Option<Started>> {
    let at = registration(s, tenant).await?.ok_or(Refusal::NotFound)?;
    let trip = Trip::new(redirect_uri(s, tenant), wish);
    let issuers = s.providers.issuers_of_tenants();
    let url = async { issuers.get(&at).await?.authorization_url(&at, &trip) };
    match url.await {
        Ok(url) => {
            sign_in_with::keep(s, browser, &provider(tenant), wish, next, &trip).await?;
            let name = "your company's sign-in".into();
            Ok(Some(Started { name, url }))
        }
        Err(error) => {
            tracing::warn!(%tenant, %error, "no single sign-on there");
            Ok(None)
        }
    }
}

/// Takes a provider's answer, once, in the browser that began.
pub async fn finish(
    s: &Services,
    tenant: TenantId,
    browser: &str,
    signed_in: Option<UserId>,
    origin: Origin,
    answer: Answer,
) -> Result<Finished> {
    let attempt = sign_in_with::taken(s, browser, &provider(tenant), &answer.state).await?;
    let Some(attempt) = attempt else {
        return Ok(Finished {
            wish: Wish::SignIn,
            next: String::new(),
            outcome: Outcome::Failed(Failure::Expired),
        });
    };
    let (wish, next) = (attempt.wish, attempt.next.clone());
    let trip = attempt.trip(redirect_uri(s, tenant));
    let outcome = match ask(s, tenant, &trip, &answer).await? {
        Ok(profile) => weigh(s, tenant, wish, signed_in, origin, &profile).await?,
        Err(failure) => Outcome::Failed(failure),
    };
    Ok(Finished {
        wish,
        next,
        outcome,
    })
}

/// What the provider says of whoever came back.
async fn ask(
    s: &Services,
    tenant: TenantId,
    trip: &Trip,
    answer: &Answer,
) -> Result<Result<Profile, Failure>> {
    let Some(at) = registration(s, tenant).await? else {
        return Ok(Err(Failure::Expired));
    };
    let code = match answer.code() {
        Ok(code) => code,
        Err(failure) => return Ok(Err(failure)),
    };
    let profile = profile(s, &at, trip, code, answer.iss.as_deref()).await;
    Ok(profile.map_err(|error| {
        tracing::warn!(%tenant, %error, "an answer of single sign-on is not accepted");
        Failure::Provider
    }))
}

async fn profile(
    s: &Services,
    at: &Registration,
    trip: &Trip,
    code: &str,
    iss: Option<&str>,
) -> Result<Profile, Unacceptable> {
    let issuer = s.providers.issuers_of_tenants().get(at).await?;
    issuer.check_sender(iss)?;
    issuer.profile(at, trip, code).await
}

async fn weigh(
    s: &Services,
    tenant: TenantId,
    wish: Wish,
    signed_in: Option<UserId>,
    origin: Origin,
    profile: &Profile,
) -> Result<Outcome> {
    match wish {
        Wish::Test(user) if signed_in == Some(user) => test(s, tenant, user, origin, profile).await,
        Wish::SignIn => sign_in(s, tenant, origin, profile).await,
        _ => Ok(Outcome::Failed(Failure::Expired)),
    }
}

async fn registration(s: &Services, tenant: TenantId) -> Result<Option<Registration>> {
    let mut tx = s.db.tenant_tx(tenant).await?;
    let Some(known) = store::connection(&mut tx, tenant).await? else {
        return Ok(None);
    };
    let client_secret = connection::secret(s, &mut tx, tenant, &known).await?;
    tx.commit().await?;
    Ok(Some(Registration {
        issuer: known.issuer,
        client_id: known.client_id,
        client_secret,
        microsoft: false,
    }))
}

/// Notes that somebody of the tenant went the whole way with what is set.
async fn test(
    s: &Services,
    tenant: TenantId,
    user: UserId,
    origin: Origin,
    profile: &Profile,
) -> Result<Outcome> {
    let mut tx = s.db.tenant_tx(tenant).await?;
    if let Err(failure) = asserted(&mut tx, tenant, profile).await? {
        return Ok(Outcome::Failed(failure));
    }
    let member = members::locked(&mut tx, tenant, user).await?;
    let Some(role) = member.map(|member| member.role) else {
        return Ok(Outcome::Failed(Failure::Expired));
    };
    let a = Actor::new(tenant, String::new(), Who::Member { user, role }).seen_from(origin);
    a.require(Permission::ManageSecurity)?;
    store::set_tested(&mut tx, tenant).await?;
    audit::record(
        &mut tx,
        &a,
        Event::new(Act::SsoTested, tenant, &profile.issuer),
    )
    .await?;
    tx.commit().await?;
    Ok(Outcome::Tested)
}

/// The address that the provider asserts, if it may speak for it.
async fn asserted(
    tx: &mut TenantTx,
    tenant: TenantId,
    profile: &Profile,
) -> Result<Result<Email, Failure>> {
    let denied = profile.claims.get("email_verified") == Some(&serde_json::Value::Bool(false));
    let email = profile.email.as_deref().map(Email::parse);
    let Some(Ok(email)) = email.filter(|_| !denied) else {
        return Ok(Err(Failure::AddressUnverified));
    };
    let own = store::owns(tx, tenant, domain_of(email.as_str())).await?;
    Ok(if own {
        Ok(email)
    } else {
        Err(Failure::ForeignAddress)
    })
}

async fn sign_in(
    s: &Services,
    tenant: TenantId,
    origin: Origin,
    profile: &Profile,
) -> Result<Outcome> {
    let mut tx = s.db.tenant_tx(tenant).await?;
    let email = match asserted(&mut tx, tenant, profile).await? {
        Ok(email) => email,
        Err(failure) => return Ok(Outcome::Failed(failure)),
    };
    let (role, follows) = role_of(&mut tx, tenant, profile).await?;
    let known = store::identity(&mut tx, tenant, &profile.issuer, &profile.subject).await?;
    let person = match known {
        Some(user) => users::by_id(&mut tx, user).await?,
        None => users::by_email(&mut tx, email.as_str()).await?,
    };
    let Some(person) = person else {
        let user = join(&mut tx, tenant, origin, profile, &email, &role).await?;
        plans::require_room(s, &mut tx, tenant, Counted::Seats).await?;
        tx.commit().await?;
        return Ok(Outcome::Known(users::proved(s, user).await?, true));
    };
    // Who has taken another address, or never confirmed this one, is not the provider's to speak for.
    if !person.email_verified || !store::owns(&mut tx, tenant, domain_of(&person.email)).await? {
        return Ok(Outcome::Failed(Failure::NotSpokenFor));
    }
    let Some(member) = members::locked(&mut tx, tenant, person.user).await? else {
        return Ok(Outcome::Failed(Failure::NotMember));
    };
    if known.is_none() {
        store::insert_identity(&mut tx, tenant, profile, person.user).await?;
    }
    if follows && !member.role.is_owner() && member.role != role {
        follow_groups(&mut tx, tenant, origin, &member, &role).await?;
    }
    tx.commit().await?;
    Ok(Outcome::Known(users::proved(s, person.user).await?, false))
}

/// The role that somebody's groups give, and whether members follow their groups.
async fn role_of(
    tx: &mut TenantTx,
    tenant: TenantId,
    profile: &Profile,
) -> Result<(MemberRole, bool)> {
    let connection = store::connection(tx, tenant).await?;
    let claim = connection.ok_or(Refusal::NotFound)?.group_claim;
    let given = store::given(tx, tenant).await?.ok_or(Refusal::NotFound)?;
    let follows = !given.groups.is_empty();
    let mut groups = given.groups.into_iter();
    let first = groups.find(|line| is_in(profile, &claim, &line.group));
    Ok((first.map_or(given.default_role, |line| line.role), follows))
}

/// Creates somebody who comes for the first time, as a member.
async fn join(
    tx: &mut TenantTx,
    tenant: TenantId,
    origin: Origin,
    profile: &Profile,
    email: &Email,
    role: &MemberRole,
) -> Result<UserId> {
    let user = UserId(Uuid::now_v7());
    let name = profile.name.as_deref().map(PersonName::parse);
    let name = match name {
        Some(Ok(name)) => name,
        _ => PersonName::parse(email.as_str().split('@').next().unwrap_or("somebody"))?,
    };
    users::insert_proved(tx, user, email, &name).await?;
    members::insert(tx, tenant, user, role).await?;
    store::insert_identity(tx, tenant, profile, user).await?;
    let who = Who::Member {
        user,
        role: role.clone(),
    };
    let member = Actor::new(tenant, String::new(), who).seen_from(origin);
    let joined = Event::new(Act::MemberJoinedBySso, user, email.as_str())
        .after(&Held { role: role.name() })?;
    audit::record(tx, &member, joined).await?;
    Ok(user)
}

async fn follow_groups(
    tx: &mut TenantTx,
    tenant: TenantId,
    origin: Origin,
    member: &members::Member,
    role: &MemberRole,
) -> Result<()> {
    members::set_role(tx, tenant, member.user, role).await?;
    let changed = Event::new(Act::MemberRoleChanged, member.user, &member.name)
        .before(&Held {
            role: member.role.name(),
        })?
        .after(&Held { role: role.name() })?;
    audit::record(tx, &Actor::system(tenant, JOB).seen_from(origin), changed).await
}

/// Whether the claim, a list or one word, names the group.
fn is_in(profile: &Profile, claim: &str, group: &str) -> bool {
    match profile.claims.get(claim) {
        Some(serde_json::Value::Array(all)) => all.iter().any(|one| one.as_str() == Some(group)),
        Some(one) => one.as_str() == Some(group),
        None => false,
    }
}

/// The provider's name among attempts, which binds an answer to the tenant.
fn provider(tenant: TenantId) -> String {
    format!("sso:{tenant}")
}

fn domain_of(email: &str) -> &str {
    email.rsplit_once('@').map_or("", |(_, domain)| domain)
}
