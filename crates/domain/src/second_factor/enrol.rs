//! Adding and removing the second factor. Whoever calls these has asked for a recent
//! authentication.

use super::{app, codes, store, wrong};
use crate::{
    Origin, Result, Services,
    audit::{self, Event},
    db::PersonTx,
    mail::{self, Mail, templates},
    throttle, users,
};
use api_types::{Refusal, UserId, accounts::FactorView, audit::Act, input::Email};

/// How the person's second factor stands.
pub async fn view(s: &Services, user: UserId) -> Result<FactorView> {
    let mut db = s.db.global().await?;
    let Some(factor) = store::find(&mut db, user).await? else {
        return Ok(FactorView::Off);
    };
    if factor.confirmed {
        return Ok(FactorView::On {
            recovery_codes_left: store::codes_left(&mut db, user).await?,
        });
    }
    let person = users::by_id(&mut db, user)
        .await?
        .ok_or(Refusal::SignedOut)?;
    let secret = app::open(s, &mut db, user, &factor).await?;
    Ok(FactorView::Enrolling(app::enrolment(
        &secret,
        &person.email,
    )?))
}

/// Draws a secret for an app. Nothing is protected before [`confirm`].
pub async fn begin(s: &Services, user: UserId) -> Result<()> {
    let mut db = s.db.global().await?;
    let sealed = app::seal(s, &mut db, user, &vault::random_bytes()).await?;
    let begun = store::begin(&mut db, user, &sealed).await?;
    if begun { Ok(()) } else { Err(is_on_already()) }
}

fn is_on_already() -> crate::Error {
    Refusal::conflict("a second factor protects your account already").into()
}

/// Turns the factor on by a first code. Answers recovery codes, which are shown once.
pub async fn confirm(
    s: &Services,
    user: UserId,
    origin: Origin,
    code: &str,
) -> Result<Vec<String>> {
    throttle::count_code(&s.db, origin.address(), user).await?;
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let mut tx = s.db.person_tx().await?;
    let factor = store::lock(&mut tx, user).await?;
    let factor = factor.ok_or_else(|| Refusal::conflict("begin by scanning the code"))?;
    if factor.confirmed {
        return Err(is_on_already());
    }
    let secret = app::open(s, &mut tx, user, &factor).await?;
    let step = app::matching_step(&secret, &code)?.ok_or_else(wrong)?;
    store::confirm(&mut tx, user, step).await?;
    let codes = store_new_codes(&mut tx, user).await?;
    tell(
        s,
        &mut tx,
        user,
        origin,
        Act::SecondFactorAdded,
        templates::factor_added,
    )
    .await?;
    tx.commit().await?;
    throttle::forgive_codes(&s.db, user).await?;
    Ok(codes)
}

/// Removes the factor and its recovery codes.
pub async fn remove(s: &Services, user: UserId, origin: Origin) -> Result<()> {
    let mut tx = s.db.person_tx().await?;
    if !store::remove(&mut tx, user).await? {
        return Err(Refusal::conflict("there is no second factor").into());
    }
    tell(
        s,
        &mut tx,
        user,
        origin,
        Act::SecondFactorRemoved,
        templates::factor_removed,
    )
    .await?;
    tx.commit().await
}

/// Draws new recovery codes; the old ones are worthless. Answers them, to be shown once.
pub async fn renew_codes(s: &Services, user: UserId, origin: Origin) -> Result<Vec<String>> {
    let mut tx = s.db.person_tx().await?;
    if !super::is_on_in(&mut tx, user).await? {
        return Err(Refusal::conflict("there is no second factor").into());
    }
    let codes = store_new_codes(&mut tx, user).await?;
    tell(
        s,
        &mut tx,
        user,
        origin,
        Act::RecoveryCodesRenewed,
        templates::recovery_codes_renewed,
    )
    .await?;
    tx.commit().await?;
    Ok(codes)
}

async fn store_new_codes(tx: &mut PersonTx, user: UserId) -> Result<Vec<String>> {
    let codes = codes::draw();
    let digests: Vec<Vec<u8>> = codes
        .iter()
        .map(|code| codes::digest(user, code).to_vec())
        .collect();
    store::replace_codes(tx, user, &digests).await?;
    Ok(codes)
}

/// A letter to the person, and a row in the log of their tenants.
async fn tell(
    s: &Services,
    tx: &mut PersonTx,
    user: UserId,
    origin: Origin,
    act: Act,
    letter: fn(&Email) -> Mail,
) -> Result<()> {
    let person = users::by_id(tx, user).await?.ok_or(Refusal::SignedOut)?;
    mail::enqueue(s, tx, &letter(&Email::parse(&person.email)?)).await?;
    audit::record_for_person(tx, user, origin, Event::new(act, user, person.name)).await
}
