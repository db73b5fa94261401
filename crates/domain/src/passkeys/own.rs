//! A person's passkeys as they see them.

use super::{store, tell};
use crate::{Origin, Result, Services, mail::templates, second_factor, users};
use api_types::{
    PasskeyId, Refusal, UserId, accounts::PasskeyView, audit::Act, input::PasskeyName,
};

/// The person's passkeys, the oldest first.
pub async fn list(s: &Services, user: UserId) -> Result<Vec<PasskeyView>> {
    store::list(&mut *s.db.global().await?, user).await
}

/// Gives a passkey another name.
pub async fn rename(
    s: &Services,
    user: UserId,
    origin: Origin,
    passkey: PasskeyId,
    name: PasskeyName,
) -> Result<()> {
    let mut tx = s.db.person_tx().await?;
    let before = store::rename(&mut tx, user, passkey, name.as_str())
        .await?
        .ok_or(Refusal::NotFound)?;
    let names = (Some(before.as_str()), Some(name.as_str()));
    tell(s, &mut tx, user, origin, names, Act::PasskeyRenamed, None).await?;
    tx.commit().await
}

/// Removes a passkey, unless nothing else would let the person in: from now on it opens nothing. Whoever calls this has
/// asked for a recent authentication.
pub async fn remove(s: &Services, user: UserId, origin: Origin, passkey: PasskeyId) -> Result<()> {
    let mut tx = s.db.person_tx().await?;
    users::hold_ways_in(&mut tx, user).await?;
    let name = store::remove(&mut tx, user, passkey)
        .await?
        .ok_or(Refusal::NotFound)?;
    users::keep_way_in(&mut tx, user).await?;
    second_factor::drop_idle_codes(&mut tx, user).await?;
    let names = (Some(name.as_str()), None);
    let letter = templates::passkey_removed;
    tell(
        s,
        &mut tx,
        user,
        origin,
        names,
        Act::PasskeyRemoved,
        Some(letter),
    )
    .await?;
    tx.commit().await
}
