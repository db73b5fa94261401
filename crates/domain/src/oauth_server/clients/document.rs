//! Client ID Metadata Documents: the client's name is the address of a document that describes it, so that whoever
//! holds the host vouches for it. Fetched at public addresses alone, without redirects, and kept as long as the
//! host's `Cache-Control` says.

use super::{Client, store};
use crate::{Services, oauth_server::Fault, outbound};
use api_types::oauth::ClientSource;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use moka::sync::Cache;
use oauth::{ErrorCode, document as documents};
use std::{num::NonZeroU32, time::Duration};
use time::OffsetDateTime;
use uuid::Uuid;

/// After a fetch that failed, the address is left alone for so long.
const LEFT_ALONE: Duration = Duration::from_secs(20);

/// A document that is away for so long after its time is still good.
const AWAY: time::Duration = time::Duration::days(1);

/// Documents that are fetched in a second, for all who ask: nobody has this server fetch what others pay for.
const A_SECOND: NonZeroU32 = NonZeroU32::new(20).expect("not zero");

/// What failed lately and why, and how many fetches there are to be.
#[derive(Debug)]
pub(crate) struct Fetches {
    failed: Cache<String, String>,
    pace: DefaultDirectRateLimiter,
}

impl Default for Fetches {
    fn default() -> Self {
        let failed = Cache::builder().max_capacity(10_000);
        Self {
            failed: failed.time_to_live(LEFT_ALONE).build(),
            pace: RateLimiter::direct(Quota::per_second(A_SECOND)),
        }
    }
}

/// The client that the document describes.
pub(super) async fn find(s: &Services, url: &str) -> Result<Client, Fault> {
    let listed = reqwest::Url::parse(url).is_ok_and(|url| s.oauth.inner.hold(&url));
    let may_be_plain = s.oauth.settings.inner_documents || listed;
    let refused = |told: &str| Fault::told(ErrorCode::InvalidClient, told);
    documents::check_url(url, may_be_plain)
        .map_err(|why| refused(&format!("the client_id is no address of a document: {why}")))?;
    let known = store::app(&mut *s.db.global().await?, url).await?;
    let now = OffsetDateTime::now_utc();
    let is_within = |more: time::Duration| {
        let until = known.as_ref().and_then(|app| app.fresh_until);
        until.is_some_and(|until| until + more > now)
    };
    if !is_within(time::Duration::ZERO) {
        match renewed(s, url).await {
            Ok(client) => return Ok(client),
            Err(Fault::Told(_)) if is_within(AWAY) => {}
            Err(fault) => return Err(fault),
        }
    }
    let known = known.ok_or_else(|| refused("there is no such client"))?;
    Ok(Client::try_from(known)?)
}

async fn renewed(s: &Services, url: &str) -> Result<Client, Fault> {
    let Fetches { failed, pace } = &*s.oauth.fetches;
    let refused = |told: String| Fault::told(ErrorCode::InvalidClient, told);
    if let Some(told) = failed.get(url) {
        return Err(refused(told));
    }
    if pace.check().is_err() {
        return Err(Fault::TooMany {
            retry_after_seconds: 1,
        });
    }
    let fetched = match fetch(s, url).await {
        Ok(fetched) => fetched,
        Err(told) => {
            failed.insert(url.into(), told.clone());
            return Err(refused(told));
        }
    };
    let mut db = s.db.global().await?;
    let new = store::NewApp {
        id: Uuid::now_v7(),
        oauth_id: url,
        source: ClientSource::Document,
        metadata: &fetched.metadata,
        secret: None,
        registration: None,
        fresh_seconds: Some(fetched.fresh.as_secs_f64()),
    };
    Ok(Client::try_from(store::put_app(&mut db, &new).await?)?)
}

struct Fetched {
    metadata: String,
    fresh: Duration,
}

async fn fetch(s: &Services, url: &str) -> Result<Fetched, String> {
    let way = &s.oauth.way;
    // One sentence for all that can go wrong on the way: what is behind our walls is not told.
    let unreachable = |error: &dyn std::fmt::Display| {
        tracing::info!(%error, "fetching a client's document");
        "the client's document could not be fetched".to_owned()
    };
    let request = way.get(url).map_err(|error| unreachable(&error))?;
    let answer = outbound::document("the client's document", request).await;
    let (body, cache_control) = answer.map_err(|error| unreachable(&error))?;
    let metadata = documents::read(url, &body).map_err(|error| error.description)?;
    let metadata = serde_json::Value::Object(metadata.to_json()).to_string();
    Ok(Fetched {
        metadata,
        fresh: documents::freshness(cache_control.as_deref()),
    })
}
