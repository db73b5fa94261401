//! Calls of services: what they may do to us, and what one tenant's service does to other tenants.

mod bombs;
mod calls;
mod hostile;
mod neighbours;
mod stub;

use api_types::TenantId;
use domain::outbound::{Call, InnerHosts, Outbound};
use reqwest::{Method, Url};
use std::time::{Duration, Instant};
use stub::Stub;
use uuid::Uuid;

/// A way on which these stubs are reached.
fn way_to(stubs: &[&Stub]) -> Outbound {
    let hosts: Vec<_> = stubs.iter().map(|stub| stub.address.to_string()).collect();
    let hosts = InnerHosts::parse(&hosts.join(",")).expect("hosts");
    Outbound::to_public().reaching(&hosts)
}

fn tenant(number: u128) -> TenantId {
    TenantId(Uuid::from_u128(number))
}

/// A GET of a stub's address that takes a second at most, is not repeated, and for 64 KiB.
fn get(stub: &Stub, path: &str) -> Call<'static> {
    let url = format!("http://{}{path}", stub.address);
    Call {
        tenant: tenant(1),
        provider: "stub",
        method: Method::GET,
        url: Url::parse(&url).expect("a URL"),
        headers: Vec::new(),
        body: None,
        deadline: Instant::now() + Duration::from_secs(1),
        most_bytes: 64 * 1024,
        may_repeat: false,
    }
}
