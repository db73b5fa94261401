//! Data keys under a key of a key management service: a faithful Transit engine on loopback, which keeps
//! a ledger of what it was asked, and can be sealed, revoked, rotated, slow or away.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::serve::Listener;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::data_keys::{KeyRing, Transit, TransitKey, check, rewrap, status};
use domain::second_factor;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use test_support::{MASTER_KEY, World};
use tokio::net::TcpListener;
use vault::Sealer;

pub(crate) const TOKEN: &str = "hvs.CAESIJ-canary";

type Refusal = (StatusCode, Json<Value>);

#[derive(Default)]
struct Engine {
    versions: Vec<Sealer>,
    /// Ciphertexts of older versions are refused.
    oldest: usize,
    sealed: bool,
    slow: bool,
    ledger: Vec<String>,
}

#[derive(Clone)]
pub(crate) struct Service {
    engine: Arc<Mutex<Engine>>,
    pub(crate) url: String,
    pub(crate) token_file: PathBuf,
    _dir: Arc<TempDir>,
}

impl Service {
    async fn start() -> Self {
        Self::on(
            TcpListener::bind("127.0.0.1:0").await.expect("a port"),
            "http",
        )
    }

    pub(crate) fn on(listener: impl Listener<Addr = SocketAddr>, scheme: &str) -> Self {
        let url = format!("{scheme}://{}", listener.local_addr().expect("an address"));
        let dir = tempfile::tempdir().expect("a directory");
        let token_file = dir.path().join("token");
        std::fs::write(&token_file, format!("{TOKEN}\n")).expect("a token");
        let engine = Arc::new(Mutex::new(Engine {
            versions: vec![Sealer::random()],
            ..Engine::default()
        }));
        let routes = Router::new()
            .route("/v1/transit/{what}/{key}", post(serve))
            .with_state(engine.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self {
            engine,
            url,
            token_file,
            _dir: Arc::new(dir),
        }
    }

    fn change<T>(&self, change: impl FnOnce(&mut Engine) -> T) -> T {
        change(&mut self.engine.lock().expect("no panic before"))
    }

    pub(crate) fn ledger(&self) -> Vec<String> {
        self.change(|engine| engine.ledger.clone())
    }

    fn key(&self, name: &str) -> Arc<Transit> {
        self.key_at(&self.url, name)
    }

    fn key_at(&self, url: &str, name: &str) -> Arc<Transit> {
        let key = Transit::new(TransitKey {
            url: url.parse().expect("an address"),
            mount: "transit".into(),
            key: name.into(),
            token_file: self.token_file.clone(),
            trusted: None,
        });
        Arc::new(key.expect("a client"))
    }

    /// A server whose data keys this service wraps.
    fn server(&self, world: &World) -> World {
        world.with_key_ring("http://127.0.0.1:3000", KeyRing::new(self.key("bulkhead")))
    }
}

fn refuse(status: u16, errors: &str) -> Refusal {
    let status = StatusCode::from_u16(status).expect("a status");
    (status, Json(json!({ "errors": [errors] })))
}

fn field(body: &Value, name: &str) -> Result<Vec<u8>, Refusal> {
    let text = body[name].as_str().unwrap_or_default();
    let wrong = |_| refuse(400, "failed to base64-decode");
    STANDARD.decode(text).map_err(wrong)
}

async fn serve(
    State(engine): State<Arc<Mutex<Engine>>>,
    Path((what, key)): Path<(String, String)>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Result<Json<Value>, Refusal> {
    let slow = {
        let mut engine = engine.lock().expect("no panic before");
        engine.ledger.push(format!("{what} {key}"));
        engine.slow
    };
    if slow {
        tokio::time::sleep(Duration::from_mins(1)).await;
    }
    let engine = engine.lock().expect("no panic before");
    if engine.sealed {
        return Err(refuse(503, "Vault is sealed"));
    }
    if headers
        .get("x-vault-token")
        .is_none_or(|token| token != TOKEN)
    {
        return Err(refuse(403, "permission denied"));
    }
    if key != "bulkhead" {
        return Err(refuse(400, "encryption key not found"));
    }
    let tied_to = field(&body, "associated_data")?;
    let data = match what.as_str() {
        "encrypt" => {
            let (newest, sealer) = (engine.versions.len(), engine.versions.last());
            let sealed =
                sealer.and_then(|key| key.seal(&tied_to, &field(&body, "plaintext").ok()?));
            let sealed = STANDARD.encode(sealed.expect("sealed"));
            json!({ "ciphertext": format!("vault:v{newest}:{sealed}"), "key_version": newest })
        }
        "decrypt" => json!({ "plaintext": engine.decrypt(&tied_to, &body)? }),
        _ => return Err(refuse(404, "unsupported path")),
    };
    Ok(Json(
        json!({ "request_id": "1", "lease_duration": 0, "data": data }),
    ))
}

impl Engine {
    fn decrypt(&self, tied_to: &[u8], body: &Value) -> Result<String, Refusal> {
        let wrong = || refuse(400, "invalid ciphertext: no prefix");
        let text = body["ciphertext"].as_str().ok_or_else(wrong)?;
        let (version, sealed) = text
            .strip_prefix("vault:v")
            .and_then(|rest| rest.split_once(':'))
            .ok_or_else(wrong)?;
        let version: usize = version.parse().map_err(|_| wrong())?;
        if version < self.oldest {
            let too_old = "ciphertext or signature version is disallowed by policy (too old)";
            return Err(refuse(400, too_old));
        }
        let sealed = STANDARD.decode(sealed).map_err(|_| wrong())?;
        let opened = self.versions.get(version - 1);
        let opened = opened.and_then(|key| key.open(tied_to, &sealed));
        let unopened = || refuse(400, "cipher: message authentication failed");
        opened.map(|key| STANDARD.encode(key)).ok_or_else(unopened)
    }
}

#[tokio::test]
async fn a_service_wraps_data_keys_and_is_asked_once_for_each() {
    let service = Service::start().await;
    let world = service.server(&World::new().await);
    let s = &world.services;
    check(s).await.expect("a key that works");
    let ada = world.owner("ada").await;
    second_factor::begin(s, ada.user).await.expect("begun");
    let asked = service.ledger().len();
    for _ in 0..50 {
        second_factor::view(s, ada.user).await.expect("it opens");
    }
    assert_eq!(
        service.ledger().len(),
        asked,
        "asked again for what is known"
    );
    let other = service.server(&world);
    second_factor::view(&other.services, ada.user)
        .await
        .expect("it opens");
    assert_eq!(service.ledger()[asked..], ["decrypt bulkhead"]);
    let wrapped: String = sqlx::query_scalar(
        "select wrapped_by || ' ' || convert_from(wrapped, 'UTF8') from instance_data_keys",
    )
    .fetch_one(&world.database.pool("postgres", 1))
    .await
    .expect("the data key");
    assert!(
        wrapped.starts_with("transit:transit/bulkhead vault:v1:"),
        "{wrapped}"
    );
}

#[tokio::test]
async fn what_the_service_wrapped_for_one_owner_unwraps_for_no_other() {
    let service = Service::start().await;
    let world = service.server(&World::new().await);
    let ada = world.owner("ada").await;
    second_factor::begin(&world.services, ada.user)
        .await
        .expect("begun");
    // Under another id, as if it had been copied there.
    let pool = world.database.pool("postgres", 1);
    let copied = "with k as (update instance_data_keys set retired_at = now() returning *)
        insert into tenant_data_keys (tenant_id, key_id, wrapped_by, wrapped)
        select $1, key_id, wrapped_by, wrapped from k";
    sqlx::query(copied)
        .bind(ada.actor.tenant().0)
        .execute(&pool)
        .await
        .expect("copied");
    let s = service.server(&world).services;
    let cell = domain::data_keys::Cell::of_tenant(
        &domain::data_keys::SECOND_FACTOR_SECRET,
        ada.actor.tenant(),
        ada.user.0,
    );
    let mut tx = s.db.tenant_tx(ada.actor.tenant()).await.expect("a tx");
    let refused = s
        .data_keys
        .seal(&mut tx, cell, b"x")
        .await
        .expect_err("a copied key");
    let told = refused.for_the_log();
    assert!(told.contains("message authentication failed"), "{told}");
}

#[tokio::test]
async fn a_master_key_is_followed_by_a_service_and_back() {
    let service = Service::start().await;
    let world = World::new().await;
    let ada = world.owner("ada").await;
    second_factor::begin(&world.services, ada.user)
        .await
        .expect("begun");
    let quietly = |_: String| {};
    let mut there = KeyRing::new(service.key("bulkhead"));
    there.add_master_key(&MASTER_KEY);
    let there = world.with_key_ring("http://127.0.0.1:3000", there).services;
    assert_eq!(rewrap(&there, &quietly).await.expect("wrapped anew"), 1);
    let alone = service.server(&world).services;
    check(&alone).await.expect("the master key is not needed");
    second_factor::view(&alone, ada.user)
        .await
        .expect("it opens");

    // The service's own rotation: old ciphertexts unwrap until they are disallowed.
    service.change(|engine| engine.versions.push(Sealer::random()));
    second_factor::view(&service.server(&world).services, ada.user)
        .await
        .expect("it opens");
    let mut back = KeyRing::of_master_keys(&MASTER_KEY, &[]);
    back.add(service.key("bulkhead"));
    let back = world.with_key_ring("http://127.0.0.1:3000", back).services;
    assert_eq!(rewrap(&back, &quietly).await.expect("wrapped anew"), 1);
    service.change(|engine| engine.oldest = 3);
    check(&world.sibling())
        .await
        .expect("the service is not needed");
    second_factor::view(&world.sibling(), ada.user)
        .await
        .expect("it opens");
    let settled = status(&back, domain::data_keys::COLUMNS)
        .await
        .expect("a status");
    assert!(settled.is_settled(), "{settled:?}");
}

#[tokio::test]
async fn whatever_is_wrong_with_the_service_is_said_plainly_and_without_the_token() {
    let service = Service::start().await;
    let world = World::new().await;
    let told = async |key: Arc<Transit>| {
        let s = world
            .with_key_ring("http://127.0.0.1:3000", KeyRing::new(key))
            .services;
        let began = Instant::now();
        let told = format!("{:#}", check(&s).await.expect_err("refused"));
        assert!(!told.contains(TOKEN), "{told}");
        assert!(began.elapsed() < Duration::from_secs(7), "{told}");
        told
    };
    let told_of = told(service.key("other")).await;
    assert!(
        told_of.contains("400 Bad Request, encryption key not found"),
        "{told_of}"
    );
    service.change(|engine| engine.sealed = true);
    let told_of = told(service.key("bulkhead")).await;
    assert!(
        told_of.contains("503 Service Unavailable, Vault is sealed"),
        "{told_of}"
    );
    service.change(|engine| (engine.sealed, engine.slow) = (false, true));
    let told_of = told(service.key("bulkhead")).await;
    assert!(told_of.contains("timed out"), "{told_of}");
    service.change(|engine| engine.slow = false);
    let told_of = told(service.key_at("http://127.0.0.1:1", "bulkhead")).await;
    assert!(
        told_of.contains("asking the key service at http://127.0.0.1:1"),
        "{told_of}"
    );
    std::fs::write(&service.token_file, "hvs.other").expect("a token");
    let told_of = told(service.key("bulkhead")).await;
    assert!(
        told_of.contains("403 Forbidden, permission denied"),
        "{told_of}"
    );
    std::fs::remove_file(&service.token_file).expect("removed");
    let told_of = told(service.key("bulkhead")).await;
    assert!(told_of.contains("reading the token in"), "{told_of}");
}

#[tokio::test]
async fn while_the_service_is_away_servers_go_on_and_letters_wait() {
    let service = Service::start().await;
    let world = service.server(&World::new().await);
    let ada = world.owner("ada").await;
    second_factor::begin(&world.services, ada.user)
        .await
        .expect("begun");
    service.change(|engine| engine.sealed = true);
    tokio::time::sleep(Duration::from_millis(900)).await;
    second_factor::view(&world.services, ada.user)
        .await
        .expect("the key is known here");
    let fresh = service.server(&world);
    second_factor::view(&fresh.services, ada.user)
        .await
        .expect_err("a server that must ask");
    assert!(fresh.letters_to(&ada.email).await.is_empty());
    service.change(|engine| engine.sealed = false);
    tokio::time::sleep(Duration::from_millis(2100)).await;
    assert_eq!(fresh.letters_to(&ada.email).await.len(), 1);
}
