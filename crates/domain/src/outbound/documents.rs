//! Reading what providers and clients publish: small documents, read whole or not at all.

use super::Unacceptable;
use reqwest::{RequestBuilder, Response, StatusCode};
use serde::de::DeserializeOwned;

/// More than this is nobody's document, set of keys or token.
const MOST_BYTES: usize = 256 * 1024;

/// Sends a request and reads its answer as JSON.
pub(crate) async fn json<T: DeserializeOwned>(
    what: &str,
    request: RequestBuilder,
) -> Result<T, Unacceptable> {
    let failed = |words: String| Unacceptable::new(format!("{what}: {words}"));
    let sent = request.header("accept", "application/json").send().await;
    // Without the address, whose query may hold a code.
    let response = sent.map_err(|error| failed(error.without_url().to_string()))?;
    let status = response.status();
    let body = read(response).await.map_err(failed)?;
    if status != StatusCode::OK {
        return Err(failed(format!("{status}{}", said(&body))));
    }
    serde_json::from_slice(&body).map_err(|_| failed("is not what it should be".into()))
}

/// Sends a request and reads its answer as it is, with its `Cache-Control`.
pub(crate) async fn document(
    what: &str,
    request: RequestBuilder,
) -> Result<(Vec<u8>, Option<String>), Unacceptable> {
    let failed = |words: String| Unacceptable::new(format!("{what}: {words}"));
    let sent = request.header("accept", "application/json").send().await;
    let response = sent.map_err(|error| failed(error.without_url().to_string()))?;
    if response.status() != StatusCode::OK {
        return Err(failed(response.status().to_string()));
    }
    let kept = response.headers().get("cache-control");
    let kept = kept
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    Ok((read(response).await.map_err(failed)?, kept))
}

async fn read(mut response: Response) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| error.without_url().to_string())?
    {
        body.extend_from_slice(&chunk);
        if body.len() > MOST_BYTES {
            return Err(format!("is longer than {MOST_BYTES} bytes"));
        }
    }
    Ok(body)
}

/// The error's word in the protocol (RFC 6749, 5.2), which helps whoever reads the log. Nothing else is repeated.
fn said(body: &[u8]) -> String {
    #[derive(serde::Deserialize)]
    struct Said {
        error: String,
    }
    let word = serde_json::from_slice::<Said>(body)
        .ok()
        .map(|said| said.error);
    let known = |word: &String| {
        word.len() < 60 && word.bytes().all(|b| b == b'_' || b.is_ascii_lowercase())
    };
    word.filter(known)
        .map(|word| format!(" ({word})"))
        .unwrap_or_default()
}
