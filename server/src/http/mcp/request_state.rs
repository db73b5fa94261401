//! What a toolkit wants back with the next call travels through the client: sealed, and tied to the credential,
//! the request and a time (2026-07-28, basic/patterns/mrtr).

use api_types::CredentialId;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use mcp_wire::Fault;
use serde_json::{Value, value::RawValue};
use time::OffsetDateTime;
use vault::Sealer;

/// Ten minutes for a person to answer.
const LIFETIME_SECONDS: i64 = 600;
const TIME_BYTES: usize = size_of::<i64>();

/// Seals and opens request states. The key is this process's own: after a restart a client has to begin again,
/// which the protocol expects of it.
pub(super) struct RequestStates(Sealer);

impl RequestStates {
    pub(super) fn new() -> Self {
        Self(Sealer::random())
    }

    /// Seals a state for a request such as this one.
    pub(super) fn seal(&self, tied: &[u8], state: &str) -> Option<String> {
        let ends = OffsetDateTime::now_utc().unix_timestamp() + LIFETIME_SECONDS;
        let content = [&ends.to_be_bytes(), state.as_bytes()].concat();
        Some(URL_SAFE_NO_PAD.encode(self.0.seal(tied, &content)?))
    }

    /// Opens a state that this key was given for this very request, not long ago.
    pub(super) fn open(&self, tied: &[u8], sealed: &str) -> Result<String, Fault> {
        self.opened(tied, sealed).ok_or_else(|| {
            Fault::invalid_params("requestState was not issued for this request, or is too old")
        })
    }

    fn opened(&self, tied: &[u8], sealed: &str) -> Option<String> {
        let content = self.0.open(tied, &URL_SAFE_NO_PAD.decode(sealed).ok()?)?;
        let (ends, state) = content.split_first_chunk::<TIME_BYTES>()?;
        let fresh = i64::from_be_bytes(*ends) >= OffsetDateTime::now_utc().unix_timestamp();
        String::from_utf8(state.to_vec()).ok().filter(|_| fresh)
    }
}

/// What a state is tied to: the credential, the method, the name and the arguments, however they are written.
pub(super) fn context(
    credential: CredentialId,
    method: &str,
    name: &str,
    arguments: Option<&RawValue>,
) -> Vec<u8> {
    let arguments: Value = arguments
        .and_then(|arguments| serde_json::from_str(arguments.get()).ok())
        .unwrap_or_default();
    // As JSON, so that no part can pass for another.
    serde_json::to_vec(&(credential, method, name, arguments)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_opens_for_the_same_request_alone() {
        let states = RequestStates::new();
        let sealed = states.seal(b"this request", "step 2").expect("sealed");
        assert_eq!(states.open(b"this request", &sealed), Ok("step 2".into()));
        assert!(states.open(b"another", &sealed).is_err());
        assert!(
            states
                .open(b"this request", &format!("{sealed}-TAMPERED"))
                .is_err()
        );
        assert!(states.open(b"this request", "").is_err());
        assert!(RequestStates::new().open(b"this request", &sealed).is_err());
    }
}
