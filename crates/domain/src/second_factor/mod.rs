//! The second factor: codes of an authenticator app (RFC 6238), and recovery codes for the day on
//! which the app is gone.
//!
//! The app's secret is sealed for its person; recovery codes are stored
//! as digests. A code is taken once, and tries are counted as those of passwords are.

mod app;
mod codes;
mod enrol;
mod old;
mod policy;
mod store;

pub use enrol::{begin, confirm, remove, renew_codes, view};
pub use old::seal_old;
pub(crate) use policy::require_where_wanted;
pub use policy::{is_required, set_required};

use crate::{
    Origin, Result, Services,
    audit::{self, Event},
    mail::{self, templates},
    throttle, users,
};
use api_types::{Refusal, UserId, audit::Act, input::Email};
use sqlx::PgConnection;

/// Whether signing in takes a code.
pub async fn is_on(s: &Services, user: UserId) -> Result<bool> {
    is_on_in(&mut *s.db.global().await?, user).await
}

pub(crate) async fn is_on_in(db: &mut PgConnection, user: UserId) -> Result<bool> {
    Ok(store::find(db, user)
        .await?
        .is_some_and(|factor| factor.confirmed))
}

/// Takes a code of the person's app, or one of their recovery codes; each works once.
pub async fn check(s: &Services, user: UserId, origin: Origin, code: &str) -> Result<()> {
    throttle::count_code(&s.db, origin.address(), user).await?;
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let right = if code.len() == app::DIGITS {
        check_app(s, user, &code).await?
    } else {
        check_recovery(s, user, origin, &code).await?
    };
    if !right {
        return Err(wrong());
    }
    throttle::forgive_codes(&s.db, user).await
}

fn wrong() -> crate::Error {
    Refusal::invalid("code", "this code is wrong, too old, or was used already").into()
}

async fn check_app(s: &Services, user: UserId, code: &str) -> Result<bool> {
    let mut db = s.db.global().await?;
    let Some(factor) = store::find(&mut db, user).await? else {
        return Ok(false);
    };
    let secret = app::open(s, &mut db, user, &factor).await?;
    let Some(step) = app::matching_step(&secret, code)?.filter(|_| factor.confirmed) else {
        return Ok(false);
    };
    store::use_step(&mut db, user, step).await
}

async fn check_recovery(s: &Services, user: UserId, origin: Origin, code: &str) -> Result<bool> {
    let mut tx = s.db.person_tx().await?;
    if !store::use_code(&mut tx, user, &codes::digest(user, code)).await? {
        return Ok(false);
    }
    let person = users::by_id(&mut tx, user)
        .await?
        .ok_or(Refusal::SignedOut)?;
    let left = store::codes_left(&mut tx, user).await?;
    let to = Email::parse(&person.email)?;
    mail::enqueue(s, &mut tx, &templates::recovery_code_used(&to, left)).await?;
    let event = Event::new(Act::RecoveryCodeUsed, user, &person.name);
    audit::record_for_person(&mut tx, user, origin, event).await?;
    tx.commit().await?;
    Ok(true)
}
