//! Whatever is sent, nothing panics, and what is accepted means the same when it is written and read again.
//!
//! Each test for two seconds, or as many as `OAUTH_FUZZ_SECONDS` says. `OAUTH_FUZZ_SEED` repeats an earlier run.

mod dice;

use dice::run;
use oauth::{
    AuthMethod, AuthorizeQuery, ClientAuth, ClientMetadata, CodeChallenge, GrantRequest,
    OAuthError, Scopes, TokenForm, answer_url, bearer_token, document, redirect,
};
use serde_json::Value;
use url::{Url, form_urlencoded};

const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const DOCUMENT: &str = "https://app.test/client.json";

const URIS: &[&str] = &[
    "https://app.test/cb",
    "https://app.test:8443/a/b?c=d&e",
    "https://[2001:db8::1]/cb",
    "http://localhost:3000/cb",
    "http://127.0.0.1/cb?a=b",
    "http://[::1]:1/",
    "com.example.app:/cb",
    "cursor://anysphere.mcp/oauth/callback",
];

const FORMS: &[&str] = &[
    "grant_type=authorization_code&code=S3CRET&code_verifier=S3CRET&client_id=a&redirect_uri=x:/y",
    "grant_type=refresh_token&refresh_token=S3CRET&scope=a+b&resource=https://mcp.test/mcp",
    "grant_type=client_credentials&client_id=a&client_secret=S3CRET&scope=a",
    "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=S3CRET&client_assertion=S3CRET\
     &client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
];

const REGISTRATION: &str = r#"{"client_id":"https://app.test/client.json","client_name":"App",
"redirect_uris":["https://app.test/cb","http://127.0.0.1/cb","cursor://x/cb"],"grant_types":
["authorization_code","refresh_token"],"response_types":["code"],"token_endpoint_auth_method":"none",
"application_type":"native","scope":"a b","client_uri":"https://app.test","logo_uri":null,"jwks":
{"keys":[{"kty":"EC","crv":"P-256","x":"x","y":"y"}]},"contacts":["ada@app.test"],"x":[1.5e9]}"#;

#[test]
fn authorization_requests() {
    let sound = format!(
        "response_type=code&client_id=a&redirect_uri=https%3A%2F%2Fapp.test%2Fcb&state=s+1&scope=b+a\
         &code_challenge={CHALLENGE}&code_challenge_method=S256&prompt=consent\
         &resource=https://mcp.test/mcp"
    );
    run("authorization requests", |dice| {
        let Ok(query) = AuthorizeQuery::parse(&dice.text_like(&[&sound])) else {
            return false;
        };
        let Ok(request) = query.check() else {
            return false;
        };
        let mut again = form_urlencoded::Serializer::new(String::new());
        again.extend_pairs([("response_type", "code"), ("client_id", &query.client_id)]);
        again.extend_pairs([("code_challenge_method", "S256")]);
        again.append_pair("code_challenge", request.challenge.as_str());
        again.extend_pairs(query.redirect_uri.iter().map(|uri| ("redirect_uri", uri)));
        again.extend_pairs(query.state.iter().map(|state| ("state", state)));
        again.extend_pairs(request.resource.iter().map(|uri| ("resource", uri)));
        again.extend_pairs(request.scopes.iter().map(|all| ("scope", all.to_string())));
        let again = AuthorizeQuery::parse(&again.finish()).expect("what was read");
        assert_eq!(
            (&again.client_id, &again.state),
            (&query.client_id, &query.state)
        );
        assert_eq!(again.redirect_uri, query.redirect_uri);
        let again = again.check().expect("what was read");
        assert_eq!(
            (again.challenge, again.scopes),
            (request.challenge, request.scopes)
        );
        assert_eq!(again.resource, request.resource);
        true
    });
}

#[test]
fn forms_of_clients() {
    run("forms", |dice| {
        let body = dice.like(FORMS);
        let header = dice.text_like(&["Basic YTpTM0NSRVQ=", "Bearer a", "Basic YQ=="]);
        let header = (dice.below(2) == 0).then_some(&*header);
        let Ok(form) = TokenForm::parse(&body) else {
            return false;
        };
        let client = ClientAuth::read(header, &form).inspect_err(check_refusal);
        let grant = GrantRequest::read(&form).inspect_err(check_refusal);
        if let Ok(client) = &client {
            let named = client.client_id().unwrap_or_default();
            assert!(named.contains("S3CRET") || !format!("{client:?}").contains("S3CRET"));
            assert_eq!(
                client.method() == AuthMethod::PrivateKeyJwt,
                form.get("client_assertion").is_some()
            );
        }
        if let Ok(grant) = &grant {
            let shown = grant.resource().unwrap_or_default();
            assert!(shown.contains("S3CRET") || !format!("{grant:?}").contains("S3CRET"));
            assert_eq!(form.get("grant_type"), Some(grant.grant_type().as_str()));
        }
        client.is_ok() && grant.is_ok()
    });
}

#[test]
fn registrations() {
    run("registrations", |dice| {
        let request = dice.like(&[REGISTRATION]);
        let client = match ClientMetadata::parse(&request) {
            Ok(client) => client,
            Err(refusal) => {
                check_refusal(&refusal);
                return false;
            }
        };
        check_client(&client);
        true
    });
}

#[test]
fn documents() {
    run("documents", |dice| {
        let body = dice.like(&[REGISTRATION]);
        let Ok(client) = document::read(DOCUMENT, &body) else {
            return false;
        };
        // A member that nobody knows may hold text that is none.
        if let Ok(json) = serde_json::from_slice::<Value>(&body) {
            assert_eq!(json["client_id"], DOCUMENT);
            assert!(json["client_secret"].is_null());
        }
        assert!(!client.auth_method.has_secret());
        check_client(&client);
        true
    });
}

#[test]
fn document_urls() {
    run("document URLs", |dice| {
        let url = dice.text_like(&[DOCUMENT, "http://127.0.0.1:1/a?b"]);
        let loopback = dice.below(2) == 0;
        if document::check_url(&url, loopback).is_err() {
            return false;
        }
        assert!(document::is_document(&url) && (loopback || url.starts_with("https://")));
        let read = Url::parse(&url).expect("a URL");
        assert!(read.path() != "/" && read.fragment().is_none() && read.username().is_empty());
        true
    });
}

#[test]
fn redirects() {
    run("redirects", |dice| {
        let registered = dice.text_like(URIS);
        let asked = match dice.below(3) {
            0 => dice.text_like(&[&registered]),
            1 => dice.text_like(URIS),
            _ => registered.replacen("/cb", &format!(":{}/cb", dice.below(70_000)), 1),
        };
        if redirect::check(&asked).is_ok() {
            check_uri(&asked);
        }
        if !redirect::matches(&registered, &asked) {
            return false;
        }
        assert!(redirect::check(&registered).is_ok() && redirect::check(&asked).is_ok());
        assert!(
            redirect::matches(&asked, &registered),
            "{registered} {asked}"
        );
        if registered != asked {
            let without_port = |uri: &str| {
                let mut url = Url::parse(uri).expect("a URL");
                url.set_port(None).expect("a host");
                url
            };
            assert!(registered.starts_with("http://") && redirect::is_loopback(&asked));
            assert_eq!(without_port(&registered), without_port(&asked));
        }
        true
    });
}

#[test]
fn answers() {
    run("answers", |dice| {
        let uri = dice.text_like(URIS);
        let (code, state) = (dice.text_like(&["code"]), dice.text_like(&["state"]));
        let answer = answer_url(&uri, &[("code", &code), ("state", &state)]);
        assert!(answer.starts_with(&uri));
        assert!(
            answer[uri.len()..]
                .bytes()
                .all(|byte| byte.is_ascii_graphic())
        );
        if redirect::check(&uri).is_err() {
            return false;
        }
        let (from, to) = (
            Url::parse(&uri).expect("a URL"),
            Url::parse(&answer).expect("a URL"),
        );
        assert_eq!(
            (from.scheme(), from.host(), from.port()),
            (to.scheme(), to.host(), to.port())
        );
        assert_eq!(
            (from.path(), to.fragment(), to.username()),
            (to.path(), None, "")
        );
        let pairs: Vec<_> = to.query_pairs().collect();
        let last = &pairs[pairs.len() - 2..];
        assert_eq!((&*last[0].1, &*last[1].1), (&*code, &*state), "{answer}");
        true
    });
}

#[test]
fn scopes() {
    run("scopes", |dice| {
        let Ok(scopes) = Scopes::parse(&dice.text_like(&["tasks:read tasks:write", "a"])) else {
            return false;
        };
        assert_eq!(Scopes::parse(&scopes.to_string()).as_ref(), Ok(&scopes));
        assert_eq!(scopes.to_vec().into_iter().collect::<Scopes>(), scopes);
        assert!(scopes.iter().count() <= 50 && scopes.iter().all(|scope| scopes.contains(scope)));
        true
    });
}

#[test]
fn proof_keys() {
    run("proof keys", |dice| {
        let method = ["S256", "plain"][dice.below(2)];
        let challenge = dice.text_like(&[CHALLENGE]);
        let verifier = dice.text_like(&[VERIFIER]);
        let Ok(read) = CodeChallenge::parse(&challenge, Some(method)) else {
            return false;
        };
        assert_eq!((read.as_str(), method), (&*challenge, "S256"));
        let both = challenge == CHALLENGE && verifier == VERIFIER;
        assert_eq!(read.verified_by(&verifier), both);
        true
    });
}

#[test]
fn bearer_tokens() {
    run("bearer tokens", |dice| {
        let header = dice.text_like(&["Bearer abc", "bearer  x "]);
        let Some(token) = bearer_token(&header) else {
            return false;
        };
        assert!(!token.is_empty() && token == token.trim() && header.contains(token));
        true
    });
}

#[test]
fn freshness() {
    run("freshness", |dice| {
        let header = dice.text_like(&["public, max-age=600", "no-store", "max-age=\"9\""]);
        let fresh = document::freshness(Some(&header)).as_secs();
        assert!((300..=86_400).contains(&fresh), "{header}");
        fresh == 600
    });
}

/// A client that was accepted holds to every rule, and is the same after it was written.
fn check_client(client: &ClientMetadata) {
    let written = Value::Object(client.to_json()).to_string();
    assert_eq!(
        ClientMetadata::parse(written.as_bytes()).as_ref(),
        Ok(client)
    );
    assert!(!written.contains("\\u0000"));
    let name = client.name.as_deref().unwrap_or_default();
    assert!(
        !name.contains(['\n', '\u{202e}']) && name.chars().count() <= 100,
        "{name:?}"
    );
    assert!(client.redirect_uris.len() <= 20);
    client.redirect_uris.iter().for_each(|uri| check_uri(uri));
    let links = [&client.client_uri, &client.logo_uri, &client.jwks_uri];
    for link in links.into_iter().flatten() {
        assert!(link.starts_with("http"), "{link}");
    }
}

fn check_uri(uri: &str) {
    assert_eq!(redirect::check(uri), Ok(()));
    assert!(redirect::matches(uri, uri) && uri.len() <= 2000);
    let url = Url::parse(uri).expect("a URL");
    assert!(url.fragment().is_none() && url.username().is_empty() && url.password().is_none());
    match url.scheme() {
        "https" => assert!(redirect::is_https(uri)),
        "http" => assert!(redirect::is_loopback(uri) && !redirect::is_https(uri)),
        scheme => assert!(!["javascript", "data", "file", "blob"].contains(&scheme)),
    }
    let host = redirect::host(uri).map(str::to_ascii_lowercase);
    let is_web = matches!(url.scheme(), "https" | "http");
    assert_eq!(host.as_deref(), url.host_str().filter(|_| is_web), "{uri}");
}

fn check_refusal(refusal: &OAuthError) {
    let allowed = |c: char| matches!(c, ' '..='~') && !matches!(c, '"' | '\\');
    assert!(refusal.description.chars().all(allowed), "{refusal}");
}
