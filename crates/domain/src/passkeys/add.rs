//! Adding a passkey. Whoever calls these has asked for a recent authentication.

use super::{
    Browser,
    ceremony::{Ceremony, Purpose},
    party::Party,
    refused, store, tell,
};
use crate::{Origin, RefuseOn as _, Result, Services, mail::templates, second_factor, users};
use anyhow::{Context as _, anyhow};
use api_types::{Refusal, UserId, audit::Act, input::PasskeyName};
use uuid::Uuid;
use webauthn_rp::{
    PublicKeyCredentialCreationOptions, RegisteredCredential, Registration,
    RegistrationServerState,
    bin::{Decode as _, Encode as _},
    request::{
        ExtensionInfo, PublicKeyCredentialDescriptor,
        register::{
            CredProtect, PublicKeyCredentialUserEntity, RegistrationVerificationOptions,
            USER_HANDLE_MAX_LEN, UserHandle64, Username,
        },
    },
    response::{AuthTransports, Backup, CredentialId, register::error::RegCeremonyErr},
};

/// More than anybody has devices.
const MOST: usize = 20;

/// Begins to add a passkey. Answers the options for the browser as JSON.
pub async fn begin_adding(s: &Services, user: UserId, browser: &Browser<'_>) -> Result<String> {
    let party = Party::of(s)?;
    let mut db = s.db.global().await?;
    let person = users::by_id(&mut db, user)
        .await?
        .ok_or(Refusal::SignedOut)?;
    let handle = store::handle_of(&mut db, user, &vault::random_bytes()).await?;
    let handle = UserHandle64::decode(handle).context("reading a handle")?;
    let known = store::credentials_of(&mut db, user).await?;
    if known.len() >= MOST {
        return Err(Refusal::conflict(format!("{MOST} passkeys are the most")).into());
    }
    let known = known.into_iter().map(described).collect::<Result<_>>()?;
    let entity = PublicKeyCredentialUserEntity {
        // Shown by the browser. An address that its rules for names do not allow is left out.
        name: Username::try_from(person.email)
            .or_else(|_| Username::try_from("bulkhead"))
            .map_err(|error| anyhow!("naming a person: {error}"))?,
        id: &handle,
        display_name: None,
    };
    let mut options = PublicKeyCredentialCreationOptions::passkey(&party.id, entity, known);
    options.extensions.cred_protect =
        CredProtect::UserVerificationRequired(ExtensionInfo::AllowDontEnforceValue);
    let challenge = options.challenge.as_data();
    let (state, asked) = options
        .start_ceremony()
        .map_err(|error| anyhow!("asking for a passkey: {error}"))?;
    Ceremony::new(Purpose::Add, Some(user), browser, challenge)
        .begin(&mut db, &state)
        .await?;
    Ok(serde_json::to_string(&asked).context("writing what is asked")?)
}

fn described(
    (credential, transports): (Vec<u8>, i16),
) -> Result<PublicKeyCredentialDescriptor<Vec<u8>>> {
    let id = CredentialId::decode(credential).map_err(|error| anyhow!("{error}"))?;
    let bits = u8::try_from(transports).unwrap_or_default();
    let transports = AuthTransports::decode(bits).map_err(|error| anyhow!("{error}"))?;
    Ok(PublicKeyCredentialDescriptor { id, transports })
}

/// Adds the passkey that a browser made. Answers recovery codes, to be shown once, if it is the
/// first thing that protects the account besides the password; none otherwise.
pub async fn add(
    s: &Services,
    user: UserId,
    origin: Origin,
    browser: &Browser<'_>,
    agent: &str,
    answer: &str,
) -> Result<Vec<String>> {
    let party = Party::of(s)?;
    let answer = Registration::from_json_relaxed(answer.as_bytes()).map_err(|_| unreadable())?;
    let challenge = answer.challenge_relaxed().map_err(|_| unreadable())?;
    let name = super::default_name(agent)?;
    let ceremony = Ceremony::new(Purpose::Add, Some(user), browser, challenge.0);
    let state: RegistrationServerState<USER_HANDLE_MAX_LEN> =
        ceremony.take(&mut *s.db.global().await?).await?;
    let origins = [party.origin.as_str()];
    let options = RegistrationVerificationOptions::<&str, &str> {
        allowed_origins: &origins,
        // What a browser adds of itself proves nothing and harms nothing.
        error_on_unsolicited_extensions: false,
        ..Default::default()
    };
    let made = state.verify(&party.id, &answer, &options).map_err(not)?;
    let mut tx = s.db.person_tx().await?;
    store::insert(&mut tx, user, &stored(&made, &name)?)
        .await
        .refuse_on("passkeys_credential_id_key", || {
            Refusal::conflict("this passkey was added already")
        })?;
    let codes = second_factor::first_codes(&mut tx, user).await?;
    let names = (None, Some(name.as_str()));
    let letter = templates::passkey_added;
    tell(
        s,
        &mut tx,
        user,
        origin,
        names,
        Act::PasskeyAdded,
        Some(letter),
    )
    .await?;
    tx.commit().await?;
    Ok(codes)
}

fn stored<'a>(
    made: &RegisteredCredential<'a, USER_HANDLE_MAX_LEN>,
    name: &'a PasskeyName,
) -> Result<store::NewPasskey<'a>> {
    let state = made.dynamic_state();
    Ok(store::NewPasskey {
        id: Uuid::now_v7(),
        credential: made.id().into_inner(),
        name: name.as_str(),
        record: made.static_state().encode().context("writing a passkey")?,
        transports: i16::from(made.transports().encode().context("writing a passkey")?),
        may_back_up: !matches!(state.backup, Backup::NotEligible),
        backed_up: matches!(state.backup, Backup::Exists),
        sign_count: state.sign_count.into(),
    })
}

fn unreadable() -> crate::Error {
    refused("this is not what a browser answers")
}

fn not(error: RegCeremonyErr) -> crate::Error {
    tracing::info!("a new passkey was refused: {error}");
    refused(match error {
        RegCeremonyErr::UserNotVerified => {
            "your device did not ask for your finger, face or PIN; set one up and try again"
        }
        RegCeremonyErr::OriginMismatch | RegCeremonyErr::RpIdHashMismatch => {
            "this passkey was made for another address"
        }
        _ => "your device's answer was not accepted; please try again",
    })
}
