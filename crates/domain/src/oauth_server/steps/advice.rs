//! What a step means, and how to mend it.

use api_types::oauth::StepKind;
use oauth::{ErrorCode, OAuthError};

/// A step that went well.
pub(super) fn of_success(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Challenged => "It was told where to learn how to log in.",
        StepKind::Metadata => "It knows now which authorization server to ask.",
        StepKind::Registered => "It has a name here, and said where people are to be led back to.",
        StepKind::Authorize => "The person was asked, or had allowed it before.",
        StepKind::Consent => "The person allowed it, and the client was sent a code.",
        StepKind::Code => "It has an access token and a refresh token.",
        StepKind::Refresh => "It has a new access token and the next refresh token.",
        StepKind::Client | StepKind::Assertion => "It has an access token.",
        StepKind::Revoke => "The log-in is over.",
        StepKind::Scope => "It was told which scopes are missing.",
    }
}

/// A step that was refused: what was wrong, and what would be right.
pub(super) fn of_error(kind: StepKind, error: &OAuthError) -> String {
    let mend = match (error.code, kind) {
        (ErrorCode::InvalidClient, _) => {
            "Let the app forget this server and connect anew, so that it registers again; of a client \
             registered here, compare client_id and secret with its page."
        }
        (ErrorCode::InvalidRedirectUri, _) => {
            "The redirect URI must be byte for byte one of those registered; only the port of a \
             loopback address may differ."
        }
        (ErrorCode::InvalidGrant, StepKind::Refresh) => {
            "The app has to send the person to log in again. If it happens often, two copies of the \
             app share one refresh token and keep the old one."
        }
        (ErrorCode::InvalidGrant, _) => {
            "A code is good for 60 seconds, once, with the verifier and the redirect URI of the request \
             that it answers. Look for a client that exchanges it twice or keeps the verifier elsewhere."
        }
        (ErrorCode::InvalidTarget, _) => {
            "The resource must be the endpoint's address exactly as this tenant shows it."
        }
        (ErrorCode::InvalidScope, _) => {
            "Leave the scope out, or ask for those in the challenge of the endpoint."
        }
        (ErrorCode::AccessDenied, _) => "Nothing is wrong: the person said no.",
        (ErrorCode::UnauthorizedClient, _) => "Look at how the client may log in, on its page.",
        (ErrorCode::InvalidRequest, StepKind::Authorize) => {
            "Clients must send response_type=code, a code_challenge and code_challenge_method=S256."
        }
        _ => "",
    };
    let described = error.description.trim_end_matches('.');
    format!("{described}. {mend}").trim_end().to_owned()
}
