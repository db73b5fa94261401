//! People: signing up, signing in, and one's own profile.

mod store;

use crate::{
    Origin, RefuseOn as _, Result, Services, TenantTx, accounts,
    audit::{self, Event, Named},
    mail::{self, templates},
    members, second_factor, sessions, tenants, throttle,
};
use api_types::{
    Refusal, TenantId, UserId,
    audit::Act,
    input::{Email, Password, PersonName, TenantName, TenantSlug},
    users::Me,
};
use sqlx::PgConnection;
use std::net::IpAddr;
use tower_sessions::session::Id as SessionId;
use uuid::Uuid;

pub(crate) use store::{by_email, by_id, hold_ways_in, set_password};

/// What a person fills in to sign up.
pub struct NewPerson {
    /// Name.
    pub name: PersonName,
    /// Email address, unique.
    pub email: Email,
    /// Password.
    pub password: Password,
    /// The name of their first tenant.
    pub tenant_name: TenantName,
}

/// A person who has just signed up.
#[derive(Debug)]
pub struct SignedUp {
    /// The person.
    pub user: UserId,
    /// Their first tenant's name in addresses.
    pub slug: String,
}

/// Creates a person, their first tenant and their membership as its owner, or none of the three.
pub async fn sign_up(s: &Services, origin: impl Into<Origin>, new: NewPerson) -> Result<SignedUp> {
    let origin = origin.into();
    throttle::count_guess(&s.db, origin.address(), new.email.as_str()).await?;
    let hash = s.passwords.hash(new.password.reveal().into()).await?;
    let (user, tenant) = (UserId(Uuid::now_v7()), TenantId(Uuid::now_v7()));
    let mut tx = s.db.tenant_tx(tenant).await?;
    store::insert(&mut tx, user, &new.email, &new.name, Some(&hash))
        .await
        .refuse_on("users_email_key", || Refusal::taken("email"))?;
    accounts::send_confirmation(s, &mut tx, user, &new.email).await?;
    let wanted = TenantSlug::suggest(new.tenant_name.as_str());
    let slug = first_tenant(tx, tenant, user, origin, &new.tenant_name, &wanted).await?;
    Ok(SignedUp { user, slug })
}

/// Makes a person's first tenant and ends the transaction in which they were created. Answers the slug.
pub(crate) async fn first_tenant(
    mut tx: TenantTx,
    tenant: TenantId,
    user: UserId,
    origin: Origin,
    name: &TenantName,
    wanted: &TenantSlug,
) -> Result<String> {
    let slug = tenants::insert_near(&mut tx, tenant, name, wanted).await?;
    tenants::give_owner(&mut tx, tenant, user, origin, name, &slug).await?;
    tx.commit().await?;
    Ok(slug)
}

/// What a right password is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// This person is signed in.
    Complete(UserId),
    /// This person owes an answer of their second factor, and is nobody until then.
    NeedsCode(UserId),
}

/// Checks an address and a password. A wrong one and an unknown one get the same answer in the
/// same time.
pub async fn sign_in(s: &Services, address: IpAddr, email: &str, password: &str) -> Result<SignIn> {
    let email = email.trim().to_lowercase();
    throttle::count_guess(&s.db, address, &email).await?;
    let person = store::by_email(&mut *s.db.global().await?, &email).await?;
    let (user, hash) = person
        .map(|person| (person.user, person.password_hash))
        .unzip();
    // Whoever has no password takes as long as whoever has one, and as nobody.
    let right = s.passwords.matches(password.into(), hash.flatten()).await?;
    let Some(user) = user.filter(|_| right) else {
        return Err(Refusal::WrongCredentials.into());
    };
    throttle::forgive(&s.db, &email).await?;
    proved(s, user).await
}

/// What it is worth that somebody has shown to be this person, by a password or elsewhere.
pub(crate) async fn proved(s: &Services, user: UserId) -> Result<SignIn> {
    if second_factor::factors(s, user).await?.any() {
        return Ok(SignIn::NeedsCode(user));
    }
    Ok(SignIn::Complete(user))
}

/// Checks the password of somebody who is signed in. Tries count as guesses.
pub async fn check_password(
    s: &Services,
    user: UserId,
    address: IpAddr,
    field: &str,
    password: &str,
) -> Result<()> {
    let person = store::by_id(&mut *s.db.global().await?, user)
        .await?
        .ok_or(Refusal::SignedOut)?;
    throttle::count_guess(&s.db, address, &person.email).await?;
    let hash = person.password_hash;
    if !s.passwords.matches(password.into(), hash).await? {
        return Err(Refusal::invalid(field, "this is not your current password").into());
    }
    throttle::forgive(&s.db, &person.email).await
}

/// The person and their tenants.
pub async fn me(s: &Services, user: UserId) -> Result<Me> {
    let mut db = s.db.global().await?;
    let person = store::by_id(&mut db, user)
        .await?
        .ok_or(Refusal::SignedOut)?;
    let tenants = members::of(&mut db, user).await?;
    Ok(Me {
        user,
        name: person.name,
        email: person.email,
        email_verified: person.email_verified,
        tenants,
    })
}

/// Changes the person's name.
pub async fn rename(
    s: &Services,
    user: UserId,
    origin: impl Into<Origin>,
    name: PersonName,
) -> Result<()> {
    let name = name.as_str();
    let mut tx = s.db.person_tx().await?;
    let before = store::rename(&mut tx, user, name).await?;
    let renamed = Event::new(Act::PersonRenamed, user, name)
        .before(&Named { name: &before })?
        .after(&Named { name })?;
    audit::record_for_person(&mut tx, user, origin, renamed).await?;
    tx.commit().await
}

/// Changes the person's password and ends their sessions but `kept`. Tries count as guesses.
pub async fn change_password(
    s: &Services,
    user: UserId,
    origin: impl Into<Origin>,
    kept: Option<SessionId>,
    current: &str,
    new: Password,
) -> Result<()> {
    let origin = origin.into();
    check_password(s, user, origin.address(), "current", current).await?;
    let hash = s.passwords.hash(new.reveal().into()).await?;
    let mut tx = s.db.person_tx().await?;
    let person = store::by_id(&mut tx, user)
        .await?
        .ok_or(Refusal::SignedOut)?;
    store::set_password(&mut tx, user, &hash).await?;
    sessions::end_all_but(&mut tx, user, kept).await?;
    accounts::forget_links(&mut tx, user).await?;
    let to = Email::parse(&person.email)?;
    mail::enqueue(s, &mut tx, &templates::password_changed(&to)).await?;
    let changed = Event::new(Act::PasswordChanged, user, person.name);
    audit::record_for_person(&mut tx, user, origin, changed).await?;
    tx.commit().await
}

/// Creates a person who has shown that an address is theirs by following a link sent there.
pub(crate) async fn insert_invited(
    db: &mut PgConnection,
    user: UserId,
    email: &Email,
    name: &PersonName,
    password_hash: &str,
) -> Result<()> {
    store::insert(db, user, email, name, Some(password_hash))
        .await
        .refuse_on("users_email_key", || Refusal::taken("email"))
}

/// Creates a person without a password, whose address is confirmed by who vouches for them.
pub(crate) async fn insert_proved(
    db: &mut PgConnection,
    user: UserId,
    email: &Email,
    name: &PersonName,
) -> Result<()> {
    store::insert(db, user, email, name, None)
        .await
        .refuse_on("users_email_key", || Refusal::taken("email"))?;
    accounts::set_confirmed(db, user).await
}

/// Refuses, once something is taken away that let the person in, if nothing does any more. Their row is held since
/// before ([`hold_ways_in`]), so that of two things that go at once one stays.
pub(crate) async fn keep_way_in(db: &mut PgConnection, user: UserId) -> Result<()> {
    if store::has_way_in(db, user).await? {
        return Ok(());
    }
    let message = "this is your only way in: choose a password first (Forgot your password?)";
    Err(Refusal::conflict(message).into())
}

/// The address of a person.
pub(crate) async fn address_of(db: &mut PgConnection, user: UserId) -> Result<String> {
    let person = store::by_id(db, user).await?;
    Ok(person.ok_or(Refusal::SignedOut)?.email)
}

/// Whether an address has an account.
pub(crate) async fn is_known(db: &mut PgConnection, email: &str) -> Result<bool> {
    Ok(store::by_email(db, email).await?.is_some())
}
