//! What only this crate can see: which addresses a way takes, and names that lead elsewhere from one look-up to the
//! next.

use super::{Call, InnerHosts, Outbound, Unreachable, client::Names};
use api_types::TenantId;
use reqwest::{
    Method, Url,
    dns::{Addrs, Name, Resolve, Resolving},
};
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::net::TcpListener;
use uuid::Uuid;

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

#[test]
fn what_the_operator_allows_is_one_port_of_one_host() {
    let hosts = InnerHosts::parse("127.0.0.1:4010,billing.corp:8443").expect("hosts");
    let way = Outbound::to_public().reaching(&hosts);
    for allowed in [
        "http://127.0.0.1:4010/x",
        "https://127.0.0.1:4010",
        "http://billing.corp:8443",
    ] {
        assert!(way.url(allowed).is_ok(), "{allowed}");
    }
    for refused in [
        "http://127.0.0.1:4011",
        "https://127.0.0.1",
        "http://billing.corp",
        "http://u:p@127.0.0.1:4010",
        "ftp://127.0.0.1:4010",
    ] {
        assert!(way.url(refused).is_err(), "{refused}");
    }
}

/// Says each of these once, and the last from then on.
struct Rebinding {
    says: Vec<Vec<Ipv4Addr>>,
    asked: AtomicUsize,
}

impl Resolve for Rebinding {
    fn resolve(&self, _: Name) -> Resolving {
        let nth = self.asked.fetch_add(1, Ordering::SeqCst);
        let says = self.says[nth.min(self.says.len() - 1)].clone();
        let says = says.into_iter().map(|ip| SocketAddr::new(ip.into(), 0));
        Box::pin(async move { Ok(Box::new(says) as Addrs) })
    }
}

const SELF: Ipv4Addr = Ipv4Addr::LOCALHOST;
/// Counts as public here, so that nothing leaves this machine.
const PUBLIC: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

fn is_public(ip: IpAddr) -> bool {
    ip == PUBLIC
}

/// Two listeners on the same port: of the address that counts as public, and of the canary.
async fn listeners() -> (TcpListener, TcpListener, u16) {
    loop {
        let public = TcpListener::bind((PUBLIC, 0)).await.expect("a port");
        let port = public.local_addr().expect("an address").port();
        if let Ok(canary) = TcpListener::bind((SELF, port)).await {
            return (public, canary, port);
        }
    }
}

async fn accepts(listener: &TcpListener) -> usize {
    let mut count = 0;
    let moment = Duration::from_millis(50);
    while tokio::time::timeout(moment, listener.accept())
        .await
        .is_ok()
    {
        count += 1;
    }
    count
}

/// Calls a name twice, of which a resolver says this. Answers how often the public address and the canary were
/// connected to.
async fn connections(says: Vec<Vec<Ipv4Addr>>) -> (usize, usize) {
    let (public, canary, port) = listeners().await;
    let asked = AtomicUsize::new(0);
    let way = Outbound {
        names: Names::looked_up_by(Arc::new(Rebinding { says, asked }), is_public),
        ..Outbound::default()
    };
    for _ in 0..2 {
        let url = format!("https://rebinding.example:{port}/");
        let call = Call {
            tenant: TenantId(Uuid::nil()),
            provider: "stub",
            method: Method::GET,
            url: Url::parse(&url).expect("a URL"),
            headers: Vec::new(),
            body: None,
            deadline: Instant::now() + Duration::from_millis(600),
            most_bytes: 1,
            may_repeat: true,
        };
        let answer = way.call(call).await;
        let told = answer.as_ref().map_err(Unreachable::to_string);
        assert_eq!(told, Err("the service could not be reached".into()));
    }
    (accepts(&public).await, accepts(&canary).await)
}

#[tokio::test]
async fn a_name_that_leads_inside_at_the_second_look_is_not_followed() {
    let (public, canary) = connections(vec![vec![PUBLIC], vec![SELF]]).await;
    assert_eq!((public > 0, canary), (true, 0));
}

#[tokio::test]
async fn a_name_that_leads_to_both_is_followed_to_the_public_address_alone() {
    let (public, canary) = connections(vec![vec![SELF, PUBLIC, SELF]]).await;
    assert_eq!((public > 0, canary), (true, 0));
    assert_eq!(connections(vec![vec![SELF]]).await, (0, 0));
}
