//! One-time links: 256 random bits that only the letter has. The database has their digest.

use super::store;
use crate::{Db, Result, Services};
use api_types::{Refusal, UserId, input::Email};
use sqlx::PgConnection;
use std::time::Duration;

const DOMAIN: &str = "bulkhead/one-time-link/v1";

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The address that somebody signed up with is theirs.
    ConfirmAddress,
    /// An address is to replace the present one.
    ChangeAddress,
    /// A new password is to be chosen.
    ResetPassword,
}

impl Purpose {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::ConfirmAddress => "confirm_address",
            Self::ChangeAddress => "change_address",
            Self::ResetPassword => "reset_password",
        }
    }

    fn lifetime(self) -> Duration {
        match self {
            Self::ConfirmAddress | Self::ChangeAddress => Duration::from_hours(24),
            Self::ResetPassword => Duration::from_hours(1),
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::ConfirmAddress | Self::ChangeAddress => "/confirm-address",
            Self::ResetPassword => "/reset",
        }
    }
}

/// Makes a link; earlier ones for the same purpose are worthless from then on.
pub(super) async fn issue(
    s: &Services,
    db: &mut PgConnection,
    user: UserId,
    purpose: Purpose,
    email: &Email,
) -> Result<String> {
    let token = vault::random_token();
    store::delete_links(db, user, purpose.as_str()).await?;
    store::insert_link(
        db,
        &token.digest(DOMAIN),
        user,
        purpose.as_str(),
        email.as_str(),
        purpose.lifetime(),
    )
    .await?;
    let path = purpose.path();
    Ok(format!("{}{path}?token={}", s.public_url, token.reveal()))
}

/// What is stored of a link's token.
pub(super) fn digest(token: &str) -> vault::Digest {
    vault::digest(DOMAIN, token.as_bytes())
}

/// Why a link is of no use; which of the reasons it is would help nobody but a guesser.
pub(super) fn worthless() -> Refusal {
    Refusal::conflict("this link was used already, or is too old: ask for a new one")
}

/// Whether a link for a new password still works, so that nobody types one in vain.
pub async fn is_open(s: &Services, token: &str) -> Result<bool> {
    let mut db = s.db.global().await?;
    let purpose = Purpose::ResetPassword.as_str();
    Ok(store::find_link(&mut db, &digest(token), purpose)
        .await?
        .is_some())
}

/// Makes links that could undo a change of the password worthless.
pub(crate) async fn forget(db: &mut PgConnection, user: UserId) -> Result<()> {
    store::delete_links(db, user, Purpose::ResetPassword.as_str()).await?;
    store::delete_links(db, user, Purpose::ChangeAddress.as_str()).await
}

/// Deletes links that have expired. Answers how many.
pub async fn delete_expired(db: &Db) -> Result<u64> {
    store::delete_expired(&mut *db.system().await?).await
}
