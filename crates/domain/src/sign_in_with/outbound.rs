//! The one way out to providers: https (http to this machine alone), a deadline, a cap on what is
//! read, and no redirects, which would lead where nobody checked.

use super::Unacceptable;
use anyhow::Context as _;
use reqwest::{Client, RequestBuilder, Response, StatusCode, Url, redirect::Policy};
use serde::de::DeserializeOwned;
use std::{net::IpAddr, time::Duration};

const CONNECT: Duration = Duration::from_secs(5);
const WHOLE: Duration = Duration::from_secs(10);
const MOST_BYTES: usize = 256 * 1024;

/// The client of all providers.
pub(crate) fn client() -> anyhow::Result<Client> {
    Client::builder()
        .redirect(Policy::none())
        .connect_timeout(CONNECT)
        .timeout(WHOLE)
        // A kept connection could have been closed meanwhile, and a code is worth one try.
        .pool_max_idle_per_host(0)
        .user_agent(concat!("Bulkhead/", env!("CARGO_PKG_VERSION")))
        .build()
        .context("building the client of sign-in providers")
}

/// An address that may be asked.
pub(crate) fn checked(address: &str) -> Result<Url, Unacceptable> {
    let wrong = |words: &str| Unacceptable::new(format!("the address {words}"));
    let url = Url::parse(address).map_err(|_| wrong("is none"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("must hold no credentials"));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_this_machine(&url) => Ok(url),
        _ => Err(wrong("must be https")),
    }
}

/// Whether it is an address of this machine, written so.
pub(crate) fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

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
    let word = serde_json::from_slice::<Said>(body).ok().map(|said| said.error);
    let known = |word: &String| word.len() < 60 && word.bytes().all(|b| b == b'_' || b.is_ascii_lowercase());
    word.filter(known)
        .map(|word| format!(" ({word})"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::checked;

    #[test]
    fn providers_are_asked_over_https_or_on_this_machine() {
        for good in ["https://id.example.com", "http://127.0.0.1:9/x", "http://[::1]:9"] {
            assert!(checked(good).is_ok(), "{good}");
        }
        for bad in ["http://id.example.com", "ftp://x", "x", "https://u:p@id.example.com", "http://127.0.0.1.evil.io"] {
            assert!(checked(bad).is_err(), "{bad}");
        }
    }
}
