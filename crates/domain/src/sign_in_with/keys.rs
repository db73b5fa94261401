//! The keys that an issuer signs with: remembered for an hour, and asked for again when a token names one that is not
//! among them, though not more often than some times a minute, whoever sends such tokens.

use super::Unacceptable;
use crate::outbound::{self, Outbound};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use jsonwebtoken::{
    Algorithm, DecodingKey, Header,
    jwk::{Jwk, JwkSet, PublicKeyUse},
};
use std::{
    num::NonZeroU32,
    time::{Duration, Instant},
};
use tokio::sync::Mutex;

const FRESH: Duration = Duration::from_hours(1);

/// After this many fetches in a row, one a minute.
const IN_A_ROW: NonZeroU32 = NonZeroU32::new(5).expect("not zero");

/// What may sign an id token. Never `none`, and nothing symmetric: those would be keys that the client knows.
const ALLOWED: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// The keys of one issuer.
pub(crate) struct Keys {
    url: String,
    known: Mutex<Option<(Instant, JwkSet)>>,
    fetches: DefaultDirectRateLimiter,
}

impl Keys {
    pub(super) fn new(url: &str) -> Self {
        let pace = Quota::per_minute(NonZeroU32::MIN).allow_burst(IN_A_ROW);
        Self {
            url: url.into(),
            known: Mutex::new(None),
            fetches: RateLimiter::direct(pace),
        }
    }

    /// The key that a token's header names.
    pub(super) async fn find(
        &self,
        way: &Outbound,
        header: &Header,
    ) -> Result<DecodingKey, Unacceptable> {
        if !ALLOWED.contains(&header.alg) {
            return Err(Unacceptable::new("the id token's algorithm is not allowed"));
        }
        let mut known = self.known.lock().await;
        let fresh = known.as_ref().filter(|(at, _)| at.elapsed() < FRESH);
        if let Some(key) = fresh.and_then(|(_, keys)| matching(keys, header)) {
            return decoding(key);
        }
        if self.fetches.check().is_err() {
            return Err(Unacceptable::new(
                "the id token names an unknown key, and keys were fetched too often lately",
            ));
        }
        let request = way.get(&self.url)?;
        let keys: JwkSet = outbound::json("the keys", request).await?;
        let key = matching(&keys, header).map(decoding);
        *known = Some((Instant::now(), keys));
        key.ok_or_else(|| Unacceptable::new("the id token names an unknown key"))?
    }
}

/// The key with the token's id; where it names none, the only one that fits.
fn matching<'k>(keys: &'k JwkSet, header: &Header) -> Option<&'k Jwk> {
    let mut fitting = keys.keys.iter().filter(|key| fits(key, header.alg));
    match &header.kid {
        Some(kid) => fitting.find(|key| key.common.key_id.as_ref() == Some(kid)),
        None => fitting.next().filter(|_| fitting.next().is_none()),
    }
}

fn fits(key: &Jwk, alg: Algorithm) -> bool {
    let signs = matches!(
        key.common.public_key_use,
        None | Some(PublicKeyUse::Signature)
    );
    let named = key.common.key_algorithm.is_none_or(|named| {
        // The two enumerations write the same words.
        format!("{named:?}") == format!("{alg:?}")
    });
    let family = DecodingKey::from_jwk(key).is_ok_and(|key| key.family() == alg.family());
    signs && named && family
}

fn decoding(key: &Jwk) -> Result<DecodingKey, Unacceptable> {
    DecodingKey::from_jwk(key).map_err(|_| Unacceptable::new("a key cannot be read"))
}
