//! The one way out to providers: https (http to this machine alone), a deadline, a cap on what is
//! read, and no redirects, which would lead where nobody checked. What a tenant names is reached at
//! public addresses alone: the name is looked up once, and what it gives is what is connected to.

use super::Unacceptable;
use anyhow::Context as _;
use reqwest::{
    Certificate, Client, RequestBuilder, Response, StatusCode, Url,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect::Policy,
};
use serde::de::DeserializeOwned;
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{Arc, OnceLock},
    time::Duration,
};

const CONNECT: Duration = Duration::from_secs(5);
const WHOLE: Duration = Duration::from_secs(10);
const MOST_BYTES: usize = 256 * 1024;

/// A way out.
#[derive(Clone, Default)]
pub(crate) struct Outbound {
    client: Arc<OnceLock<Client>>,
    /// Whether public addresses alone are reached.
    public_only: bool,
    /// Certificates that are trusted besides the system's, in PEM.
    trusted: Option<Arc<[u8]>>,
}

impl Outbound {
    /// A way to public addresses alone, for what tenants name.
    pub(crate) fn to_public() -> Self {
        Self {
            public_only: true,
            ..Self::default()
        }
    }

    /// The same way, on which these certificates are trusted too.
    pub(crate) fn trusting(self, pem: Option<Vec<u8>>) -> Self {
        Self {
            trusted: pem.map(Into::into),
            ..self
        }
    }

    /// The client of all calls on this way.
    pub(crate) fn client(&self) -> Result<Client, Unacceptable> {
        if let Some(client) = self.client.get() {
            return Ok(client.clone());
        }
        let client = build(self.public_only, self.trusted.as_deref());
        let client = client.map_err(|error| Unacceptable::new(format!("{error:#}")))?;
        Ok(self.client.get_or_init(|| client).clone())
    }

    /// An address that may be asked on this way.
    pub(crate) fn url(&self, address: &str) -> Result<Url, Unacceptable> {
        let url = checked(address)?;
        let literal = host(&url).parse::<IpAddr>().ok();
        let inner = literal.is_some_and(|ip| !is_public(ip)) || host(&url) == "localhost";
        if self.public_only && inner {
            return Err(Unacceptable::new("the address is not public"));
        }
        Ok(url)
    }
}

fn build(public_only: bool, trusted: Option<&[u8]>) -> anyhow::Result<Client> {
    let mut builder = Client::builder()
        .redirect(Policy::none())
        .connect_timeout(CONNECT)
        .timeout(WHOLE)
        // A kept connection could have been closed meanwhile, and a code is worth one try.
        .pool_max_idle_per_host(0)
        .user_agent(concat!("Bulkhead/", env!("CARGO_PKG_VERSION")));
    if public_only {
        builder = builder.dns_resolver(Arc::new(PublicNames));
    }
    let trusted = trusted.map(Certificate::from_pem_bundle).transpose()?;
    for certificate in trusted.unwrap_or_default() {
        builder = builder.add_root_certificate(certificate);
    }
    builder
        .build()
        .context("building the client of sign-in providers")
}

/// Looks names up and leaves out every address that is not public.
struct PublicNames;

impl Resolve for PublicNames {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|at| is_public(at.ip())).collect();
            if public.is_empty() {
                return Err("the name has no public address".into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is on the public internet (IANA's special-purpose registries say what is not).
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let special = a == 0 || a >= 224 || (a, b, c) == (192, 0, 0) || (a == 198 && b & 0xfe == 18);
    !(shared
        || special
        || ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation())
}

/// Global unicast, without what leads into IPv4 by another name (NAT64, 6to4, Teredo).
fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [a, b, ..] = ip.segments();
    let global = a & 0xe000 == 0x2000;
    let tunnel = a == 0x2002 || (a == 0x2001 && b < 0x0200);
    let documentation = (a == 0x2001 && b == 0x0db8) || a == 0x3fff;
    global && !tunnel && !documentation
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
fn is_this_machine(url: &Url) -> bool {
    let host = host(url);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn host(url: &Url) -> &str {
    let host = url.host_str().unwrap_or_default();
    host.trim_start_matches('[').trim_end_matches(']')
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_are_asked_over_https_or_on_this_machine() {
        for good in [
            "https://id.example.com",
            "http://127.0.0.1:9/x",
            "http://[::1]:9",
        ] {
            assert!(checked(good).is_ok(), "{good}");
        }
        for bad in [
            "http://id.example.com",
            "ftp://x",
            "x",
            "https://u:p@id.example.com",
            "http://127.0.0.1.evil.io",
        ] {
            assert!(checked(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_a_tenant_names_is_public() {
        let way = Outbound::to_public();
        for inner in [
            "https://127.0.0.1",
            "https://localhost",
            "https://10.1.2.3",
            "https://192.168.0.1",
            "https://169.254.169.254",
            "https://100.64.0.1",
            "https://0.0.0.0",
            "https://[::1]",
            "https://[::ffff:10.0.0.1]",
            "https://[fd00::1]",
            "https://[fe80::1]",
            "https://[64:ff9b::a00:1]",
            "https://[2002:a00:1::]",
            "https://2130706433",
            "https://0x7f.1",
            "https://198.18.0.1",
            "https://240.0.0.1",
        ] {
            assert!(way.url(inner).is_err(), "{inner}");
        }
        for public in [
            "https://id.example.com",
            "https://8.8.8.8",
            "https://[2606:4700::1111]",
        ] {
            assert!(way.url(public).is_ok(), "{public}");
        }
        assert!(Outbound::default().url("http://127.0.0.1:9").is_ok());
    }
}
