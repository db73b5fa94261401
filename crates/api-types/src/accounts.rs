//! A person's own account.

use crate::{PasskeyId, SessionId, sign_in_with::ProviderView};
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
    /// Where that is, such as "Lisbon, Portugal", if anybody can say.
    pub place: Option<String>,
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

/// What a person can answer with besides their password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Factors {
    /// Codes of an authenticator app.
    pub app: bool,
    /// A passkey.
    pub passkey: bool,
}

impl Factors {
    /// Whether there is anything: signing in with a password then takes an answer too.
    pub fn any(self) -> bool {
        self.app || self.passkey
    }
}

/// How a person who is signed in can show that it is them. Where they have a second factor, it alone counts here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepUpWays {
    /// Their second factor.
    pub factors: Factors,
    /// Their password.
    pub password: bool,
    /// Accounts elsewhere that they have linked.
    pub providers: Vec<ProviderView>,
    /// Whether they came by their company's provider, and so can again.
    pub company: bool,
}

impl StepUpWays {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        !self.factors.any() && !self.password && self.providers.is_empty() && !self.company
    }
}

/// One of the person's passkeys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasskeyView {
    /// Its name for renaming and removing it.
    pub id: PasskeyId,
    /// What its person calls it.
    pub name: String,
    /// Whether it is copied to other devices of theirs.
    pub backed_up: bool,
    /// When it was added.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it last answered.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_used_at: Option<OffsetDateTime>,
}

/// A person's passkeys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passkeys {
    /// The oldest first.
    pub list: Vec<PasskeyView>,
    /// Why they do not work at the address of this page, if they do not.
    pub elsewhere: Option<String>,
    /// Recovery codes that were not used.
    pub recovery_codes_left: i64,
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
