//! Signing in with an account elsewhere.

use crate::members::Offer;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// What a provider speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProviderKind {
    /// Google: OpenID Connect.
    Google,
    /// GitHub: OAuth 2 and its API.
    GitHub,
    /// Microsoft Entra: OpenID Connect with an issuer for each directory.
    Microsoft,
    /// Any other that speaks OpenID Connect.
    Oidc,
}

/// A provider that people can sign in with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderView {
    /// Its name in addresses.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// What it speaks.
    pub kind: ProviderKind,
}

/// An account elsewhere that signs a person in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityView {
    /// Who vouches.
    pub issuer: String,
    /// For whom, in the issuer's words.
    pub subject: String,
    /// The provider's id in the settings.
    pub provider: String,
    /// Its name, or its issuer where it is no longer there.
    pub provider_name: String,
    /// How the person is called there.
    pub label: String,
    /// When it was linked.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it was last used.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_used_at: Option<OffsetDateTime>,
}

/// How a person signs in beside their password.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identities {
    /// Accounts elsewhere.
    pub linked: Vec<IdentityView>,
    /// What more can be linked.
    pub providers: Vec<ProviderView>,
    /// Whether the person has a password.
    pub has_password: bool,
}

/// Somebody whom a provider knows and we do not: they may sign up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Newcomer {
    /// Who vouches.
    pub issuer: String,
    /// For whom.
    pub subject: String,
    /// The provider's id in the settings.
    pub provider: String,
    /// The provider's name.
    pub provider_name: String,
    /// Their address, which the provider has verified.
    pub email: String,
    /// Their name there.
    pub name: String,
    /// Where they wanted to go.
    pub next: String,
    /// Until when, in seconds since 1970.
    pub until: i64,
}

/// What somebody new is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SigningUp {
    /// Who they are elsewhere.
    pub newcomer: Newcomer,
    /// Where they are wanted.
    pub invited: Invited,
}

/// Whether somebody new needs no tenant of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Invited {
    /// Nobody waits for them.
    No,
    /// The link of an invitation is in their mail.
    ByLetter,
    /// They have come by its link.
    Here(Offer),
}

macro_rules! failures {
    ($($name:ident $word:literal $message:literal;)+) => {
        /// Why signing in elsewhere came to nothing, in words for the person.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Failure {
            $(#[doc = $message] $name),+
        }

        impl Failure {
            /// The word in addresses.
            pub fn as_str(self) -> &'static str {
                match self {$(Self::$name => $word),+}
            }

            /// Reads the word.
            pub fn parse(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$name),)+
                    _ => None,
                }
            }

            /// What to tell people.
            pub fn message(self) -> &'static str {
                match self {$(Self::$name => $message),+}
            }
        }
    };
}

failures! {
    Expired "expired" "This sign-in took too long, was used already, or began in another browser. Please start again.";
    Declined "declined" "The sign-in was cancelled there. Nothing has changed.";
    Provider "provider" "The answer of the other side could not be accepted. Please try again; the operator finds the reason in the log.";
    AddressKnown "address-known" "There is an account with this address already, and it is not linked. Sign in as usual, then link it under Your account.";
    AddressUnverified "address-unverified" "The other side does not say that your address is verified. Create an account with it here, confirm it, then link it under Your account.";
    LinkedElsewhere "linked-elsewhere" "This account is linked to another person here. Unlink it there first.";
    ConfirmAddressFirst "confirm-first" "Confirm your email address first; then you can link other accounts.";
    NoSso "no-sso" "No company has set up single sign-on for this address.";
    ForeignAddress "foreign-address" "Your company's sign-in answered with an address that is not of its own domains.";
    NotSpokenFor "not-spoken-for" "There is an account for which your company's sign-in does not speak: its address is another one, or was never confirmed. Sign in as usual.";
    NotMember "not-member" "There is an account with this address that does not belong to the company here. Sign in as usual, or ask for an invitation; single sign-on works from then on.";
    SomebodyElse "somebody-else" "This is not an account that you have linked.";
}
