//! Answers of passkeys: a sign-in, a second factor, or a confirmation.

use super::{
    Browser,
    ceremony::{Ceremony, Purpose},
    party::Party,
    refused, store, tell,
};
use crate::{Origin, Result, Services, mail::templates, throttle};
use anyhow::{Context as _, anyhow};
use api_types::{UserId, audit::Act};
use std::net::IpAddr;
use webauthn_rp::{
    AuthenticatedCredential, DiscoverableAuthentication64, DiscoverableAuthenticationServerState,
    DiscoverableCredentialRequestOptions,
    bin::Decode as _,
    request::{
        auth::{AuthenticationVerificationOptions, AuthenticatorAttachmentEnforcement},
        register::UserHandle64,
    },
    response::{
        AuthenticatorAttachment, Backup, CredentialId,
        auth::error::AuthCeremonyErr,
        register::{DynamicState, StaticState},
    },
};

/// Begins a sign-in by a passkey alone. Answers the options for the browser as JSON.
pub async fn begin_sign_in(s: &Services, address: IpAddr, browser: &Browser<'_>) -> Result<String> {
    throttle::count_challenge(&s.db, address).await?;
    begin(s, Purpose::SignIn, None, browser).await
}

/// Begins to ask a person whom a password or a session names, likewise.
pub async fn begin_check(s: &Services, user: UserId, browser: &Browser<'_>) -> Result<String> {
    begin(s, Purpose::Check, Some(user), browser).await
}

async fn begin(
    s: &Services,
    purpose: Purpose,
    user: Option<UserId>,
    browser: &Browser<'_>,
) -> Result<String> {
    let party = Party::of(s)?;
    let options = DiscoverableCredentialRequestOptions::passkey(&party.id);
    let challenge = options.0.challenge.as_data();
    let (state, asked) = options
        .start_ceremony()
        .map_err(|error| anyhow!("asking a passkey: {error}"))?;
    Ceremony::new(purpose, user, browser, challenge)
        .begin(&mut *s.db.global().await?, &state)
        .await?;
    Ok(serde_json::to_string(&asked).context("writing what is asked")?)
}

/// Whose passkey answered. They are signed in: a passkey is two factors by itself.
pub async fn sign_in(
    s: &Services,
    origin: Origin,
    browser: &Browser<'_>,
    answer: &str,
) -> Result<UserId> {
    take(s, Purpose::SignIn, None, origin, browser, answer).await
}

/// Checks that this person's passkey answered.
pub async fn check(
    s: &Services,
    user: UserId,
    origin: Origin,
    browser: &Browser<'_>,
    answer: &str,
) -> Result<()> {
    take(s, Purpose::Check, Some(user), origin, browser, answer).await?;
    Ok(())
}

async fn take(
    s: &Services,
    purpose: Purpose,
    user: Option<UserId>,
    origin: Origin,
    browser: &Browser<'_>,
    answer: &str,
) -> Result<UserId> {
    let answer = DiscoverableAuthentication64::from_json_relaxed(answer.as_bytes())
        .map_err(|_| unreadable())?;
    let challenge = answer.challenge_relaxed().map_err(|_| unreadable())?;
    let credential = answer.raw_id();
    throttle::count_passkey(&s.db, origin.address(), credential.as_ref()).await?;
    let mut db = s.db.global().await?;
    let ceremony = Ceremony::new(purpose, user, browser, challenge.0);
    let state: DiscoverableAuthenticationServerState = ceremony.take(&mut db).await?;
    let passkey = store::by_credential(&mut db, credential.as_ref())
        .await?
        .filter(|passkey| user.is_none_or(|user| user == passkey.user))
        .ok_or_else(unknown)?;
    drop(db);
    match verify(&Party::of(s)?, state, &answer, &passkey)? {
        Ok(now) if store::used(&mut *s.db.global().await?, passkey.id, &now).await? => {}
        Ok(_) | Err(AuthCeremonyErr::SignatureCounter) => {
            return Err(copied(s, origin, &passkey).await?);
        }
        Err(error) => return Err(not(&error)),
    }
    throttle::forgive_passkey(&s.db, credential.as_ref()).await?;
    Ok(passkey.user)
}

type Verified = std::result::Result<store::Used, AuthCeremonyErr>;

fn verify(
    party: &Party,
    state: DiscoverableAuthenticationServerState,
    answer: &DiscoverableAuthentication64,
    passkey: &store::Passkey,
) -> Result<Verified> {
    let handle = passkey.handle.as_slice().try_into().context("a handle")?;
    let handle = UserHandle64::decode(handle).context("a handle")?;
    let id: CredentialId<&[u8]> =
        CredentialId::decode(passkey.credential.as_slice()).map_err(|error| anyhow!("{error}"))?;
    let record = StaticState::decode(&passkey.record).map_err(|error| anyhow!("{error}"))?;
    let mut known = AuthenticatedCredential::new(id, &handle, record, state_of(passkey))
        .map_err(|error| anyhow!("reading a passkey: {error}"))?;
    let origins = [party.origin.as_str()];
    let options = AuthenticationVerificationOptions::<&str, &str> {
        allowed_origins: &origins,
        error_on_unsolicited_extensions: false,
        auth_attachment_enforcement: AuthenticatorAttachmentEnforcement::Ignore(false),
        ..Default::default()
    };
    let verified = state.verify(&party.id, answer, &mut known, &options);
    Ok(verified.map(|_| {
        let now = known.dynamic_state();
        store::Used {
            backed_up: matches!(now.backup, Backup::Exists),
            sign_count: now.sign_count.into(),
        }
    }))
}

fn state_of(passkey: &store::Passkey) -> DynamicState {
    DynamicState {
        // None is taken in that did not ask for its person.
        user_verified: true,
        backup: match (passkey.may_back_up, passkey.backed_up) {
            (false, _) => Backup::NotEligible,
            (true, false) => Backup::Eligible,
            (true, true) => Backup::Exists,
        },
        sign_count: u32::try_from(passkey.sign_count).unwrap_or(u32::MAX),
        authenticator_attachment: AuthenticatorAttachment::None,
    }
}

/// Two devices count signatures of one key, so one of them is not its person's. Nobody gets in by
/// it, and they are told.
async fn copied(s: &Services, origin: Origin, passkey: &store::Passkey) -> Result<crate::Error> {
    tracing::warn!(user = %passkey.user, "a passkey's counter went back: it may have been copied");
    let mut tx = s.db.person_tx().await?;
    let names = (None, Some(passkey.name.as_str()));
    let letter = templates::passkey_copied;
    tell(
        s,
        &mut tx,
        passkey.user,
        origin,
        names,
        Act::PasskeyRefused,
        Some(letter),
    )
    .await?;
    tx.commit().await?;
    Ok(refused(
        "this passkey may have been copied, so it was refused; sign in another way and remove it",
    ))
}

fn unreadable() -> crate::Error {
    refused("this is not what a browser answers")
}

fn unknown() -> crate::Error {
    refused("this passkey is not known here; it may have been removed")
}

fn not(error: &AuthCeremonyErr) -> crate::Error {
    tracing::info!("a passkey was refused: {error}");
    refused(match error {
        AuthCeremonyErr::UserNotVerified => {
            "your device did not ask for your finger, face or PIN; set one up and try again"
        }
        AuthCeremonyErr::OriginMismatch | AuthCeremonyErr::RpIdHashMismatch => {
            "this passkey answered for another address"
        }
        _ => "your passkey's answer was not accepted; please try again",
    })
}
