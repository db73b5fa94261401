//! Passkeys (WebAuthn): key pairs that a person's devices keep, of which we hold the public half.
//!
//! Each asks for the person themselves, by a finger, a face or a PIN; so a passkey signs in by
//! itself, answers for the second factor after a password, and confirms that it is still the same
//! person. What is signed is a challenge of ours, tied to one browser, good for five minutes and
//! for one answer.

mod add;
mod answer;
mod ceremony;
mod own;
mod party;
mod store;

pub use add::{add, begin_adding};
pub use answer::{begin_check, begin_sign_in, check, sign_in};
pub use own::{list, remove, rename};
pub use party::elsewhere;

use crate::{
    Db, Origin, Result, Services,
    audit::{self, Event, Named},
    db::PersonTx,
    mail::{self, Mail},
    users,
};
use api_types::{
    Refusal, UserId,
    audit::Act,
    input::{Email, PasskeyName},
};
use sqlx::PgConnection;

/// The browser that a challenge is tied to, by the value of a cookie that scripts cannot read.
pub struct Browser<'a>(pub &'a str);

/// Whether the person has any.
pub(crate) async fn has_any(db: &mut PgConnection, user: UserId) -> Result<bool> {
    store::has_any(db, user).await
}

/// Deletes challenges that nobody answered. Answers how many.
pub async fn delete_expired(db: &Db) -> Result<u64> {
    store::delete_expired(&mut *db.system().await?).await
}

fn refused(message: &str) -> crate::Error {
    Refusal::invalid("passkey", message).into()
}

/// A letter to the person, and a row in the log of their tenants.
async fn tell(
    s: &Services,
    tx: &mut PersonTx,
    user: UserId,
    origin: Origin,
    (before, after): (Option<&str>, Option<&str>),
    act: Act,
    letter: Option<fn(&Email, &str) -> Mail>,
) -> Result<()> {
    let person = users::by_id(tx, user).await?.ok_or(Refusal::SignedOut)?;
    let name = after.or(before).unwrap_or_default();
    if let Some(letter) = letter {
        mail::enqueue(s, tx, &letter(&Email::parse(&person.email)?, name)).await?;
    }
    let mut event = Event::new(act, user, person.name);
    if let Some(name) = before {
        event = event.before(&Named { name })?;
    }
    if let Some(name) = after {
        event = event.after(&Named { name })?;
    }
    audit::record_for_person(tx, user, origin, event).await
}

/// What a new passkey is called until its person says otherwise.
fn default_name(agent: &str) -> Result<PasskeyName> {
    Ok(PasskeyName::parse(&crate::sessions::device(Some(agent)))?)
}
