//! How connections are made. A name is looked up by us, and what that gives is what is connected to: nobody can answer
//! the check with one address and the connection with another.
//!
//! Answers may be packed with gzip or deflate, which take 32 KiB to unpack, however much comes out. Brotli and zstd take
//! megabytes a call, so they are not offered.

use super::{Connections, addresses};
use anyhow::Context as _;
use reqwest::{
    Certificate, Client, ClientBuilder,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect::Policy,
};
use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, OnceLock},
    time::Duration,
};

/// Looking a name up, connecting and TLS, for a document.
const CONNECT: Duration = Duration::from_secs(5);

/// The same for a call, which may be tried again and has a deadline of its own.
pub(super) const CONNECT_FOR_CALL: Duration = Duration::from_secs(2);

/// A document, from beginning to end.
const WHOLE: Duration = Duration::from_secs(10);

/// For so long a kept connection waits for the next call. A name that leads elsewhere meanwhile is followed then.
const IDLE: Duration = Duration::from_secs(30);

/// Headers of an answer. Their bytes are bounded too, by hyper's 400 KiB.
const MOST_HEADERS: usize = 100;

/// Clients, made when first used: reading the system's certificates takes a while. By whether hosts are the
/// operator's, and whether connections are kept.
#[derive(Default)]
pub(super) struct Clients([[OnceLock<Client>; 2]; 2]);

impl Clients {
    pub(super) fn get(
        &self,
        inner: bool,
        connections: Connections,
        names: &Names,
        trusted: Option<&[u8]>,
    ) -> anyhow::Result<Client> {
        let kept = usize::from(connections == Connections::Kept);
        let place = &self.0[usize::from(inner)][kept];
        if let Some(client) = place.get() {
            return Ok(client.clone());
        }
        let client = build(connections, names, trusted)?;
        Ok(place.get_or_init(|| client).clone())
    }
}

fn build(
    connections: Connections,
    names: &Names,
    trusted: Option<&[u8]>,
) -> anyhow::Result<Client> {
    let mut builder = kept_or_not(Client::builder(), connections)
        .redirect(Policy::none())
        // One call a connection: over HTTP/2 one tenant's calls would wait for another's.
        .http1_only()
        .http1_max_headers(MOST_HEADERS)
        .user_agent(concat!("Bulkhead/", env!("CARGO_PKG_VERSION")));
    // A proxy of the environment would look names up itself.
    builder = match names {
        Names::AsTheSystemDoes => builder,
        Names::Unfiltered => builder.no_proxy(),
        Names::Public(public) => builder.no_proxy().dns_resolver(Arc::new(public.clone())),
    };
    let trusted = trusted.map(Certificate::from_pem_bundle).transpose()?;
    for certificate in trusted.unwrap_or_default() {
        builder = builder.add_root_certificate(certificate);
    }
    builder.build().context("building the client of a way out")
}

fn kept_or_not(builder: ClientBuilder, connections: Connections) -> ClientBuilder {
    match connections {
        // A kept connection could have been closed meanwhile, and a code is worth one try.
        Connections::Once => builder
            .pool_max_idle_per_host(0)
            .connect_timeout(CONNECT)
            .timeout(WHOLE),
        Connections::Kept => builder
            .pool_idle_timeout(IDLE)
            .connect_timeout(CONNECT_FOR_CALL),
    }
}

/// How names are looked up.
#[derive(Clone, Default)]
pub(super) enum Names {
    /// By the system, and through its proxies: the operator names who is asked.
    #[default]
    AsTheSystemDoes,
    /// By the system, by ourselves: tenants name who is asked, out of what the operator allows.
    Unfiltered,
    /// Likewise, with public addresses alone.
    Public(PublicNames),
}

impl Names {
    pub(super) fn public() -> Self {
        Self::looked_up_by(Arc::new(System), addresses::is_public)
    }

    /// Looked up by this resolver, of whose answers those count that are public in this sense.
    pub(super) fn looked_up_by(names: Arc<dyn Resolve>, is_public: fn(IpAddr) -> bool) -> Self {
        Self::Public(PublicNames { names, is_public })
    }

    pub(super) fn are_public(&self) -> bool {
        matches!(self, Self::Public(_))
    }
}

/// Looks names up and leaves out every address that is not public.
#[derive(Clone)]
pub(super) struct PublicNames {
    names: Arc<dyn Resolve>,
    is_public: fn(IpAddr) -> bool,
}

impl Resolve for PublicNames {
    fn resolve(&self, name: Name) -> Resolving {
        let looking = self.names.resolve(name);
        let is_public = self.is_public;
        Box::pin(async move {
            let public: Vec<SocketAddr> = looking.await?.filter(|at| is_public(at.ip())).collect();
            if public.is_empty() {
                return Err("the name has no public address".into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// The system's resolver.
struct System;

impl Resolve for System {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(Box::new(found.collect::<Vec<_>>().into_iter()) as Addrs)
        })
    }
}
