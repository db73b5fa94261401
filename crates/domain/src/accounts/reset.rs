//! A forgotten password: a link by mail, once, for an hour.

use super::{
    links::{self, Purpose},
    store,
};
use crate::{
    Origin, Result, Services,
    audit::{self, Event},
    mail::{self, templates},
    sessions, throttle, users,
};
use api_types::{
    audit::Act,
    input::{Email, Password},
};
use std::time::Duration;
use tokio::time::sleep;

/// Longer than making a link takes, so that the answer comes as soon for an account as for none.
const ANSWER_AFTER: Duration = Duration::from_millis(250);

/// Sends a link, where there is such an account. The answer is the same where there is none.
pub async fn forgot_password(s: &Services, origin: Origin, email: &str) -> Result<()> {
    let email = email.trim().to_lowercase();
    throttle::count_letter(&s.db, origin.address(), &email).await?;
    let (sent, ()) = tokio::join!(send_link(s, &email), sleep(ANSWER_AFTER));
    sent
}

async fn send_link(s: &Services, email: &str) -> Result<()> {
    let mut tx = s.db.person_tx().await?;
    let Some(person) = users::by_email(&mut tx, email).await? else {
        return Ok(());
    };
    let to = Email::parse(&person.email)?;
    let link = links::issue(s, &mut tx, person.user, Purpose::ResetPassword, &to).await?;
    mail::enqueue(s, &mut tx, &templates::reset_password(&to, &link)).await?;
    tx.commit().await
}

/// Sets a new password by a link, once. All sessions end; nobody is signed in by it, because a
/// second factor may be asked for. The address that the link came to is proved.
pub async fn choose_password(
    s: &Services,
    origin: Origin,
    token: &str,
    new: Password,
) -> Result<()> {
    // Hashing is dear: not for links that are worthless.
    if !links::is_open(s, token).await? {
        return Err(links::worthless().into());
    }
    let hash = s.passwords.hash(new.reveal().into()).await?;
    let mut tx = s.db.person_tx().await?;
    let purpose = Purpose::ResetPassword.as_str();
    let link = store::take_link(&mut tx, &links::digest(token), purpose)
        .await?
        .ok_or_else(links::worthless)?;
    let to = Email::parse(&link.email)?;
    users::set_password(&mut tx, link.user, &hash).await?;
    store::set_confirmed(&mut tx, link.user).await?;
    links::forget(&mut tx, link.user).await?;
    sessions::end_all_but(&mut tx, link.user, None).await?;
    mail::enqueue(s, &mut tx, &templates::password_changed(&to)).await?;
    let event = Event::new(Act::PasswordReset, link.user, to.as_str());
    audit::record_for_person(&mut tx, link.user, origin, event).await?;
    tx.commit().await?;
    throttle::forgive(&s.db, to.as_str()).await
}
