//! Credentials that are good for something else, or for nothing any more, are good for nothing here (rule R10); and
//! how a program learns what would do.

use crate::oauth::support::{App, Flow, SCOPES, claims, parameter};
use crate::support::{MODERN, TestServer};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::data_keys::{Cell, Sealed, TOKEN_SIGNING_KEY};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use reqwest::{Client, Response, StatusCode, header};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use time::OffsetDateTime;
use uuid::Uuid;
use vault::TokenAlgorithm;

/// The key that signs tokens, as nobody outside the server has it.
async fn signing_key(server: &TestServer) -> (Uuid, String) {
    let pool = server.world.database.pool("postgres", 1);
    let sql = "select key_id, secret, secret_version from token_signing_keys";
    let row: (Uuid, Vec<u8>, i64) = sqlx::query_as(sql).fetch_one(&pool).await.expect("a key");
    let (id, bytes, version) = row;
    let mut db = pool.acquire().await.expect("a connection");
    let cell = Cell::of_instance(&TOKEN_SIGNING_KEY, id);
    let keys = &server.world.services.data_keys;
    let opened = keys.open(&mut db, cell, &Sealed { bytes, version }).await;
    let pem = String::from_utf8(opened.expect("a key that opens").to_vec());
    (id, pem.expect("PEM"))
}

/// A token as the server writes it, with one thing changed.
struct Forge {
    id: Uuid,
    key: EncodingKey,
    claims: Value,
}

impl Forge {
    async fn of(server: &TestServer, token: &str) -> Self {
        let (id, pem) = signing_key(server).await;
        let key = EncodingKey::from_rsa_pem(pem.as_bytes()).expect("a key");
        let claims = claims(token);
        Self { id, key, claims }
    }

    fn header(&self, algorithm: Algorithm, typ: &str) -> Header {
        let mut header = Header::new(algorithm);
        header.typ = Some(typ.into());
        header.kid = Some(self.id.to_string());
        header
    }

    fn signed(&self, typ: &str, claims: &Value, key: &EncodingKey) -> String {
        let header = self.header(Algorithm::RS256, typ);
        encode(&header, claims, key).expect("a token")
    }

    /// The server's own signature under other claims; null leaves one out.
    fn saying(&self, other: &[(&str, Value)]) -> String {
        let mut claims = self.claims.clone();
        for (name, value) in other {
            claims[name] = value.clone();
        }
        let claims = claims.as_object_mut().expect("claims");
        claims.retain(|_, value| !value.is_null());
        self.signed("at+jwt", &json!(claims), &self.key)
    }

    /// No signature (RFC 8725, section 2.1).
    fn unsigned(&self, signature: &str) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = json!({ "alg": "none", "typ": "at+jwt", "kid": self.id });
        format!("{}.{}.{signature}", part(&header), part(&self.claims))
    }

    /// What everybody knows of the key, taken for a secret (RFC 8725, section 2.1).
    fn symmetric(&self, secret: &[u8]) -> String {
        let header = self.header(Algorithm::HS256, "at+jwt");
        encode(&header, &self.claims, &EncodingKey::from_secret(secret)).expect("a token")
    }

    fn by_another_key(&self) -> String {
        let pem = TokenAlgorithm::Rs256.new_key().expect("a key");
        let key = EncodingKey::from_rsa_pem(pem.as_bytes()).expect("a key");
        self.signed("at+jwt", &self.claims, &key)
    }

    /// Another server's token: signed by its key, under its name for it.
    fn of_another_issuer(&self) -> String {
        let pem = TokenAlgorithm::Rs256.new_key().expect("a key");
        let mut header = self.header(Algorithm::RS256, "at+jwt");
        header.kid = Some(Uuid::new_v4().to_string());
        let mut claims = self.claims.clone();
        claims["iss"] = json!("https://login.upstream.example");
        let key = EncodingKey::from_rsa_pem(pem.as_bytes()).expect("a key");
        encode(&header, &claims, &key).expect("a token")
    }

    /// What tells an app who signed in.
    fn id_token(&self) -> String {
        let claims = json!({
            "iss": self.claims["iss"], "sub": self.claims["sub"], "aud": self.claims["client_id"],
            "iat": self.claims["iat"], "exp": self.claims["exp"], "nonce": "n-0S6_WzA2Mj",
            "email": "ada@example.com", "email_verified": true,
        });
        self.signed("JWT", &claims, &self.key)
    }
}

/// Asserts that the answer asks for a credential and says where to learn of it.
fn asks(what: &str, flow: &Flow<'_>, path: &str, status: StatusCode, headers: &header::HeaderMap) {
    assert_eq!(status, StatusCode::UNAUTHORIZED, "{what} at {path}");
    let lines: Vec<_> = headers.get_all(header::WWW_AUTHENTICATE).iter().collect();
    assert_eq!(lines.len(), 1, "{what} at {path}: {lines:?}");
    let challenge = lines[0].to_str().expect("text");
    let metadata = format!(
        "{}/.well-known/oauth-protected-resource{path}",
        flow.server.base
    );
    let named = format!("resource_metadata=\"{metadata}\"");
    assert!(challenge.starts_with("Bearer "), "{what}: {challenge}");
    assert!(challenge.contains(&named), "{what}: {challenge}");
}

async fn is_refused(what: &str, flow: &Flow<'_>, credential: &str, paths: &[&str]) {
    for path in paths {
        for (method, params) in [
            ("tools/list", json!({})),
            ("tools/call", json!({ "name": "whoami", "arguments": {} })),
        ] {
            let reply = flow.mcp_at(path, credential, method, params).await;
            asks(what, flow, path, reply.status, &reply.headers);
        }
    }
}

/// A token for the address without a tenant.
async fn token_of_all(flow: &Flow<'_>, app: &App) -> String {
    let shared = format!("{}/mcp", flow.server.base);
    let question = flow.question(app, SCOPES).with("resource", &shared);
    let code = parameter(&flow.approved(&question).await, "code").expect("a code");
    let named = [("resource", shared.as_str())];
    let reply = flow.exchange_with(app, &code, &named).await;
    reply.good().text("access_token")
}

/// What is published of the key.
async fn public_key(server: &TestServer) -> Value {
    let url = format!("{}/oauth/jwks", server.base);
    let set = reqwest::get(url).await.expect("an answer");
    let set: Value = set.json().await.expect("JSON");
    set["keys"][0].clone()
}

#[tokio::test]
async fn a_token_of_another_place_or_hand_opens_nothing() {
    let server = TestServer::start().await;
    let (ada, bob) = (
        server.world.owner("ada").await,
        server.world.owner("bob").await,
    );
    let (flow, bobs) = (Flow::of(&server, &ada).await, Flow::of(&server, &bob).await);
    let app = flow.register("none").await;
    let own = format!("/t/{}/mcp", flow.slug);
    let both = [own.as_str(), "/mcp"];
    let token = flow.tokens(&app, SCOPES).await.text("access_token");
    let forge = Forge::of(&server, &token).await;
    // Nothing is wrong with the forge: what it leaves as it was is good.
    for good in [&token, &forge.saying(&[])] {
        for path in both {
            let reply = flow.mcp_at(path, good, "tools/list", json!({})).await;
            assert_eq!(reply.status, StatusCode::OK, "{path}: {reply:?}");
        }
    }

    let of_bob = bobs.tokens(&app, SCOPES).await.text("access_token");
    is_refused("another tenant's token", &flow, &of_bob, &both[..1]).await;
    let of_all = token_of_all(&flow, &app).await;
    is_refused("a token for the shared address", &flow, &of_all, &both[..1]).await;
    let bobs_address = format!("/t/{}/mcp", bobs.slug);
    is_refused(
        "a token at another tenant's address",
        &flow,
        &token,
        &[&bobs_address],
    )
    .await;

    let public = public_key(&server).await;
    let modulus = URL_SAFE_NO_PAD.decode(public["n"].as_str().expect("a modulus"));
    let past = OffsetDateTime::now_utc().unix_timestamp() - 1;
    let foreign = bobs.resource();
    let elsewhere = "https://elsewhere.example/mcp";
    let wrong = [
        ("signed by another key", forge.by_another_key()),
        ("another issuer's", forge.of_another_issuer()),
        ("not signed", forge.unsigned("")),
        ("not signed, with a signature", forge.unsigned("AAAA")),
        (
            "HS256 under the modulus",
            forge.symmetric(&modulus.expect("base64url")),
        ),
        (
            "HS256 under the JWK",
            forge.symmetric(public.to_string().as_bytes()),
        ),
        ("typ JWT", forge.signed("JWT", &forge.claims, &forge.key)),
        ("an id token", forge.id_token()),
        (
            "an id token that says at+jwt",
            forge.saying(&[("aud", json!(app.id)), ("gid", Value::Null)]),
        ),
        (
            "another issuer's, under our key",
            forge.saying(&[("iss", json!(elsewhere))]),
        ),
        (
            "for another server",
            forge.saying(&[("aud", json!(elsewhere))]),
        ),
        ("for no place", forge.saying(&[("aud", Value::Null)])),
        (
            "for two places",
            forge.saying(&[("aud", json!([flow.resource(), elsewhere]))]),
        ),
        ("over since a second", forge.saying(&[("exp", json!(past))])),
        ("without an end", forge.saying(&[("exp", Value::Null)])),
        (
            "of a grant that nobody made",
            forge.saying(&[("gid", json!(Uuid::new_v4()))]),
        ),
        (
            "of another tenant's grant",
            forge.saying(&[("tid", claims(&of_bob)["tid"].clone())]),
        ),
    ];
    for (what, credential) in &wrong {
        is_refused(what, &flow, credential, &both).await;
    }
    let retold = forge.saying(&[("aud", json!(foreign))]);
    is_refused("a token for another tenant", &flow, &retold, &both).await;
    println!(
        "{} tokens of other places and hands: each 401 with resource_metadata",
        wrong.len() + 4
    );
}

#[tokio::test]
async fn what_is_no_access_token_opens_nothing() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let flow = Flow::of(&server, &ada).await;
    let app = flow.register("client_secret_post").await;
    let own = format!("/t/{}/mcp", flow.slug);
    let both = [own.as_str(), "/mcp"];
    let code = flow.code(&app, SCOPES).await;
    let reply = flow.tokens(&app, SCOPES).await;
    let secret = app.secret.clone().expect("a secret");
    let refresh = reply.text("refresh_token");
    let wrong = [
        ("a refresh token", &refresh),
        ("a client secret", &secret),
        ("a code", &code),
        ("a client's id", &app.id),
    ];
    for (what, credential) in wrong {
        is_refused(what, &flow, credential, &both).await;
    }
    // None of them was used up by that.
    flow.exchange(&app, &code).await.good();
    flow.refresh(&app, &refresh, &[]).await.good();

    let key = ada.key(&ada.client("ci").await).await.secret;
    let token = reply.text("access_token");
    let mut placed = 0;
    for path in both {
        for name in ["access_token", "api_key", "key", "token", "bearer_token"] {
            for (what, credential) in [("a key", &key), ("a token", &token)] {
                let what = format!("{what} as {name} in the address");
                let answer = bare(&flow, &format!("{path}?{name}={credential}"), None).await;
                asks(&what, &flow, path, answer.status(), answer.headers());
                let body = format!("{name}={credential}");
                let answer = bare(&flow, path, Some(body)).await;
                asks(&what, &flow, path, answer.status(), answer.headers());
                placed += 1;
            }
        }
    }
    println!(
        "4 things that are no token, {placed} keys and tokens in addresses and in forms: each 401 with resource_metadata"
    );
}

/// A call without the header `Authorization`; with a form for a body (RFC 6750, section 2.2), where there is one.
async fn bare(flow: &Flow<'_>, address: &str, form: Option<String>) -> Response {
    let url = format!("{}{address}", flow.server.base);
    let request = Client::new()
        .post(url)
        .header("mcp-protocol-version", MODERN);
    let request = request.header("mcp-method", "tools/list");
    let request = match form {
        Some(form) => request
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form),
        None => request.json(&json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" })),
    };
    request.send().await.expect("an answer")
}

#[tokio::test]
async fn a_token_that_is_over_or_revoked_opens_nothing() {
    let second = |settings: &mut domain::oauth_server::Settings| {
        settings.access_token = time::Duration::seconds(1);
    };
    let server = TestServer::with_oauth(second).await;
    let ada = server.world.owner("ada").await;
    let flow = Flow::of(&server, &ada).await;
    let app = flow.register("none").await;
    let own = format!("/t/{}/mcp", flow.slug);
    let both = [own.as_str(), "/mcp"];
    let reply = flow.tokens(&app, SCOPES).await;
    assert_eq!(reply.body["expires_in"], 1);
    let token = reply.text("access_token");
    // Known to the server from before its end, so that nothing is looked up.
    flow.opens(&token).await;
    let end = claims(&token)["exp"].as_i64().expect("an end");
    let left =
        OffsetDateTime::from_unix_timestamp(end).expect("a time") - OffsetDateTime::now_utc();
    tokio::time::sleep(left.try_into().unwrap_or(Duration::ZERO)).await;
    is_refused("an expired token", &flow, &token, &both).await;

    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let flow = Flow::of(&server, &ada).await;
    let app = flow.register("none").await;
    let own = format!("/t/{}/mcp", flow.slug);
    let token = flow.tokens(&app, SCOPES).await.text("access_token");
    assert_eq!(flow.opens(&token).await, StatusCode::OK);
    flow.revoke(&app, &token, "access_token").await.good();
    flow.closes(&token).await;
    is_refused("a revoked token", &flow, &token, &[&own, "/mcp"]).await;

    // A second counts as over from its beginning (RFC 7519, section 4.1.4).
    let token = flow.tokens(&app, SCOPES).await.text("access_token");
    let forge = Forge::of(&server, &token).await;
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let token = forge.saying(&[("exp", json!(now))]);
    is_refused("a token that ends now", &flow, &token, &[&own, "/mcp"]).await;
    println!("expired and revoked: each 401 with resource_metadata");
}

#[tokio::test]
async fn a_token_that_opens_too_little_is_told_all_that_it_needs_at_once() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let flow = Flow::of(&server, &ada).await;
    let app = flow.register("none").await;
    let few = "account:read tasks:read";
    let token = flow.tokens(&app, few).await.text("access_token");
    let task = json!({ "name": "create_task", "arguments": { "title": "x" } });
    for path in [format!("/t/{}/mcp", flow.slug), "/mcp".into()] {
        let reply = flow.mcp_at(&path, &token, "tools/call", task.clone()).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{reply:?}");
        let lines = reply.headers.get_all(header::WWW_AUTHENTICATE).iter();
        assert_eq!(lines.count(), 1, "{reply:?}");
        let challenge = reply.header("www-authenticate");
        assert_eq!(challenge.matches("Bearer").count(), 1, "{challenge}");
        assert!(
            challenge.contains("error=\"insufficient_scope\""),
            "{challenge}"
        );
        let metadata = format!("{}/.well-known/oauth-protected-resource{path}", server.base);
        let named = format!("resource_metadata=\"{metadata}\"");
        assert!(challenge.contains(&named), "{challenge}");
        let asked = challenge.split("scope=\"").nth(1);
        let asked = asked.and_then(|rest| rest.split('"').next());
        let asked: BTreeSet<_> = asked.expect("scopes").split(' ').collect();
        let all = SCOPES.split(' ').collect();
        assert_eq!(asked, all, "what it has and what it lacks: {challenge}");
    }
    // A program that asks for what it was told gets further.
    let token = flow.tokens(&app, SCOPES).await.text("access_token");
    let reply = flow.mcp(&token, "tools/call", task).await;
    assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
    println!("too few scopes: 403, one challenge with all of them");
}
