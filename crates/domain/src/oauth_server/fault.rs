//! What a client is told when it does not get what it asks for.

use crate::Error;
use api_types::Refusal;
use oauth::{ErrorCode, OAuthError};

/// The client's doing, said in the protocol's words; or ours.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// RFC 6749, section 5.2.
    #[error(transparent)]
    Told(#[from] OAuthError),
    /// Too many tries from one address.
    #[error("too many attempts")]
    TooMany {
        /// Seconds until a new try is worthwhile.
        retry_after_seconds: u64,
    },
    /// Ours.
    #[error(transparent)]
    Broken(Error),
}

impl Fault {
    pub(super) fn told(code: ErrorCode, description: impl Into<String>) -> Self {
        Self::Told(OAuthError::new(code, description))
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(Refusal::TooMany {
                retry_after_seconds,
            }) => Self::TooMany {
                retry_after_seconds,
            },
            other => Self::Broken(other),
        }
    }
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        Self::Broken(error.into())
    }
}

impl From<anyhow::Error> for Fault {
    fn from(error: anyhow::Error) -> Self {
        Self::Broken(error.into())
    }
}
