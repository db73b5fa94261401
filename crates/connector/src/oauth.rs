//! OAuth 2 as a client of providers, but for the sending: where a browser is led, what is posted to the token
//! endpoint, and what its answer means, with the habits that providers have.

use crate::problem::plain;
use crate::{ClientAuth, OAuth2, Wrong, address, path, query};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;
use url::{Url, form_urlencoded};

/// The longest token, in bytes. Those of Microsoft have a few thousand.
const LONGEST_TOKEN: usize = 16_000;

/// No token lives longer, in seconds: ten years.
const LONGEST_LIFE: u64 = 315_360_000;

/// Refusals that stay: the person must connect again. `invalid_client` is not among them, as it is for whoever set the
/// app up.
const FINAL: [&str; 13] = [
    "invalid_grant",
    "access_denied",
    "consent_required",
    "interaction_required",
    "login_required",
    // GitHub's
    "bad_refresh_token",
    "bad_verification_code",
    // Slack's
    "invalid_refresh_token",
    "invalid_code",
    "code_already_used",
    "token_revoked",
    "token_expired",
    "account_inactive",
];

/// What is exchanged for tokens.
#[derive(Clone, Copy)]
pub enum Exchange<'a> {
    /// The code that a browser came back with.
    Code {
        /// The code.
        code: &'a str,
        /// As in the address that the browser was led to.
        redirect_uri: &'a str,
        /// Of PKCE, where a challenge was sent.
        verifier: Option<&'a str>,
    },
    /// A refresh token.
    Refresh {
        /// The token.
        token: &'a str,
        /// Empty: those that it has.
        scopes: &'a [String],
    },
}

/// What a token endpoint gives. Its `Debug` shows no secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Tokens {
    /// The access token: visible ASCII, at most 16 kB.
    pub access_token: String,
    /// The refresh token; none means that an earlier one goes on.
    pub refresh_token: Option<String>,
    /// How long the access token lives, in seconds. None: it does not end.
    pub expires_in: Option<u64>,
    /// What was granted, if it says so.
    pub scopes: Option<Vec<String>>,
    /// Words of addresses that are in this answer.
    pub remembered: BTreeMap<String, String>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Tokens")
            .field("refreshable", &self.refresh_token.is_some())
            .field("expires_in", &self.expires_in)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

/// A refusal of a token endpoint (RFC 6749, section 5.2).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct TokenError {
    /// The code; `invalid_response` is ours, for an answer without a usable token.
    pub error: String,
    /// The provider's words.
    pub description: Option<String>,
    /// Whether it stays so until a person connects again.
    pub is_final: bool,
}

/// Where a browser is led. `challenge` is that of PKCE with S256.
pub fn authorize_url(
    oauth: &OAuth2,
    client_id: &str,
    redirect_uri: &str,
    state: &str,
    challenge: Option<&str>,
    scopes: &[String],
    words: &BTreeMap<String, String>,
) -> Result<Url, Wrong> {
    let mut url = address::fill(&oauth.authorize, words, false)?;
    let mut pairs = query::pairs(&url);
    for (name, value) in &oauth.authorize_parameters {
        query::replace(&mut pairs, name, value);
    }
    query::replace(&mut pairs, "response_type", "code");
    query::replace(&mut pairs, "client_id", client_id);
    query::replace(&mut pairs, "redirect_uri", redirect_uri);
    query::replace(&mut pairs, "state", state);
    let scopes = oauth.asked(scopes);
    if !scopes.is_empty() {
        query::replace(&mut pairs, &oauth.scope_parameter, scopes);
    }
    if let Some(challenge) = challenge.filter(|_| oauth.pkce) {
        query::replace(&mut pairs, "code_challenge", challenge);
        query::replace(&mut pairs, "code_challenge_method", "S256");
    }
    query::set_pairs(&mut url, &pairs);
    Ok(url)
}

impl OAuth2 {
    /// These scopes and those that are always asked for, each once.
    fn asked(&self, scopes: &[String]) -> String {
        let mut all: Vec<&str> = Vec::new();
        for scope in scopes.iter().chain(&self.always) {
            if !all.contains(&scope.as_str()) {
                all.push(scope);
            }
        }
        all.join(&self.scope_separator)
    }
}

/// The form to post to the token endpoint, and the value of `Authorization` to send with it. An empty secret is none:
/// the app is a public client then.
pub fn token_form(
    oauth: &OAuth2,
    exchange: Exchange<'_>,
    client_id: &str,
    client_secret: &str,
) -> (Vec<(String, String)>, Option<String>) {
    let mut form: Vec<_> = oauth.token_parameters.clone().into_iter().collect();
    let mut set = |name: &str, value: &str| query::replace(&mut form, name, value);
    match exchange {
        Exchange::Code {
            code,
            redirect_uri,
            verifier,
        } => {
            set("grant_type", "authorization_code");
            set("code", code);
            set("redirect_uri", redirect_uri);
            if let Some(verifier) = verifier.filter(|_| oauth.pkce) {
                set("code_verifier", verifier);
            }
        }
        Exchange::Refresh { token, scopes } => {
            set("grant_type", "refresh_token");
            set("refresh_token", token);
            if !scopes.is_empty() {
                set(&oauth.scope_parameter, &oauth.asked(scopes));
            }
        }
    }
    if oauth.client_auth == ClientAuth::Basic && !client_secret.is_empty() {
        return (form, Some(basic(client_id, client_secret)));
    }
    set("client_id", client_id);
    if !client_secret.is_empty() {
        set("client_secret", client_secret);
    }
    (form, None)
}

/// Both are encoded as in a form first (RFC 6749, section 2.3.1).
fn basic(client_id: &str, client_secret: &str) -> String {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let both = format!("{}:{}", encode(client_id), encode(client_secret));
    format!("Basic {}", BASE64_STANDARD.encode(both))
}

/// The tokens in an answer of the token endpoint, which is JSON or a form, and may be a refusal with any status.
pub fn read_tokens(oauth: &OAuth2, body: &[u8], status: u16) -> Result<Tokens, TokenError> {
    let answer = read(body);
    let at = oauth.access_token_at.as_deref().unwrap_or("access_token");
    let token = path::read(&answer, at).and_then(usable);
    let says_no = answer.get("ok") == Some(&Value::Bool(false));
    let has_error = answer.get("error").is_some_and(is_said);
    let Some(access_token) = token.filter(|_| status < 400 && !says_no && !has_error) else {
        return Err(refusal(&answer, status));
    };
    // What belongs to a token stands beside it, or at the top.
    let (beside, _) = at.rsplit_once('.').unwrap_or_default();
    let beside = path::read(&answer, beside).unwrap_or(&answer);
    let member = |name: &str| beside.get(name).or_else(|| answer.get(name));
    Ok(Tokens {
        access_token,
        refresh_token: member("refresh_token").and_then(usable),
        expires_in: member("expires_in")
            .and_then(seconds)
            .or(oauth.lifetime.map(u64::from)),
        scopes: member("scope").and_then(|scopes| split(scopes, &oauth.scope_separator)),
        remembered: remembered(oauth, &answer),
    })
}

fn read(body: &[u8]) -> Value {
    if let Ok(json) = serde_json::from_slice::<Value>(body) {
        return json;
    }
    let pairs = form_urlencoded::parse(body.trim_ascii());
    let owned = pairs.map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())));
    Value::Object(owned.collect::<Map<_, _>>())
}

/// A token that can stand in a header.
fn usable(token: &Value) -> Option<String> {
    let token = token.as_str()?;
    let visible = token.bytes().all(|byte| byte.is_ascii_graphic());
    (!token.is_empty() && token.len() <= LONGEST_TOKEN && visible).then(|| token.to_owned())
}

fn is_said(error: &Value) -> bool {
    !matches!(error, Value::Null | Value::Bool(false)) && error != "" && *error != 0
}

fn seconds(value: &Value) -> Option<u64> {
    let seconds = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok().filter(|n: &f64| n.is_finite())?,
        _ => return None,
    };
    Some(seconds.clamp(0.0, LONGEST_LIFE as f64) as u64)
}

/// Many separate granted scopes otherwise than those that are asked for.
fn split(scopes: &Value, separator: &str) -> Option<Vec<String>> {
    let text = match scopes {
        Value::String(text) => text.replace(separator, " "),
        Value::Array(list) => {
            let all: Vec<_> = list.iter().filter_map(Value::as_str).collect();
            all.join(" ")
        }
        _ => return None,
    };
    let all = text.split([' ', ',']).filter(|scope| !scope.is_empty());
    Some(all.map(str::to_owned).collect())
}

fn remembered(oauth: &OAuth2, answer: &Value) -> BTreeMap<String, String> {
    let found = oauth.remember.iter().filter_map(|(word, at)| {
        let value = path::read_text(answer, at)?;
        let is_plain = value.len() <= 500 && !value.contains(char::is_control);
        is_plain.then(|| (word.clone(), value))
    });
    found.collect()
}

fn refusal(answer: &Value, status: u16) -> TokenError {
    // A text, or an object with a code and words.
    let code = [
        "error",
        "error.type",
        "error.code",
        "error.status",
        "errorCode",
        "code",
    ];
    let code = code.iter().find_map(|at| path::read_text(answer, at));
    let words = [
        "error_description",
        "error.message",
        "message",
        "error_message",
    ];
    let words = words.iter().find_map(|at| path::read_text(answer, at));
    let error = match code {
        Some(code) => plain(&code, 100),
        None if status >= 400 => format!("status {status}"),
        None => "invalid_response".into(),
    };
    TokenError {
        is_final: FINAL.contains(&error.as_str()),
        error,
        description: words.map(|words| plain(&words, 300)),
    }
}
