//! What a provider's answer is worth.

use super::{
    Profile, Provider, Unacceptable, Wish, github, identities,
    start::{browser_digest, redirect_uri, registration, state_digest},
    store::{self, Attempt},
};
use crate::{
    Origin, Result, Services,
    users::{self, SignIn},
};
use api_types::{
    Refusal, UserId,
    input::Email,
    sign_in_with::{Failure, Newcomer, ProviderKind},
};
use time::OffsetDateTime;

/// What the browser brings back.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// Which attempt it answers.
    pub state: String,
    /// What can be exchanged for a profile.
    pub code: Option<String>,
    /// Why there is no code.
    pub error: Option<String>,
    /// Who answers (RFC 9207).
    pub iss: Option<String>,
}

impl Answer {
    /// The code, or why there is none.
    pub(crate) fn code(&self) -> Result<&str, Failure> {
        match &self.error {
            Some(error) if error == "access_denied" => Err(Failure::Declined),
            Some(_) => Err(Failure::Provider),
            None => self.code.as_deref().ok_or(Failure::Provider),
        }
    }
}

/// How an attempt ended.
#[derive(Debug)]
pub struct Finished {
    /// What was wanted; signing in where the attempt is not known.
    pub wish: Wish,
    /// Where to go then.
    pub next: String,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of an attempt.
#[derive(Debug)]
pub enum Outcome {
    /// Somebody is known by this identity.
    Known(SignIn),
    /// Nobody is; they may sign up.
    Unknown(Newcomer),
    /// It is linked.
    Linked,
    /// It is the person themselves.
    SteppedUp,
    /// Nothing.
    Failed(Failure),
}

/// Takes a provider's answer. It counts once, in the browser that began, and for the person who is signed in there if
/// the attempt was about one.
pub async fn finish(
    s: &Services,
    provider: &str,
    browser: &str,
    signed_in: Option<UserId>,
    origin: Origin,
    answer: Answer,
) -> Result<Finished> {
    let provider = s.providers.get(provider).ok_or(Refusal::NotFound)?;
    let Some(attempt) = taken(s, browser, &provider.id, &answer.state).await? else {
        return Ok(Finished {
            wish: Wish::SignIn,
            next: String::new(),
            outcome: Outcome::Failed(Failure::Expired),
        });
    };
    let (wish, next) = (attempt.wish, attempt.next.clone());
    let outcome = match ask(s, provider, attempt, &answer).await {
        Ok(profile) => weigh(s, provider, wish, &next, signed_in, origin, profile).await?,
        Err(failure) => Outcome::Failed(failure),
    };
    Ok(Finished {
        wish,
        next,
        outcome,
    })
}

/// Uses an attempt up.
pub(crate) async fn taken(
    s: &Services,
    browser: &str,
    provider: &str,
    state: &str,
) -> Result<Option<Attempt>> {
    let mut db = s.db.global().await?;
    let (state, browser) = (state_digest(state), browser_digest(browser));
    store::take_attempt(&mut db, &state, &browser, provider).await
}

async fn ask(
    s: &Services,
    provider: &Provider,
    attempt: Attempt,
    answer: &Answer,
) -> Result<Profile, Failure> {
    let code = answer.code()?;
    let asked = profile(s, provider, attempt, code, answer.iss.as_deref()).await;
    asked.map_err(|error| {
        tracing::warn!(provider = provider.id, %error, "an answer is not accepted");
        Failure::Provider
    })
}

async fn profile(
    s: &Services,
    provider: &Provider,
    attempt: Attempt,
    code: &str,
    iss: Option<&str>,
) -> Result<Profile, Unacceptable> {
    let trip = attempt.trip(redirect_uri(s, provider));
    if provider.kind == ProviderKind::GitHub {
        return github::profile(&s.providers.issuers.way, provider, &trip, code).await;
    }
    let at = registration(provider);
    let issuer = s.providers.issuers.get(&at).await?;
    issuer.check_sender(iss)?;
    issuer.profile(&at, &trip, code).await
}

async fn weigh(
    s: &Services,
    provider: &Provider,
    wish: Wish,
    next: &str,
    signed_in: Option<UserId>,
    origin: Origin,
    profile: Profile,
) -> Result<Outcome> {
    match wish {
        Wish::SignIn => sign_in(s, provider, next, profile).await,
        // Whoever began has signed out meanwhile.
        Wish::Link(user) | Wish::StepUp(user) | Wish::Test(user) if signed_in != Some(user) => {
            Ok(Outcome::Failed(Failure::Expired))
        }
        Wish::Link(user) => identities::link(s, provider, user, origin, &profile).await,
        // Only what a tenant has connected is tested.
        Wish::Test(_) => Ok(Outcome::Failed(Failure::Expired)),
        Wish::StepUp(user) => {
            let mut db = s.db.global().await?;
            let known = store::use_identity(&mut db, &profile.issuer, &profile.subject).await?;
            Ok(if known == Some(user) {
                Outcome::SteppedUp
            } else {
                Outcome::Failed(Failure::SomebodyElse)
            })
        }
    }
}

/// A known identity is a person. An unknown one never is, whatever address comes with it.
async fn sign_in(
    s: &Services,
    provider: &Provider,
    next: &str,
    profile: Profile,
) -> Result<Outcome> {
    let mut db = s.db.global().await?;
    if let Some(user) = store::use_identity(&mut db, &profile.issuer, &profile.subject).await? {
        drop(db);
        return Ok(Outcome::Known(users::proved(s, user).await?));
    }
    let email = profile.email.as_deref().map(Email::parse);
    let Some(Ok(email)) = email.filter(|_| profile.email_verified) else {
        return Ok(Outcome::Failed(Failure::AddressUnverified));
    };
    if users::is_known(&mut db, email.as_str()).await? {
        return Ok(Outcome::Failed(Failure::AddressKnown));
    }
    Ok(Outcome::Unknown(Newcomer {
        issuer: profile.issuer,
        subject: profile.subject,
        provider: provider.id.clone(),
        provider_name: provider.name.clone(),
        email: email.as_str().into(),
        name: profile.name.unwrap_or_default(),
        next: next.into(),
        until: OffsetDateTime::now_utc().unix_timestamp() + super::MINUTES * 60,
    }))
}
