//! The ways by which this server can be had to ask an address. A new one is a line here, and what it does below.
//!
//! Each answers what was told to whoever tried.

use super::Place;
use crate::accounts::call;
use crate::oauth::support::{CALLBACK, CHALLENGE, Reply, VERIFIER};
use axum::http::header::{ACCEPT, LOCATION};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::outbound::Call;
use reqwest::{Method, StatusCode, Url};
use serde_json::json;
use std::{
    pin::Pin,
    time::{Duration, Instant},
};

pub type Sink = for<'a> fn(&'a Place, &'a str) -> Pin<Box<dyn Future<Output = String> + 'a>>;

pub const SINKS: [(&str, Sink); 10] = [
    ("a tool's call", |p, to| Box::pin(tool(p, to))),
    ("a tool's call that leads to it", |p, to| {
        Box::pin(async move { tool(p, &p.led_to(to)).await })
    }),
    ("an API's document", |p, to| Box::pin(api(p, to))),
    ("an API's document that leads to it", |p, to| {
        Box::pin(async move { api(p, &p.led_to(to)).await })
    }),
    ("a client's document", |p, to| Box::pin(document(p, to))),
    ("a client's document that leads to it", |p, to| {
        Box::pin(async move { document(p, &p.led_to(to)).await })
    }),
    ("a client's keys", |p, to| Box::pin(keys(p, to))),
    ("a tenant's issuer", |p, to| Box::pin(issuer(p, to))),
    ("a tenant's issuer that leads to it", |p, to| {
        Box::pin(async move { issuer(p, &p.led_to(to)).await })
    }),
    ("a tenant's issuer whose keys it leads to", |p, to| {
        Box::pin(async move { issuer(p, &issuer_with_keys_at(p, to)).await })
    }),
];

async fn tool(place: &Place, target: &str) -> String {
    let Ok(url) = Url::parse(target) else {
        return "no URL".into();
    };
    let call = Call {
        tenant: place.ada.actor.tenant(),
        provider: target,
        method: Method::GET,
        url,
        headers: vec![("authorization".into(), "Bearer secret".into())],
        body: None,
        deadline: Instant::now() + Duration::from_secs(8),
        most_bytes: 1024,
        may_repeat: false,
    };
    match place.server.world.services.outbound.call(call).await {
        Ok(reply) => reply.status.to_string(),
        Err(error) => error.to_string(),
    }
}

async fn api(place: &Place, target: &str) -> String {
    let slug = place.ada.actor.slug();
    let form = [("tenant", slug), ("word", "planted"), ("source", target)];
    let (status, text) = call(&place.browser, "import_api", &form).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{target}: {text}");
    text
}

async fn document(place: &Place, target: &str) -> String {
    let resource = format!("{}/t/{}/mcp", place.server.base, place.ada.actor.slug());
    let question = [
        ("response_type", "code"),
        ("client_id", target),
        ("redirect_uri", CALLBACK),
        ("scope", "account:read"),
        ("state", "a state"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("resource", &resource),
    ];
    let url = format!("{}/oauth/authorize", place.server.base);
    let url = Url::parse_with_params(&url, question).expect("a URL");
    loop {
        let request = place.browser.client.get(url.clone());
        let answer = request.header(ACCEPT, "text/html").send().await;
        let answer = answer.expect("an answer");
        // Documents are fetched at a pace.
        if answer.status() != StatusCode::TOO_MANY_REQUESTS {
            assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{target}");
            return told(&answer.text().await.expect("a page"));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The words of a page, without what differs from one to the next.
fn told(page: &str) -> String {
    let from = page.find("client").unwrap_or_default();
    page[from..].chars().take_while(|c| *c != '<').collect()
}

async fn keys(place: &Place, target: &str) -> String {
    let metadata = json!({
        "client_name": "A program",
        "redirect_uris": [CALLBACK],
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks_uri": target,
    });
    let url = format!("{}/oauth/register", place.server.base);
    let reply = Reply::of(place.browser.client.post(url).json(&metadata)).await;
    if reply.status != StatusCode::CREATED {
        return reply.text("error");
    }
    let assertion = assertion(&reply.text("client_id"));
    let url = format!("{}/oauth/token", place.server.base);
    let request = place.browser.client.post(url).form(&[
        ("grant_type", "authorization_code"),
        ("code", "none"),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
        (
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        ),
        ("client_assertion", &assertion),
    ]);
    let reply = Reply::of(request).await;
    reply.text("error_description")
}

/// A statement that nobody has signed: to find that out, the keys have to be fetched.
fn assertion(client: &str) -> String {
    let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = part(json!({ "alg": "ES256", "typ": "JWT", "kid": "k" }));
    let payload = part(json!({ "iss": client, "sub": client, "aud": "x", "exp": 9, "jti": "j" }));
    format!("{header}.{payload}.{}", URL_SAFE_NO_PAD.encode([0; 64]))
}

async fn issuer(place: &Place, target: &str) -> String {
    let browser = &place.browser;
    let slug = place.ada.actor.slug();
    let form = [
        ("tenant", slug),
        ("issuer", target),
        ("client_id", "c"),
        ("client_secret", "a secret of theirs"),
        ("default_role", "viewer"),
    ];
    let (status, text) = call(browser, "connect_sso", &form).await;
    if status == StatusCode::UNPROCESSABLE_ENTITY {
        return text;
    }
    assert!(status.is_success() || status.is_redirection(), "{text}");
    let request = browser.post_plainly(&format!("/t/{slug}/sso/test"), "/");
    let answer = request.send().await.expect("an answer");
    let to = answer.headers().get(LOCATION);
    if let Some(to) = to {
        return to.to_str().expect("text").to_owned();
    }
    // It is found out when a code is to be exchanged.
    let page = answer.text().await.expect("a page");
    let back = browser.get(&callback(&page)).send().await;
    let back = back.expect("an answer");
    let to = back.headers().get(LOCATION);
    let to = to.unwrap_or_else(|| panic!("{target} leads to {}", back.status()));
    to.to_str().expect("text").to_owned()
}

/// Where somebody comes back to who was led away by this page, with a code.
fn callback(page: &str) -> String {
    let page = page.replace("&amp;", "&");
    let from = page
        .find("https://id.example.com/authorize?")
        .expect("a way");
    let url = page[from..].split(['"', '\'', '<', ' ']).next();
    let url = Url::parse(url.unwrap_or_default()).expect("a URL");
    let of = |name: &str| {
        let found = url.query_pairs().find(|(other, _)| other == name);
        found
            .map(|(_, value)| value.into_owned())
            .expect("a parameter")
    };
    let back = Url::parse(&of("redirect_uri")).expect("a URL");
    format!("{}?code=c&state={}", back.path(), of("state"))
}

fn issuer_with_keys_at(place: &Place, target: &str) -> String {
    let name = URL_SAFE_NO_PAD.encode(target);
    format!("http://{}/issuer/{name}", place.redirecting)
}
