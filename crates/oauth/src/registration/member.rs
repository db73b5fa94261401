//! The members of client metadata one by one.

use super::invalid;
use crate::{
    ApplicationType, AuthMethod, ErrorCode, GrantType, OAuthError, Scopes, redirect,
    web_url::{WebUrl, check_characters},
};
use serde_json::Value;

const MOST_REDIRECT_URIS: usize = 20;
const MOST_KEYS: usize = 20;
const MOST_CONTACTS: usize = 10;
const MOST_GRANT_TYPES: usize = 20;
const LONGEST_CONTACT: usize = 200;

/// Ways to a token that do not exist here are left out, as RFC 7591 section 2 lets a server do.
pub(super) fn grant_types(names: Option<Vec<String>>) -> Result<Vec<GrantType>, OAuthError> {
    let Some(names) = names else {
        return Ok(vec![GrantType::AuthorizationCode]);
    };
    if names.len() > MOST_GRANT_TYPES {
        return Err(invalid("grant_types has more than 20 entries"));
    }
    let mut known = Vec::new();
    for way in names.iter().filter_map(|name| GrantType::of(name)) {
        if !known.contains(&way) {
            known.push(way);
        }
    }
    if known.is_empty() {
        return Err(invalid("grant_types has none that is supported"));
    }
    Ok(known)
}

pub(super) fn check_response_types(
    names: Option<Vec<String>>,
    has_code: bool,
) -> Result<(), OAuthError> {
    let Some(names) = names else { return Ok(()) };
    // Others that a document names are for other servers, as unknown grant types are.
    if has_code && !names.iter().any(|name| name == "code") {
        return Err(invalid("authorization_code needs the response type code"));
    }
    Ok(())
}

pub(super) fn redirect_uris(uris: Vec<String>) -> Result<Vec<String>, OAuthError> {
    let invalid = |why| OAuthError::new(ErrorCode::InvalidRedirectUri, why);
    if uris.len() > MOST_REDIRECT_URIS {
        return Err(invalid("there are more than 20 redirect URIs".to_owned()));
    }
    let mut checked = Vec::with_capacity(uris.len());
    for uri in uris {
        redirect::check(&uri).map_err(|why| {
            let shown: String = uri.chars().take(100).collect();
            invalid(format!("the redirect URI {shown} is not good: {why}"))
        })?;
        if !checked.contains(&uri) {
            checked.push(uri);
        }
    }
    Ok(checked)
}

pub(super) fn auth_method(
    name: Option<String>,
    otherwise: AuthMethod,
) -> Result<AuthMethod, OAuthError> {
    match name {
        Some(name) => AuthMethod::of(&name)
            .ok_or_else(|| invalid("the token_endpoint_auth_method is not supported")),
        None => Ok(otherwise),
    }
}

pub(super) fn scopes(scope: Option<String>) -> Result<Option<Scopes>, OAuthError> {
    Scopes::asked(scope.as_deref()).map_err(|refusal| invalid(refusal.description))
}

/// Many clients do not say. Then their redirect URIs tell.
pub(super) fn application_type(
    name: Option<String>,
    redirect_uris: &[String],
) -> Result<ApplicationType, OAuthError> {
    let on_the_web = |uri: &String| redirect::is_https(uri) && !redirect::is_loopback(uri);
    match name.as_deref() {
        Some("web") => Ok(ApplicationType::Web),
        Some("native") => Ok(ApplicationType::Native),
        Some(_) => Err(invalid("application_type must be web or native")),
        None if redirect_uris.iter().all(on_the_web) => Ok(ApplicationType::Web),
        None => Ok(ApplicationType::Native),
    }
}

/// A link for people, perhaps into the middle of a page: never `javascript:`.
pub(super) fn link(name: &str, url: Option<String>) -> Result<Option<String>, OAuthError> {
    let Some(url) = url.filter(|url| !url.is_empty()) else {
        return Ok(None);
    };
    let (page, fragment) = url.split_once('#').unwrap_or((&url, ""));
    let checked = WebUrl::parse(page).and_then(|_| check_characters(fragment));
    match checked {
        Ok(()) => Ok(Some(url)),
        Err(why) => Err(invalid(format!("{name} is not good: {why}"))),
    }
}

/// Where this server would fetch keys from: `http` only from its own machine, for tests.
pub(super) fn jwks_uri(url: Option<String>) -> Result<Option<String>, OAuthError> {
    let Some(url) = url.filter(|url| !url.is_empty()) else {
        return Ok(None);
    };
    match WebUrl::parse(&url) {
        Ok(parts) if parts.tls || parts.is_loopback() => Ok(Some(url)),
        Ok(_) => Err(invalid("jwks_uri must begin with https://")),
        Err(why) => Err(invalid(format!("jwks_uri is not good: {why}"))),
    }
}

/// Public keys alone: a private or a shared one has no business here.
pub(super) fn public_keys(jwks: Value) -> Result<Value, OAuthError> {
    let keys = jwks.get("keys").and_then(Value::as_array);
    let keys = keys.ok_or_else(|| invalid("jwks must be an object with an array of keys"))?;
    if keys.is_empty() || keys.len() > MOST_KEYS {
        return Err(invalid("jwks must have 1 to 20 keys"));
    }
    let is_public = |key: &Value| {
        let named = key
            .get("kty")
            .is_some_and(|kty| kty.is_string() && kty != "oct");
        named && key.get("d").is_none() && key.get("k").is_none()
    };
    if !keys.iter().all(is_public) {
        return Err(invalid("jwks must have public keys alone"));
    }
    // A database would not take it.
    if jwks.to_string().contains("\\u0000") {
        return Err(invalid("jwks has a NUL"));
    }
    Ok(jwks)
}

pub(super) fn contacts(contacts: Vec<String>) -> Result<Vec<String>, OAuthError> {
    if contacts.len() > MOST_CONTACTS {
        return Err(invalid("there are more than 10 contacts"));
    }
    let checked = contacts
        .into_iter()
        .map(|contact| text("contacts", Some(contact), LONGEST_CONTACT));
    checked.filter_map(Result::transpose).collect()
}

/// Text for people, in which nothing is hidden.
pub(super) fn text(
    name: &str,
    text: Option<String>,
    longest: usize,
) -> Result<Option<String>, OAuthError> {
    let text = text.map(|text| text.trim().to_owned());
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    if text.chars().count() > longest {
        return Err(invalid(format!(
            "{name} is longer than {longest} characters"
        )));
    }
    if text.chars().any(hides_something) {
        return Err(invalid(format!("{name} has invisible characters")));
    }
    Ok(Some(text))
}

/// Control characters, those that turn the direction of what follows, and those that take no room; but not the
/// joiners, without which Persian and Hindi are misspelled.
fn hides_something(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}
