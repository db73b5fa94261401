//! The authorization request: what a client sends a person's browser with (RFC 6749, section 4.1.1; RFC 7636;
//! RFC 8707; OpenID Connect's `prompt`).
//!
//! Read in two steps, because until client and redirect URI are known to be good there is nobody to be told of a
//! fault: an open redirector is the alternative.

use crate::{
    CodeChallenge, ErrorCode, OAuthError, Scopes, parameters::Parameters, web_url::WebUrl,
};

/// The longest query, in bytes.
const LONGEST: usize = 16 * 1024;

/// The longest client id, in bytes: that of a document's URL.
const LONGEST_CLIENT_ID: usize = 2000;

/// A request whose client, redirect URI and state are read; the rest waits for [`AuthorizeQuery::check`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizeQuery {
    /// Who asks, by its own word.
    pub client_id: String,
    /// Where the answer is to go, unchecked. Without one a client must have registered a single one.
    pub redirect_uri: Option<String>,
    /// What the answer is to repeat.
    pub state: Option<String>,
    parameters: Parameters,
}

/// What a sound request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizeRequest {
    /// What the code's redemption must prove.
    pub challenge: CodeChallenge,
    /// What the token is to open.
    pub scopes: Option<Scopes>,
    /// Which resource it is to open.
    pub resource: Option<String>,
    /// Which pages must or must not be shown.
    pub prompt: Prompt,
}

/// What the client wants shown to the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prompt {
    /// Whatever is necessary.
    Any,
    /// Nothing: an error instead of a page.
    None,
    /// The consent page even if consent is remembered.
    Consent,
    /// A new sign-in, and the consent page.
    Login,
}

impl AuthorizeQuery {
    /// Reads a query of at most 16 KiB. The error is for the person: it must not be sent to a redirect URI.
    pub fn parse(query: &str) -> Result<Self, OAuthError> {
        let parameters = Parameters::parse(query.as_bytes(), LONGEST)?;
        for name in ["client_id", "redirect_uri", "state"] {
            if parameters.count(name) > 1 {
                return Err(invalid(format!("{name} occurs more than once")));
            }
        }
        let owned = |name| parameters.get(name).map(str::to_owned);
        let client_id = owned("client_id").ok_or_else(|| invalid("client_id is missing"))?;
        if client_id.len() > LONGEST_CLIENT_ID {
            return Err(invalid("client_id is longer than 2000 bytes"));
        }
        Ok(Self {
            client_id,
            redirect_uri: owned("redirect_uri"),
            state: owned("state"),
            parameters,
        })
    }

    /// Checks the rest. The error is for the client: it goes to the redirect URI.
    pub fn check(&self) -> Result<AuthorizeRequest, OAuthError> {
        self.check_unsupported()?;
        let get = |name| self.parameters.get(name);
        let challenge = get("code_challenge").ok_or_else(|| {
            invalid("code_challenge is missing: PKCE is required, with the method S256")
        })?;
        Ok(AuthorizeRequest {
            challenge: CodeChallenge::parse(challenge, get("code_challenge_method"))?,
            scopes: Scopes::asked(get("scope"))?,
            resource: get("resource").map(resource).transpose()?,
            prompt: get("prompt").map_or(Ok(Prompt::Any), prompt)?,
        })
    }

    fn check_unsupported(&self) -> Result<(), OAuthError> {
        let get = |name| self.parameters.get(name);
        match self.parameters.repeated() {
            None => {}
            // RFC 8707 would let it be repeated, but a token here is for one resource.
            Some("resource") => {
                let code = ErrorCode::InvalidTarget;
                return Err(OAuthError::new(code, "a token is for one resource"));
            }
            Some(name) => return Err(invalid(format!("{name} occurs more than once"))),
        }
        match get("response_type") {
            Some("code") => {}
            None => return Err(invalid("response_type is missing")),
            Some(_) => {
                let code = ErrorCode::UnsupportedResponseType;
                return Err(OAuthError::new(code, "response_type must be code"));
            }
        }
        if get("response_mode").is_some_and(|mode| mode != "query") {
            return Err(invalid("response_mode must be query"));
        }
        for name in ["request", "request_uri"] {
            if get(name).is_some() {
                return Err(invalid(format!("{name} is not supported")));
            }
        }
        Ok(())
    }
}

/// A resource indicator: an absolute URI without a fragment (RFC 8707, section 2). Ours are all on the web.
pub(crate) fn resource(uri: &str) -> Result<String, OAuthError> {
    match WebUrl::parse(uri) {
        Ok(_) => Ok(uri.to_owned()),
        Err(why) => Err(OAuthError::new(
            ErrorCode::InvalidTarget,
            format!("resource is not good: {why}"),
        )),
    }
}

/// A list, of which the strictest counts. To choose an account is done on the consent page; what is unknown is
/// ignored, as OpenID Connect allows.
fn prompt(list: &str) -> Result<Prompt, OAuthError> {
    let wants = |prompt| list.split(' ').any(|one| one == prompt);
    if wants("none") {
        return match list.trim_matches(' ') {
            "none" => Ok(Prompt::None),
            _ => Err(invalid("prompt=none stands alone")),
        };
    }
    Ok(if wants("login") {
        Prompt::Login
    } else if wants("consent") || wants("select_account") {
        Prompt::Consent
    } else {
        Prompt::Any
    })
}

fn invalid(why: impl Into<String>) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidRequest, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: &str = "response_type=code&client_id=c&redirect_uri=https%3A%2F%2Fapp.test%2Fcb\
        &state=s+1&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\
        &code_challenge_method=S256";

    /// What a client is told about the sound request with this at its end.
    fn with(more: &str) -> Result<AuthorizeRequest, ErrorCode> {
        let query = AuthorizeQuery::parse(&format!("{SOUND}&{more}")).unwrap();
        query.check().map_err(|refusal| refusal.code)
    }

    #[test]
    fn a_sound_request_is_read() {
        let query = AuthorizeQuery::parse(SOUND).unwrap();
        assert_eq!(query.client_id, "c");
        assert_eq!(query.redirect_uri.as_deref(), Some("https://app.test/cb"));
        assert_eq!(query.state.as_deref(), Some("s 1"));
        let request = query.check().unwrap();
        assert_eq!((request.scopes, request.resource), (None, None));
        assert_eq!(request.prompt, Prompt::Any);

        let more = "scope=b+a&resource=https://mcp.test/mcp&response_mode=query&unknown=x";
        let request = with(more).unwrap();
        assert_eq!(request.scopes.unwrap().to_string(), "a b");
        assert_eq!(request.resource.as_deref(), Some("https://mcp.test/mcp"));
        assert_eq!(with("scope=+").unwrap().scopes, None);
    }

    #[test]
    fn without_a_sure_client_and_address_nobody_is_told() {
        for query in [
            "",
            "client_id=",
            "response_type=code",
            "client_id=a&client_id=a",
            "client_id=a&redirect_uri=b&redirect_uri=c",
            "client_id=a&state=b&state=",
            "client_id=a&state=%ff",
            "client_id=a&%",
            &format!("client_id={}", "a".repeat(2001)),
        ] {
            let refusal = AuthorizeQuery::parse(query).unwrap_err();
            assert_eq!(refusal.code, ErrorCode::InvalidRequest, "{query}");
        }
        let query = AuthorizeQuery::parse("client_id=a&redirect_uri=&state=").unwrap();
        assert_eq!((query.redirect_uri, query.state), (None, None));
    }

    #[test]
    fn every_other_fault_is_the_clients_to_hear() {
        for (more, code) in [
            ("scope=a&scope=b", ErrorCode::InvalidRequest),
            ("unknown=a&unknown=b", ErrorCode::InvalidRequest),
            ("response_type=code", ErrorCode::InvalidRequest),
            ("response_mode=fragment", ErrorCode::InvalidRequest),
            ("request=e30", ErrorCode::InvalidRequest),
            ("request_uri=https://app.test/r", ErrorCode::InvalidRequest),
            ("prompt=none+login", ErrorCode::InvalidRequest),
            ("scope=%22", ErrorCode::InvalidScope),
            ("resource=/mcp", ErrorCode::InvalidTarget),
            ("resource=https://a.test/%23", ErrorCode::InvalidTarget),
            (
                "resource=https://a.test/&resource=https://b.test/",
                ErrorCode::InvalidTarget,
            ),
        ] {
            assert_eq!(with(more), Err(code), "{more}");
        }
        for (from, to, code) in [
            (
                "type=code",
                "type=token",
                ErrorCode::UnsupportedResponseType,
            ),
            ("response_type", "x", ErrorCode::InvalidRequest),
            ("code_challenge=", "x=", ErrorCode::InvalidRequest),
            ("code_challenge_method", "x", ErrorCode::InvalidRequest),
            ("=S256", "=plain", ErrorCode::InvalidRequest),
        ] {
            let query = AuthorizeQuery::parse(&SOUND.replacen(from, to, 1)).unwrap();
            assert_eq!(query.check().unwrap_err().code, code, "{from} as {to}");
        }
    }

    #[test]
    fn the_strictest_prompt_counts() {
        for (list, prompt) in [
            ("none", Prompt::None),
            ("consent", Prompt::Consent),
            ("select_account", Prompt::Consent),
            ("consent+login", Prompt::Login),
            ("create", Prompt::Any),
            ("", Prompt::Any),
        ] {
            let request = with(&format!("prompt={list}")).unwrap();
            assert_eq!(request.prompt, prompt, "{list}");
        }
    }
}
