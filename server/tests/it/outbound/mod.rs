//! Every way by which somebody can have this server ask an address, against every spelling of an address that is not
//! theirs to ask.

mod sinks;
mod targets;

use crate::support::{Browser, TestServer};
use axum::{Router, extract::Query, http::StatusCode, response::Redirect, routing::any};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::toolkits::Registry;
use serde_json::json;
use sinks::{SINKS, Sink};
use std::{
    collections::{BTreeSet, HashMap},
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use test_support::{Person, World};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    time::timeout,
};

/// A server whose operator lets tenants reach a few hosts, a person who owns a tenant there, and a listener that
/// nobody is to reach.
pub struct Place {
    pub server: TestServer,
    pub ada: Person,
    pub browser: Browser,
    /// Leads to wherever it is asked to.
    pub redirecting: SocketAddr,
    canary: u16,
    accepts: Arc<AtomicUsize>,
}

impl Place {
    /// These are allowed beside the service that redirects.
    async fn new(allowed: &[SocketAddr]) -> Self {
        let redirecting = redirecting().await;
        let (canary, accepts) = canary().await;
        let hosts = allowed.iter().chain([&redirecting]);
        let hosts: Vec<_> = hosts.map(SocketAddr::to_string).collect();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let url = format!("http://{address}");
        let registry = Registry::built_in().expect("the built-in toolkits");
        let world = World::with(registry, &url, 5).await;
        let world = world.with_inner_hosts(&url, &hosts.join(","));
        let ada = world.owner("ada").await;
        let server = TestServer::over(world, listener, address);
        let place = Self {
            browser: server.browser_of(&ada).await,
            server,
            ada,
            redirecting,
            canary,
            accepts,
        };
        place
            .run("insert into tenant_domains select tenant_id, 'example.com', 'x', now(), now() from tenants")
            .await;
        place
    }

    /// Runs a statement as the owner of the database.
    pub async fn run(&self, statement: &'static str) {
        let pool = self.server.world.database.pool("postgres", 1);
        sqlx::query(statement)
            .execute(&pool)
            .await
            .expect(statement);
    }

    /// The address by which the service leads there.
    pub fn led_to(&self, target: &str) -> String {
        let mut url =
            reqwest::Url::parse(&format!("http://{}/x", self.redirecting)).expect("a URL");
        url.query_pairs_mut().append_pair("to", target);
        url.into()
    }

    async fn told(&self, sink: Sink, target: &str) -> String {
        // Patience with us is not what is tried.
        self.run("delete from sign_in_guesses").await;
        let told = timeout(Duration::from_mins(1), sink(self, target)).await;
        told.unwrap_or_else(|_| panic!("{target} takes a minute"))
    }
}

/// Leads to what its query says, with a document of its own for whoever looks for an issuer's.
async fn redirecting() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let redirect = async |query: Query<HashMap<String, String>>| match query.get("to") {
        Some(to) => Ok(Redirect::to(to)),
        None => Err(StatusCode::NOT_FOUND),
    };
    // An issuer whose name holds, in base64, the address at which its keys are.
    let discovery = async move |axum::extract::Path(to): axum::extract::Path<String>| {
        let keys = URL_SAFE_NO_PAD.decode(&to).expect("a name");
        let keys = String::from_utf8(keys).expect("text");
        axum::Json(json!({
            "issuer": format!("http://{address}/issuer/{to}"),
            "authorization_endpoint": "https://id.example.com/authorize",
            "token_endpoint": keys,
            "jwks_uri": keys,
        }))
    };
    let router = Router::new()
        .route(
            "/issuer/{to}/.well-known/openid-configuration",
            any(discovery),
        )
        .fallback(any(redirect));
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// Listens on every address of this machine.
async fn canary() -> (u16, Arc<AtomicUsize>) {
    let listener = match TcpListener::bind((Ipv6Addr::UNSPECIFIED, 0)).await {
        Ok(listener) => listener,
        Err(_) => TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0))
            .await
            .expect("a port"),
    };
    let port = listener.local_addr().expect("an address").port();
    let accepts = Arc::new(AtomicUsize::new(0));
    let counted = accepts.clone();
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    (port, accepts)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_is_not_public_is_ever_connected_to() {
    let place = Place::new(&[]).await;
    let targets = targets::all(place.canary);
    assert!(targets.len() >= 60, "{}", targets.len());
    // The canary sings when it is reached.
    TcpStream::connect(("127.0.0.1", place.canary))
        .await
        .expect("a connection");
    while place.accepts.swap(0, Ordering::SeqCst) == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    for (name, sink) in SINKS {
        let mut words = BTreeSet::new();
        for target in &targets {
            words.insert(place.told(sink, target).await);
            let reached = place.accepts.load(Ordering::SeqCst);
            assert_eq!(reached, 0, "{name} reached {target}: {words:?}");
        }
        println!("{name}: {words:?}");
        let canary = place.canary.to_string();
        assert!(
            words.iter().all(|words| !words.contains(&canary)),
            "{words:?}"
        );
    }
}

/// A name that leads inside, an address that refuses, and one that swallows what comes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_behind_the_walls_is_not_told_from_what_does_not_answer() {
    let refusing = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let closed = refusing.local_addr().expect("an address");
    drop(refusing);
    let (filtered, _held) = full().await;
    let place = Place::new(&[closed, filtered]).await;
    let inner = format!("https://localhost.localdomain:{}/x", place.canary);
    for (name, sink) in SINKS
        .into_iter()
        .filter(|(name, _)| !name.contains("leads to"))
    {
        let mut words = BTreeSet::new();
        for target in [
            &inner,
            &format!("https://{closed}/x"),
            &format!("https://{filtered}/x"),
        ] {
            words.insert(place.told(sink, target).await);
        }
        assert_eq!(words.len(), 1, "{name}: {words:?}");
    }
    assert_eq!(place.accepts.load(Ordering::SeqCst), 0);
}

/// An address at which the system drops what comes: its queue is full.
async fn full() -> (SocketAddr, (TcpListener, Vec<TcpStream>)) {
    let socket = TcpSocket::new_v4().expect("a socket");
    let any = "127.0.0.1:0".parse().expect("an address");
    socket.bind(any).expect("a port");
    let listener = socket.listen(1).expect("a queue of one");
    let address = listener.local_addr().expect("an address");
    let mut held = Vec::new();
    let moment = Duration::from_millis(500);
    while let Ok(Ok(stream)) = timeout(moment, TcpStream::connect(address)).await {
        held.push(stream);
    }
    (address, (listener, held))
}
