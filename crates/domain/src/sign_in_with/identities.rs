//! Which accounts elsewhere are a person's: linked by themselves after they have shown lately who they are, and taken
//! away likewise, but never the last way in.

use super::{Outcome, Profile, Provider, store};
use crate::{
    Origin, Result, Services,
    audit::{self, Event, Facts},
    mail::{self, templates},
    members::SignedIn,
    second_factor, users,
};
use api_types::{
    Refusal, UserId,
    accounts::StepUpWays,
    audit::Act,
    input::Email,
    sign_in_with::{Failure, Identities, Newcomer, ProviderView},
};
use serde::Serialize;

/// An identity as the audit log shows it.
#[derive(Serialize)]
struct Shown<'a> {
    provider: &'a str,
    issuer: &'a str,
    label: &'a str,
}

impl Facts for Shown<'_> {}

/// How the person signs in beside their password.
pub async fn identities(s: &Services, user: UserId) -> Result<Identities> {
    let mut db = s.db.global().await?;
    let person = users::by_id(&mut db, user)
        .await?
        .ok_or(Refusal::SignedOut)?;
    let mut linked = store::identities_of(&mut db, user).await?;
    for identity in &mut linked {
        // A provider that is no longer in the settings is called by its issuer.
        let known = s.providers.get(&identity.provider);
        let name = known.map_or(&identity.issuer, |known| &known.name);
        identity.provider_name.clone_from(name);
    }
    Ok(Identities {
        linked,
        providers: s.providers.list(),
        has_password: person.password_hash.is_some(),
    })
}

/// How somebody who is signed in can show that it is them.
pub async fn ways_to_step_up(s: &Services, who: SignedIn) -> Result<StepUpWays> {
    let factors = second_factor::factors(s, who.user).await?;
    let mut known = identities(s, who.user).await?;
    let linked = |one: &ProviderView| known.linked.iter().any(|own| own.provider == one.id);
    known.providers.retain(|one| !factors.any() && linked(one));
    Ok(StepUpWays {
        factors,
        password: known.has_password && !factors.any(),
        providers: known.providers,
        company: who.came_by.is_some(),
    })
}

/// Links an identity to a person whose address is confirmed: who takes back an address that a stranger signed up with
/// must not find the stranger's account linked.
pub(super) async fn link(
    s: &Services,
    provider: &Provider,
    user: UserId,
    origin: Origin,
    profile: &Profile,
) -> Result<Outcome> {
    let mut tx = s.db.person_tx().await?;
    let person = users::by_id(&mut tx, user)
        .await?
        .ok_or(Refusal::SignedOut)?;
    if !person.email_verified {
        return Ok(Outcome::Failed(Failure::ConfirmAddressFirst));
    }
    let holder = store::holder(&mut tx, &profile.issuer, &profile.subject).await?;
    if let Some(holder) = holder {
        let own = holder == user;
        return Ok(if own {
            Outcome::Linked
        } else {
            Outcome::Failed(Failure::LinkedElsewhere)
        });
    }
    let label = profile.email.as_ref().or(profile.name.as_ref());
    let label = label.unwrap_or(&profile.subject);
    let identity = Newcomer {
        issuer: profile.issuer.clone(),
        subject: profile.subject.clone(),
        provider: provider.id.clone(),
        provider_name: provider.name.clone(),
        email: label.clone(),
        name: String::new(),
        next: String::new(),
        until: 0,
    };
    store::insert_identity(&mut tx, user, &identity).await?;
    let to = Email::parse(&person.email)?;
    mail::enqueue(
        s,
        &mut tx,
        &templates::identity_linked(&to, &provider.name, label),
    )
    .await?;
    let shown = Shown {
        provider: &provider.id,
        issuer: &profile.issuer,
        label,
    };
    let linked = Event::new(Act::IdentityLinked, user, &person.name).after(&shown)?;
    audit::record_for_person(&mut tx, user, origin, linked).await?;
    tx.commit().await?;
    Ok(Outcome::Linked)
}

/// Unlinks an identity, unless nothing else would let the person in.
pub async fn unlink(
    s: &Services,
    user: UserId,
    origin: Origin,
    issuer: &str,
    subject: &str,
) -> Result<()> {
    let mut tx = s.db.person_tx().await?;
    users::hold_ways_in(&mut tx, user).await?;
    let gone = store::delete_identity(&mut tx, user, issuer, subject).await?;
    let gone = gone.ok_or(Refusal::NotFound)?;
    users::keep_way_in(&mut tx, user).await?;
    let person = users::by_id(&mut tx, user)
        .await?
        .ok_or(Refusal::SignedOut)?;
    let to = Email::parse(&person.email)?;
    let name = s
        .providers
        .get(&gone.provider)
        .map_or(issuer, |known| &known.name);
    mail::enqueue(
        s,
        &mut tx,
        &templates::identity_unlinked(&to, name, &gone.label),
    )
    .await?;
    let shown = Shown {
        provider: &gone.provider,
        issuer,
        label: &gone.label,
    };
    let unlinked = Event::new(Act::IdentityUnlinked, user, &person.name).before(&shown)?;
    audit::record_for_person(&mut tx, user, origin, unlinked).await?;
    tx.commit().await
}
