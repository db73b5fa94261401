//! Challenges between asking and answering. A row is found only by whoever holds the challenge in
//! the browser that was given it, for the same purpose and the same person; taking it deletes it.

use super::{Browser, refused, store};
use crate::Result;
use anyhow::anyhow;
use api_types::UserId;
use sqlx::PgConnection;
use std::fmt::Debug;
use webauthn_rp::bin::{Decode, Encode};

/// What the answer to a challenge is for.
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    /// A new passkey.
    Add,
    /// A sign-in by the passkey alone.
    SignIn,
    /// A second factor, or a confirmation that it is still the same person.
    Check,
}

impl Purpose {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::SignIn => "sign_in",
            Self::Check => "check",
        }
    }
}

/// One challenge as it was given to one browser.
pub(super) struct Ceremony {
    pub purpose: Purpose,
    pub user: Option<UserId>,
    digest: vault::Digest,
}

impl Ceremony {
    pub fn new(
        purpose: Purpose,
        user: Option<UserId>,
        browser: &Browser<'_>,
        challenge: u128,
    ) -> Self {
        let tied = [challenge.to_be_bytes().as_slice(), browser.0.as_bytes()].concat();
        Self {
            purpose,
            user,
            digest: vault::digest("bulkhead/passkey-ceremony/v1", &tied),
        }
    }

    pub fn digest(&self) -> &vault::Digest {
        &self.digest
    }

    /// Remembers what the answer is checked against.
    pub async fn begin<S>(&self, db: &mut PgConnection, state: &S) -> Result<()>
    where
        S: for<'a> Encode<Output<'a> = Vec<u8>, Err: Debug> + 'static,
    {
        let state = state
            .encode()
            .map_err(|error| anyhow!("writing a ceremony: {error:?}"))?;
        store::insert_ceremony(db, self, &state).await
    }

    /// Uses it up, in one statement: of two who answer at once, one finds nothing.
    pub async fn take<S>(&self, db: &mut PgConnection) -> Result<S>
    where
        S: for<'a> Decode<Input<'a> = &'a [u8], Err: Debug>,
    {
        let Some(state) = store::take_ceremony(db, self).await? else {
            return Err(refused(
                "this took too long, or was answered already; please try again",
            ));
        };
        let state = S::decode(&state);
        Ok(state.map_err(|error| anyhow!("reading a ceremony: {error:?}"))?)
    }
}
