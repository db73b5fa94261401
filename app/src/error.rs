//! What a server function answers when it does not do what was asked: the caller's doing in plain
//! words, or a reference to a log line.

use api_types::Refusal;
use leptos::server_fn::{
    codec::JsonEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Why a page or a form cannot have what it asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UiError {
    /// The caller's doing.
    Refused(Refusal),
    /// Ours; the log has the rest under this reference.
    Broken { reference: String },
    /// The request was not one that this page's forms make.
    Malformed,
    /// The browser could not reach the server.
    Unreachable,
}

impl UiError {
    /// The form field it is about.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Refused(refusal) => refusal.field(),
            _ => None,
        }
    }

    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused(Refusal::NotFound))
    }

    pub fn is_signed_out(&self) -> bool {
        matches!(self, Self::Refused(Refusal::SignedOut))
    }

    pub fn is_step_up(&self) -> bool {
        matches!(self, Self::Refused(Refusal::StepUp))
    }

    pub fn is_factor_needed(&self) -> bool {
        matches!(self, Self::Refused(Refusal::SecondFactorNeeded))
    }

    pub fn is_sso_needed(&self) -> bool {
        matches!(self, Self::Refused(Refusal::SsoNeeded))
    }

    /// The HTTP status that says the same.
    pub fn status(&self) -> u16 {
        match self {
            Self::Refused(refusal) => match refusal {
                Refusal::NotFound => 404,
                Refusal::SignedOut | Refusal::WrongCredentials => 401,
                Refusal::Forbidden { .. }
                | Refusal::StepUp
                | Refusal::SecondFactorNeeded
                | Refusal::SsoNeeded
                | Refusal::LooksOnly => 403,
                Refusal::Invalid { .. } => 422,
                Refusal::Taken { .. } | Refusal::Conflict { .. } => 409,
                Refusal::TooMany { .. } => 429,
            },
            Self::Malformed => 400,
            Self::Broken { .. } | Self::Unreachable => 500,
        }
    }
}

impl fmt::Display for UiError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => out.write_str(&sentence(&refusal.to_string())),
            Self::Broken { reference } => {
                write!(
                    out,
                    "Something went wrong on our side. Reference: {reference}"
                )
            }
            Self::Malformed => out.write_str("This form could not be read. Reload and try again."),
            Self::Unreachable => {
                out.write_str("The server cannot be reached. Check your connection and try again.")
            }
        }
    }
}

/// Begins with a capital and ends with a full stop, as people expect of a message.
pub(crate) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let mut sentence: String = letters
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .collect();
    sentence.push_str(letters.as_str());
    if !sentence.ends_with(['.', '!', '?']) {
        sentence.push('.');
    }
    sentence
}

impl FromServerFnError for UiError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(_) => Self::Unreachable,
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => answer(Self::Malformed),
            other => broken(&other),
        }
    }
}

#[cfg(feature = "ssr")]
use server::answer;
#[cfg(feature = "ssr")]
pub(crate) use server::broken;

/// How the server tells its errors to a request.
#[cfg(feature = "ssr")]
mod server {
    use super::UiError;
    use crate::request;
    use api_types::Refusal;

    impl From<domain::Error> for UiError {
        fn from(error: domain::Error) -> Self {
            match error {
                domain::Error::Refused(refusal) => refusal.into(),
                domain::Error::Broken(error) => broken(&format_args!("{error:?}")),
            }
        }
    }

    impl From<Refusal> for UiError {
        fn from(refusal: Refusal) -> Self {
            answer(Self::Refused(refusal))
        }
    }

    /// Logs what is ours, once, and gives the caller a reference to the line.
    pub fn broken(error: &dyn std::fmt::Display) -> UiError {
        let reference = request::id().to_string();
        tracing::error!(request_id = reference, "{error}");
        answer(UiError::Broken { reference })
    }

    /// Sets the answer's status, and keeps what was typed for the form to show again.
    pub fn answer(error: UiError) -> UiError {
        request::refused(&error);
        error
    }
}

#[cfg(not(feature = "ssr"))]
fn answer(error: UiError) -> UiError {
    error
}

/// The browser has no log to refer to.
#[cfg(not(feature = "ssr"))]
fn broken(_: &dyn fmt::Display) -> UiError {
    UiError::Broken {
        reference: "browser".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_as_sentences() {
        let error = UiError::Refused(Refusal::invalid("name", "at most 80 characters"));
        assert_eq!(error.to_string(), "At most 80 characters.");
        assert_eq!((error.field(), error.status()), (Some("name"), 422));
    }
}
