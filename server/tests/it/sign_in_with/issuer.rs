//! A provider on loopback that answers as told, and keeps a ledger of what it was asked.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use axum::extract::State;
use axum::{Form, Json, Router, routing::get, routing::post};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::sign_in_with::{Provider, Secret};
use http::StatusCode;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use reqwest::Url;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use time::OffsetDateTime;
use tokio::net::TcpListener;

pub const CLIENT: &str = "bulkhead";
pub const SECRET: &str = "a secret of the client: & = %";

/// How an answer is falsified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    Nothing,
    Nonce,
    Issuer,
    Audience,
    Party,
    Expired,
    Old,
    Unsigned,
    Symmetric,
    UnknownKey,
    ForeignKey,
    NoSubject,
}

/// Every lie for which nobody may be signed in.
pub const LIES: [Lie; 11] = [
    Lie::Nonce,
    Lie::Issuer,
    Lie::Audience,
    Lie::Party,
    Lie::Expired,
    Lie::Old,
    Lie::Unsigned,
    Lie::Symmetric,
    Lie::UnknownKey,
    Lie::ForeignKey,
    Lie::NoSubject,
];

/// What was asked, how often.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    pub keys: usize,
    pub exchanges: usize,
    pub refused: usize,
}

struct Inner {
    base: String,
    key: Key,
    lie: Lie,
    claims: Value,
    codes: HashMap<String, HashMap<String, String>>,
    ledger: Ledger,
    says_iss: bool,
}

struct Key {
    id: String,
    der: Vec<u8>,
    public: Vec<u8>,
}

impl Key {
    fn new(id: &str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
        let der = pair.to_pkcs8v1().expect("a document").as_ref().to_vec();
        let public = pair.public_key().as_ref().to_vec();
        Self {
            id: id.into(),
            der,
            public,
        }
    }

    fn jwk(&self) -> Value {
        let part = |range: std::ops::Range<usize>| URL_SAFE_NO_PAD.encode(&self.public[range]);
        json!({ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.id,
            "x": part(1..33), "y": part(33..65) })
    }
}

/// The provider.
#[derive(Clone)]
pub struct Issuer(Arc<Mutex<Inner>>);

impl Issuer {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let issuer = Self(Arc::new(Mutex::new(Inner {
            base,
            key: Key::new("one"),
            lie: Lie::Nothing,
            claims: json!({}),
            codes: HashMap::new(),
            ledger: Ledger::default(),
            says_iss: false,
        })));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .route("/login/oauth/access_token", post(github_token))
            .route("/user", get(github_user))
            .route("/user/emails", get(github_emails))
            .with_state(issuer.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        issuer
    }

    pub fn base(&self) -> String {
        self.0.lock().expect("no panic before").base.clone()
    }

    /// As the settings of a server name it.
    pub fn provider(&self, id: &str) -> Provider {
        Provider {
            id: id.into(),
            name: format!("{} Inc.", id.to_uppercase()),
            kind: api_types::sign_in_with::ProviderKind::Oidc,
            issuer: self.base(),
            api: self.base(),
            client_id: CLIENT.into(),
            client_secret: Secret::new(SECRET),
        }
    }

    /// Whom it vouches for next, and with what else it says of them.
    pub fn vouch(&self, claims: Value) {
        self.0.lock().expect("no panic before").claims = claims;
    }

    pub fn lie(&self, lie: Lie) {
        self.0.lock().expect("no panic before").lie = lie;
    }

    /// From now on its document promises `iss` in answers (RFC 9207).
    pub fn says_iss(&self) {
        self.0.lock().expect("no panic before").says_iss = true;
    }

    pub fn rotate(&self) {
        self.0.lock().expect("no panic before").key = Key::new("two");
    }

    pub fn ledger(&self) -> Ledger {
        self.0.lock().expect("no panic before").ledger.clone()
    }

    /// A statement of another kind, with these claims beside issuer and times.
    pub fn state(&self, kind: &str, claims: &Value) -> String {
        let inner = self.0.lock().expect("no panic before");
        let now = OffsetDateTime::now_utc().unix_timestamp();
        let jti = uuid::Uuid::new_v4();
        let mut whole = json!({ "iss": inner.base, "iat": now, "exp": now + 300, "jti": jti });
        let said = claims.as_object().cloned().unwrap_or_default();
        whole.as_object_mut().expect("an object").extend(said);
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some(kind.into());
        header.kid = Some(inner.key.id.clone());
        let key = EncodingKey::from_ec_der(&inner.key.der);
        encode(&header, &whole, &key).expect("a statement")
    }

    /// Its public keys, as a JWK set.
    pub fn jwks(&self) -> Value {
        json!({ "keys": [self.0.lock().expect("no panic before").key.jwk()] })
    }

    /// The person agrees: where their browser is sent, as path and query.
    pub fn agree(&self, authorization: &str) -> String {
        let url = Url::parse(authorization).expect("an address");
        let asked: HashMap<String, String> = url.query_pairs().into_owned().collect();
        assert_eq!(asked["code_challenge_method"], "S256");
        let code = uuid::Uuid::new_v4().simple().to_string();
        let mut back = Url::parse(&asked["redirect_uri"]).expect("an address");
        back.query_pairs_mut()
            .append_pair("code", &code)
            .append_pair("state", &asked["state"]);
        let mut inner = self.0.lock().expect("no panic before");
        if inner.says_iss {
            back.query_pairs_mut().append_pair("iss", &inner.base);
        }
        inner.codes.insert(code, asked);
        format!("{}?{}", back.path(), back.query().unwrap_or_default())
    }
}

async fn discovery(State(Issuer(inner)): State<Issuer>) -> Json<Value> {
    let inner = inner.lock().expect("no panic before");
    let base = &inner.base;
    Json(json!({
        "issuer": base,
        "authorization_endpoint": format!("{base}/authorize?tenant=x"),
        "token_endpoint": format!("{base}/token"),
        "jwks_uri": format!("{base}/keys"),
        "authorization_response_iss_parameter_supported": inner.says_iss,
    }))
}

async fn keys(State(Issuer(inner)): State<Issuer>) -> Json<Value> {
    let mut inner = inner.lock().expect("no panic before");
    inner.ledger.keys += 1;
    Json(json!({ "keys": [inner.key.jwk()] }))
}

async fn token(
    State(Issuer(inner)): State<Issuer>,
    headers: http::HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> (StatusCode, Json<Value>) {
    let mut inner = inner.lock().expect("no panic before");
    inner.ledger.exchanges += 1;
    let asked = inner.codes.remove(&form["code"]);
    let refused = || {
        (
            StatusCode::BAD_REQUEST,
            Json(json!({ "error": "invalid_grant" })),
        )
    };
    let challenge = URL_SAFE_NO_PAD.encode(vault::sha256(form["code_verifier"].as_bytes()));
    let known = asked.filter(|asked| asked["code_challenge"] == challenge && is_client(&headers));
    let Some(asked) = known.filter(|asked| asked["redirect_uri"] == form["redirect_uri"]) else {
        inner.ledger.refused += 1;
        return refused();
    };
    let token = id_token(&inner, &asked["nonce"]);
    (
        StatusCode::OK,
        Json(json!({ "access_token": "opaque", "id_token": token })),
    )
}

/// RFC 6749, 2.3.1.
fn is_client(headers: &http::HeaderMap) -> bool {
    let secret: String = Url::parse_with_params("http://x", [("", SECRET)])
        .expect("an address")
        .query()
        .unwrap_or_default()[1..]
        .into();
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("{CLIENT}:{secret}"));
    headers
        .get("authorization")
        .is_some_and(|value| value == &format!("Basic {pair}"))
}

fn id_token(inner: &Inner, nonce: &str) -> String {
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let mut claims = json!({ "iss": inner.base, "aud": CLIENT, "sub": "ada", "nonce": nonce,
        "iat": now, "exp": now + 300 });
    let said = inner.claims.as_object().cloned().unwrap_or_default();
    let whole = claims.as_object_mut().expect("an object");
    whole.extend(said);
    let mut header = Header::new(Algorithm::ES256);
    header.kid = Some(inner.key.id.clone());
    let mut key = EncodingKey::from_ec_der(&inner.key.der);
    match inner.lie {
        Lie::Nothing => {}
        Lie::Nonce => claims["nonce"] = "another".into(),
        Lie::Issuer => claims["iss"] = "https://accounts.google.com".into(),
        Lie::Audience => claims["aud"] = "another client".into(),
        Lie::Party => claims["aud"] = json!([CLIENT, "another client"]),
        Lie::Expired => claims["exp"] = (now - 120).into(),
        Lie::Old => claims["iat"] = (now - 3600).into(),
        Lie::NoSubject => claims["sub"] = "".into(),
        Lie::UnknownKey => header.kid = Some("nobody's".into()),
        Lie::ForeignKey => key = EncodingKey::from_ec_der(&Key::new("one").der),
        Lie::Symmetric => {
            // The public key as a shared secret: anybody has it.
            header.alg = Algorithm::HS256;
            key = EncodingKey::from_secret(&inner.key.public);
        }
        Lie::Unsigned => {
            let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
            return format!("{}.{}.", part(json!({ "alg": "none" })), part(claims));
        }
    }
    encode(&header, &claims, &key).expect("a token")
}

async fn github_token(
    State(Issuer(inner)): State<Issuer>,
    Form(form): Form<HashMap<String, String>>,
) -> Json<Value> {
    let mut inner = inner.lock().expect("no panic before");
    let right = form["client_secret"] == SECRET && inner.codes.remove(&form["code"]).is_some();
    // GitHub says no with 200.
    Json(if right {
        json!({ "access_token": "gho_x", "token_type": "bearer" })
    } else {
        json!({ "error": "bad_verification_code" })
    })
}

async fn github_user(State(Issuer(inner)): State<Issuer>) -> Json<Value> {
    Json(inner.lock().expect("no panic before").claims["user"].clone())
}

async fn github_emails(State(Issuer(inner)): State<Issuer>) -> Json<Value> {
    Json(inner.lock().expect("no panic before").claims["emails"].clone())
}
