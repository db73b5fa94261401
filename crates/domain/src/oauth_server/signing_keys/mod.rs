//! The keys that sign access tokens: sealed in the database, shared by all servers, replaced each 30 days. A new key
//! is published an hour before it signs, and the old one until nothing that it signed can be valid, so that nobody
//! who verifies ever meets an unknown key.

mod store;

use crate::{
    Result, Services,
    data_keys::{Cell, TOKEN_SIGNING_KEY},
};
use anyhow::{Context as _, anyhow};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey,
    jwk::{Jwk, JwkSet, PublicKeyUse},
};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use store::{NewKey, Row};
use time::OffsetDateTime;
use uuid::Uuid;
use vault::TokenAlgorithm;

/// Held by whoever looks whether a new key is due.
const LOCK: i64 = 0x6268_7369_676e;

/// What another server drew is known after this.
const FRESH: Duration = Duration::from_secs(30);

/// A token that names an unknown key makes us look, but not more often.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// The keys as this server knows them.
pub(super) struct SigningKeys {
    algorithm: TokenAlgorithm,
    known: Mutex<Option<Known>>,
    /// When a token made us look that names an unknown key.
    looked_again: Mutex<Option<Instant>>,
}

#[derive(Clone)]
struct Known {
    read_at: Instant,
    keys: Arc<[Key]>,
}

/// One key.
pub(super) struct Key {
    /// `kid`.
    pub(super) id: String,
    pub(super) algorithm: Algorithm,
    pub(super) verifies: DecodingKey,
    signs: EncodingKey,
    signs_from: OffsetDateTime,
    public: Jwk,
    ours: TokenAlgorithm,
}

impl SigningKeys {
    pub(super) fn new(algorithm: TokenAlgorithm) -> Self {
        Self {
            algorithm,
            known: Mutex::default(),
            looked_again: Mutex::default(),
        }
    }

    /// Whether to look again for an unknown key: once in a while, whoever sends such tokens.
    fn may_look_again(&self) -> bool {
        let mut looked = self
            .looked_again
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let may = looked.is_none_or(|at| at.elapsed() > LOOK_AGAIN);
        if may {
            *looked = Some(Instant::now());
        }
        may
    }

    fn known(&self, younger_than: Duration) -> Option<Arc<[Key]>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known
            .as_ref()
            .filter(|known| known.read_at.elapsed() < younger_than);
        known.map(|known| known.keys.clone())
    }
}

/// What others verify with (RFC 7517).
pub async fn public_keys(s: &Services) -> Result<JwkSet> {
    in_use(s).await?;
    let keys = all(s, FRESH).await?;
    Ok(JwkSet {
        keys: keys.iter().map(|key| key.public.clone()).collect(),
    })
}

/// The key with this id, looked for again if it is unknown.
pub(super) async fn find(s: &Services, id: &str) -> Result<Option<Arc<[Key]>>> {
    let has = |keys: &Arc<[Key]>| keys.iter().any(|key| key.id == id);
    let keys = all(s, FRESH).await?;
    if has(&keys) {
        return Ok(Some(keys));
    }
    if !s.oauth.keys.may_look_again() {
        return Ok(None);
    }
    let keys = all(s, Duration::ZERO).await?;
    Ok(Some(keys).filter(has))
}

/// Signs with the newest key whose time has come.
pub(super) async fn sign<T: serde::Serialize>(
    s: &Services,
    typ: &str,
    claims: &T,
) -> Result<String> {
    let keys = in_use(s).await?;
    let key = newest(&keys, s.oauth.keys.algorithm).context("no key signs")?;
    let mut header = jsonwebtoken::Header::new(key.algorithm);
    header.typ = Some(typ.into());
    header.kid = Some(key.id.clone());
    let signed = jsonwebtoken::encode(&header, claims, &key.signs);
    Ok(signed.context("signing a token")?)
}

/// Draws a new key where one is due, and forgets those that nothing needs. Answers whether one was drawn.
pub async fn rotate(s: &Services) -> Result<bool> {
    let algorithm = s.oauth.keys.algorithm;
    let mut system = s.db.system().await?;
    store::delete_old(&mut system).await?;
    drop(system);
    if !store::is_due(&mut *s.db.global().await?, algorithm.as_str()).await? {
        return Ok(false);
    }
    draw(s, true).await
}

/// The keys, of which one signs: the first is drawn when it is asked for.
async fn in_use(s: &Services) -> Result<Arc<[Key]>> {
    let algorithm = s.oauth.keys.algorithm;
    let keys = all(s, FRESH).await?;
    if newest(&keys, algorithm).is_some() {
        return Ok(keys);
    }
    draw(s, false).await?;
    all(s, Duration::ZERO).await
}

fn newest(keys: &[Key], algorithm: TokenAlgorithm) -> Option<&Key> {
    let now = OffsetDateTime::now_utc();
    let ours = || keys.iter().filter(|key| key.ours == algorithm);
    let ready = ours().filter(|key| key.signs_from <= now);
    // A clock that is behind knows none that is ready: the first signs.
    ready
        .max_by_key(|key| key.signs_from)
        .or_else(|| ours().min_by_key(|key| key.signs_from))
}

/// Of servers that draw at once, one does. `ahead` leaves others the time to learn of it.
async fn draw(s: &Services, ahead: bool) -> Result<bool> {
    let algorithm = s.oauth.keys.algorithm;
    let secret = tokio::task::spawn_blocking(move || algorithm.new_key());
    let secret = secret.await.context("drawing a key")?;
    let secret = secret.context("drawing a key")?;
    let (id, mut tx) = (Uuid::new_v4(), s.db.person_tx().await?);
    store::lock(&mut tx, LOCK).await?;
    if !store::is_due(&mut tx, algorithm.as_str()).await? {
        tx.commit().await?;
        return Ok(false);
    }
    let public = Key::parse(id, algorithm, &secret, OffsetDateTime::now_utc())?.public;
    let public = serde_json::to_string(&public).context("writing a key")?;
    let cell = Cell::of_instance(&TOKEN_SIGNING_KEY, id);
    let sealed = s.data_keys.seal(&mut tx, cell, secret.as_bytes()).await?;
    let new = NewKey {
        id,
        algorithm: algorithm.as_str(),
        public: &public,
        sealed: &sealed,
        ahead,
    };
    store::insert(&mut tx, &new).await?;
    tx.commit().await?;
    Ok(true)
}

async fn all(s: &Services, younger_than: Duration) -> Result<Arc<[Key]>> {
    if let Some(known) = s.oauth.keys.known(younger_than) {
        return Ok(known);
    }
    let mut db = s.db.global().await?;
    let mut keys = Vec::new();
    for row in store::all(&mut db).await? {
        let Row {
            id,
            algorithm,
            sealed,
            signs_from,
        } = row;
        let algorithm = TokenAlgorithm::parse(&algorithm)
            .with_context(|| format!("an unknown algorithm {algorithm}"))?;
        let cell = Cell::of_instance(&TOKEN_SIGNING_KEY, id);
        let secret = s.data_keys.open(&mut db, cell, &sealed).await?;
        let secret = std::str::from_utf8(&secret).context("a signing key")?;
        keys.push(Key::parse(id, algorithm, secret, signs_from)?);
    }
    let keys: Arc<[Key]> = keys.into();
    let known = Known {
        read_at: Instant::now(),
        keys: keys.clone(),
    };
    let mut held = s
        .oauth
        .keys
        .known
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    *held = Some(known);
    Ok(keys)
}

impl Key {
    fn parse(
        id: Uuid,
        ours: TokenAlgorithm,
        pem: &str,
        signs_from: OffsetDateTime,
    ) -> Result<Self> {
        let pem = pem.as_bytes();
        let (algorithm, signs) = match ours {
            TokenAlgorithm::Rs256 => (Algorithm::RS256, EncodingKey::from_rsa_pem(pem)),
            TokenAlgorithm::Es256 => (Algorithm::ES256, EncodingKey::from_ec_pem(pem)),
            TokenAlgorithm::EdDsa => (Algorithm::EdDSA, EncodingKey::from_ed_pem(pem)),
        };
        // What the library says could quote the key.
        let unreadable = |_| anyhow!("a signing key cannot be read");
        let signs = signs.map_err(unreadable)?;
        let mut public = Jwk::from_encoding_key(&signs, algorithm).map_err(unreadable)?;
        public.common.key_id = Some(id.to_string());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        Ok(Self {
            id: id.to_string(),
            algorithm,
            verifies: DecodingKey::from_jwk(&public).map_err(unreadable)?,
            signs,
            signs_from,
            public,
            ours,
        })
    }
}
