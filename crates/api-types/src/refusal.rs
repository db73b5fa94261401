//! Refusals: what the caller did wrong or may not do, in words meant for them.

use crate::{Permission, Rule, roles::told};
use serde::{Deserialize, Serialize};

/// The caller's doing, said plainly to them. Ours is never a refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Refusal {
    /// No such thing, or it is another tenant's: the two look exactly alike.
    #[error("not found")]
    NotFound,
    /// Nobody is signed in.
    #[error("please sign in")]
    SignedOut,
    /// Address or password is wrong; which of them is not said.
    #[error("the email address or the password is wrong")]
    WrongCredentials,
    /// The act is dangerous, and the person has not shown lately that it is them.
    #[error("please confirm that it is you")]
    StepUp,
    /// The tenant lets nobody in who has no second factor.
    #[error("this tenant asks for a second factor: add one to your account")]
    SecondFactorNeeded,
    /// The tenant lets this person in by its own sign-in provider alone.
    #[error("this tenant asks for single sign-on: sign in with your company's account")]
    SsoNeeded,
    /// An operator looks at a tenant with its consent, and may do nothing else.
    #[error("you are looking at this tenant with its consent, and can change nothing in it")]
    LooksOnly,
    /// The caller's role or key lacks a permission.
    #[error("{}", told(*permission, rule))]
    Forbidden {
        /// What is missing.
        permission: Permission,
        /// The rule that decided.
        rule: Rule,
    },
    /// One input is not acceptable.
    #[error("{message}")]
    Invalid {
        /// The input's name as in the form or the tool's schema.
        field: String,
        /// What is wrong and what would be right.
        message: String,
    },
    /// Somebody else has this name already.
    #[error("this {field} is taken")]
    Taken {
        /// The input's name.
        field: String,
    },
    /// The thing's present state does not allow it.
    #[error("{message}")]
    Conflict {
        /// What stands in the way.
        message: String,
    },
    /// Too many tries.
    #[error("too many attempts; try again in {}", wait(*retry_after_seconds))]
    TooMany {
        /// Seconds until a new try is worthwhile.
        retry_after_seconds: u64,
    },
}

impl Refusal {
    /// Refuses one input.
    pub fn invalid(field: &str, message: impl Into<String>) -> Self {
        Self::Invalid {
            field: field.into(),
            message: message.into(),
        }
    }

    /// Refuses a name that exists already.
    pub fn taken(field: &str) -> Self {
        Self::Taken {
            field: field.into(),
        }
    }

    /// Refuses because of the thing's present state.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::Conflict {
            message: message.into(),
        }
    }

    /// The input the refusal is about, if it is about one.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Invalid { field, .. } | Self::Taken { field } => Some(field),
            _ => None,
        }
    }
}

/// How long to wait, as people say it.
fn wait(seconds: u64) -> String {
    let (number, unit) = match seconds {
        0..120 => (seconds, "second"),
        120..7200 => (seconds.div_ceil(60), "minute"),
        _ => (seconds.div_ceil(3600), "hour"),
    };
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {unit}{plural}")
}

#[cfg(test)]
mod tests {
    use super::wait;

    #[test]
    fn waits_are_told_in_words_that_fit_and_never_too_short() {
        for (seconds, words) in [
            (1, "1 second"),
            (119, "119 seconds"),
            (121, "3 minutes"),
            (7199, "120 minutes"),
            (7201, "3 hours"),
            (86400, "24 hours"),
        ] {
            assert_eq!(wait(seconds), words);
        }
    }
}
