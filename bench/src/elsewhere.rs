//! What a call at another service costs by a tool, over the same call made directly: one caller, one stub.

use crate::bulkhead::Bulkhead;
use crate::connection::Connection;
use crate::load::{median, once_each};
use api_types::connections::Sharing;
use domain::apis::{self, NewApi};
use domain::connections::{self, NewConnection};
use domain::toolkits::Registry;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use test_support::{World, new_key};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Calls of a turn.
const TURN: usize = 200;

/// What was seen, in the middle of all calls.
pub struct Elsewhere {
    /// The call made directly.
    pub direct: Duration,
    /// The same call by a tool.
    pub by_tool: Duration,
    /// A tool's call that asks nobody.
    pub at_home: Duration,
}

/// Runs the experiment, in turns.
pub async fn run(program: &Path, rounds: usize) -> anyhow::Result<Elsewhere> {
    let stub = stub().await?;
    let server = Bulkhead::reaching(program, stub).await?;
    let (by_tool, at_home) = prepare(&server, stub).await?;
    let direct =
        format!("GET /things/1 HTTP/1.1\r\nhost: {stub}\r\nauthorization: Bearer x\r\n\r\n");
    let requests = [direct.into_bytes(), by_tool, at_home];
    let mut connections = [
        Connection::open(stub).await?,
        Connection::open(server.addr()).await?,
        Connection::open(server.addr()).await?,
    ];
    let mut seen: [Vec<Duration>; 3] = Default::default();
    // The first round warms up.
    for round in 0..=rounds {
        for (side, request) in requests.iter().enumerate() {
            let calls = vec![request.clone(); TURN];
            let took = once_each(&mut connections[side], &calls).await?;
            if round > 0 {
                seen[side].extend(took);
            }
        }
    }
    let [direct, by_tool, at_home] = seen.map(median);
    Ok(Elsewhere {
        direct,
        by_tool,
        at_home,
    })
}

/// A tenant with an account at the stub and its API as a tool. Answers the calls.
async fn prepare(server: &Bulkhead, stub: SocketAddr) -> anyhow::Result<(Vec<u8>, Vec<u8>)> {
    let url = format!("http://{}", server.addr());
    let world = World::on(server.database(), Registry::built_in()?, &url, 5);
    let world = world.with_inner_hosts(&url, &stub.to_string());
    let person = world.owner("bench").await;
    let (s, a) = (&world.services, &person.actor);
    let provider = format!(
        "id = \"stub\"\nname = \"Stub\"\ncategory = \"Data\"\nabout = \"A stub.\"\n\
         docs = \"https://example.com\"\nsetup = \"Nothing.\"\n\
         [auth]\nkind = \"api_key\"\nlabel = \"Key\"\n\
         placement = {{ header = {{ name = \"authorization\", prefix = \"Bearer \" }} }}\n\
         [api]\nbase = \"http://{stub}\"\n"
    );
    connections::describe(s, a, &provider).await?;
    let new = NewConnection {
        provider: "stub".into(),
        label: "stub".into(),
        sharing: Sharing::Shared,
        scopes: Vec::new(),
        answers: BTreeMap::new(),
        secrets: vec!["a-key-of-the-stub".into()],
    };
    connections::connect_with_secret(s, a, new).await?;
    let document = r#"{"openapi":"3.1.0","info":{"title":"Things","version":"1"},"paths":{"/things/{id}":{"get":{
        "operationId":"getThing","summary":"One thing","parameters":[{"name":"id","in":"path","required":true,
        "schema":{"type":"string"}}],"responses":{"200":{"description":"ok"}}}}}}"#;
    let new = NewApi {
        word: "things".into(),
        name: "Things".into(),
        source: None,
        document: Some(document.into()),
        base: Some(format!("http://{stub}")),
        provider: Some("stub".into()),
    };
    let api = apis::import(s, a, new).await?;
    apis::choose(s, a, api, vec!["GET /things/{id}".into()]).await?;
    let client = person.client("bench").await;
    let mut key = new_key(&["account:read", "connections:read"]);
    key.rate_limit_per_minute = Some(1_000_000);
    let key = domain::api_keys::create(s, a, client.id, key).await?.secret;
    world.services.db.close().await;
    let by_tool = server.call(&key, "things_get_thing", r#"{"id":"1"}"#);
    Ok((by_tool, server.whoami(&key)))
}

/// A service that answers one thing to everybody.
async fn stub() -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream));
        }
    });
    Ok(addr)
}

async fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    const BODY: &str = r#"{"id":"1","name":"a thing"}"#;
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{BODY}",
        BODY.len()
    );
    stream.set_nodelay(true)?;
    let mut buffer = Vec::new();
    // Requests have no bodies and come one at a time.
    while stream.read_buf(&mut buffer).await? > 0 {
        if buffer.ends_with(b"\r\n\r\n") {
            buffer.clear();
            stream.write_all(answer.as_bytes()).await?;
        }
    }
    Ok(())
}
