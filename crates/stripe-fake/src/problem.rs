//! What Stripe says when it does not do what was asked.

use serde_json::{Value, json};

/// An answer that is no yes.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub(crate) status: u16,
    kind: &'static str,
    code: Option<&'static str>,
    message: String,
}

impl Problem {
    /// The caller's doing.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self {
            status: 400,
            kind: "invalid_request_error",
            code: None,
            message: message.into(),
        }
    }

    /// A parameter is missing.
    pub(crate) fn missing(name: &str) -> Self {
        let message = format!("Missing required param: {name}.");
        Self {
            code: Some("parameter_missing"),
            ..Self::invalid(message)
        }
    }

    /// There is no such thing.
    pub(crate) fn no_such(kind: &str, id: &str) -> Self {
        Self {
            status: 404,
            code: Some("resource_missing"),
            ..Self::invalid(format!("No such {kind}: '{id}'"))
        }
    }

    /// The card says no.
    pub(crate) fn declined() -> Self {
        Self {
            status: 402,
            kind: "card_error",
            code: Some("card_declined"),
            message: "Your card was declined.".into(),
        }
    }

    /// The key is nobody's.
    pub(crate) fn unauthorized() -> Self {
        Self {
            status: 401,
            ..Self::invalid("Invalid API Key provided")
        }
    }

    /// An idempotency key was used for something else.
    pub(crate) fn other_idempotent_request(key: &str) -> Self {
        Self {
            kind: "idempotency_error",
            ..Self::invalid(format!(
                "Keys for idempotent requests can only be used with the same parameters they were first used with. \
                 Try using a key other than '{key}' if you meant to execute a different request."
            ))
        }
    }

    /// Something that a test asked for.
    pub(crate) fn asked_for(status: u16) -> Self {
        Self {
            status,
            kind: "api_error",
            code: None,
            message: "An unknown error occurred".into(),
        }
    }

    /// As it is sent.
    pub(crate) fn body(&self) -> Value {
        json!({ "error": { "type": self.kind, "code": self.code, "message": self.message } })
    }
}
