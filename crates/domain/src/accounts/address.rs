//! A person's address: confirmed by a link, changed by another, and the old one is told.

use super::{
    links::{self, Purpose},
    store::{self, Link},
};
use crate::{
    Origin, RefuseOn as _, Result, Services,
    audit::{self, Event, Named},
    db::PersonTx,
    mail::{self, templates},
    throttle, users,
};
use api_types::{Refusal, UserId, audit::Act, input::Email};
use sqlx::PgConnection;

/// Sends the letter that asks to confirm an address, in the caller's transaction.
pub(crate) async fn send_confirmation(
    s: &Services,
    db: &mut PgConnection,
    user: UserId,
    to: &Email,
) -> Result<()> {
    let link = links::issue(s, db, user, Purpose::ConfirmAddress, to).await?;
    mail::enqueue(s, db, &templates::confirm_address(to, &link)).await
}

/// Sends that letter again. Earlier links no longer work.
pub async fn send_confirmation_again(s: &Services, user: UserId, origin: Origin) -> Result<()> {
    let person = users::by_id(&mut *s.db.global().await?, user)
        .await?
        .ok_or(Refusal::SignedOut)?;
    if person.email_verified {
        return Err(Refusal::conflict("your address is confirmed already").into());
    }
    throttle::count_letter(&s.db, origin.address(), &person.email).await?;
    let mut tx = s.db.person_tx().await?;
    send_confirmation(s, &mut tx, user, &Email::parse(&person.email)?).await?;
    tx.commit().await
}

/// Sends a link to a new address, and a notice to the present one. Nothing changes before the link
/// is followed.
pub async fn wish_for_address(
    s: &Services,
    user: UserId,
    origin: Origin,
    new: Email,
) -> Result<()> {
    let person = users::by_id(&mut *s.db.global().await?, user)
        .await?
        .ok_or(Refusal::SignedOut)?;
    if person.email == new.as_str() {
        return Err(Refusal::invalid("email", "this is your address already").into());
    }
    throttle::count_letter(&s.db, origin.address(), &person.email).await?;
    let mut tx = s.db.person_tx().await?;
    if users::by_email(&mut tx, new.as_str()).await?.is_some() {
        return Err(Refusal::taken("email").into());
    }
    let old = Email::parse(&person.email)?;
    let link = links::issue(s, &mut tx, user, Purpose::ChangeAddress, &new).await?;
    mail::enqueue(s, &mut tx, &templates::confirm_new_address(&new, &link)).await?;
    mail::enqueue(s, &mut tx, &templates::new_address_wanted(&old, &new)).await?;
    let event = Event::new(Act::AddressChangeRequested, user, &person.name)
        .after(&Named { name: new.as_str() })?;
    audit::record_for_person(&mut tx, user, origin, event).await?;
    tx.commit().await
}

/// Follows a link to an address of the person who is signed in. Somebody else's link is worthless to
/// them: an account made with a foreign address must not be confirmed by that address's owner.
pub async fn confirm_address(
    s: &Services,
    user: UserId,
    origin: Origin,
    token: &str,
) -> Result<()> {
    let digest = links::digest(token);
    let mut tx = s.db.person_tx().await?;
    let person = users::by_id(&mut tx, user)
        .await?
        .ok_or(Refusal::SignedOut)?;
    let link =
        store::take_link_of(&mut tx, &digest, user, Purpose::ConfirmAddress.as_str()).await?;
    if let Some(link) = link.filter(|link| link.email == person.email) {
        confirm(&mut tx, origin, &link).await?;
        return tx.commit().await;
    }
    let link = store::take_link_of(&mut tx, &digest, user, Purpose::ChangeAddress.as_str())
        .await?
        .ok_or_else(links::worthless)?;
    change(s, &mut tx, origin, &Email::parse(&person.email)?, &link).await?;
    tx.commit().await
}

async fn confirm(tx: &mut PersonTx, origin: Origin, link: &Link) -> Result<()> {
    store::set_confirmed(tx, link.user).await?;
    let event = Event::new(Act::AddressConfirmed, link.user, &link.email);
    audit::record_for_person(tx, link.user, origin, event).await
}

/// Links that were sent to the old address open nothing any more.
async fn change(
    s: &Services,
    tx: &mut PersonTx,
    origin: Origin,
    old: &Email,
    link: &Link,
) -> Result<()> {
    let new = Email::parse(&link.email)?;
    store::set_address(tx, link.user, new.as_str())
        .await
        .refuse_on("users_email_key", || Refusal::taken("email"))?;
    store::set_confirmed(tx, link.user).await?;
    store::delete_links(tx, link.user, Purpose::ResetPassword.as_str()).await?;
    store::delete_links(tx, link.user, Purpose::ConfirmAddress.as_str()).await?;
    mail::enqueue(s, tx, &templates::address_changed(old, &new)).await?;
    let event = Event::new(Act::AddressChanged, link.user, new.as_str())
        .before(&Named { name: old.as_str() })?
        .after(&Named { name: new.as_str() })?;
    audit::record_for_person(tx, link.user, origin, event).await
}
