//! Whether a person has signed in with this browser before. A letter tells them when not.

use super::{SeenFrom, agent, store};
use crate::{
    Result, Services,
    mail::{self, templates},
    users,
};
use api_types::{Refusal, UserId, input::Email};

const DOMAIN: &str = "bulkhead/device/v1";

/// Greets a browser that signs in, by the cookie that it was given before. Answers the cookie to
/// give to one that has none. Where the person has just been created, nobody needs to be told.
pub async fn greet(
    s: &Services,
    user: UserId,
    seen: &SeenFrom,
    cookie: Option<&str>,
    just_created: bool,
) -> Result<Option<String>> {
    let fresh = cookie.is_none().then(|| vault::random_token().reveal());
    let device = vault::digest(
        DOMAIN,
        cookie.or(fresh.as_deref()).unwrap_or_default().as_bytes(),
    );
    let mut tx = s.db.person_tx().await?;
    if store::knows_device(&mut tx, user, &device).await? {
        return Ok(None);
    }
    store::remember_device(&mut tx, user, &device).await?;
    if !just_created {
        let person = users::by_id(&mut tx, user)
            .await?
            .ok_or(Refusal::SignedOut)?;
        let to = Email::parse(&person.email)?;
        let words = agent::device(Some(&seen.agent));
        let place = s.places.of(seen.address);
        let letter = templates::new_device(&to, &words, seen.address, place.as_deref());
        mail::enqueue(s, &mut tx, &letter).await?;
    }
    tx.commit().await?;
    Ok(fresh)
}
