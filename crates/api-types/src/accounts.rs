//! A person's own account.

use crate::SessionId;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// One of the person's sessions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionView {
    /// Its name for ending it.
    pub id: SessionId,
    /// Whether it is the one that asks.
    pub current: bool,
    /// The browser and the system, such as "Firefox on Linux".
    pub device: String,
    /// The address that signed in.
    pub address: Option<String>,
    /// When it began.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it was last used, to ten minutes.
    #[serde(with = "time::serde::rfc3339")]
    pub seen_at: OffsetDateTime,
}

/// A person's second factor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FactorView {
    /// There is none.
    Off,
    /// The person is adding it: their app has yet to show that it knows the secret.
    Enrolling(Enrolment),
    /// Signing in takes a code.
    On {
        /// Recovery codes that were not used.
        recovery_codes_left: i64,
    },
}

/// What an authenticator app needs to know.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolment {
    /// The secret in base32, for typing.
    pub secret: String,
    /// The same as an `otpauth:` address.
    pub uri: String,
    /// The address as a QR code: an SVG path of unit squares.
    pub qr_path: String,
    /// How many squares a side has.
    pub qr_size: u32,
}

impl std::fmt::Debug for Enrolment {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Enrolment(…)")
    }
}
