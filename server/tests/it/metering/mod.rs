//! What a call counts, and calls that are sent again.

mod again;
mod files;
mod units;

use crate::support::{TestServer, modern};
use domain::toolkits::{
    Access, Annotations, Answer, Name, Registry, ToolCall, ToolOutput, ToolSpec, Toolkit, Unit,
};
use futures::future::BoxFuture;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use server::config::PublicUrl;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use test_support::{Person, World, new_key};
use tokio::net::TcpListener;
use tokio::time::sleep;

/// Tools that are counted in every unit. Each waits for as many milliseconds as it is told.
struct Slow {
    tools: Vec<ToolSpec>,
    begun: Arc<AtomicUsize>,
    ended: Arc<AtomicUsize>,
}

impl Slow {
    fn new(begun: Arc<AtomicUsize>, ended: Arc<AtomicUsize>) -> Self {
        let tool = |name: &'static str, access, unit| ToolSpec {
            name: name.into(),
            title: name.into(),
            description: name.into(),
            access,
            input_schema: json!({ "type": "object" }),
            output_schema: None,
            annotations: Annotations::default(),
            unit,
        };
        Self {
            tools: vec![
                tool("slow_call", Access::Write, Unit::Call),
                tool("slow_look", Access::Read, Unit::Call),
                tool("slow_rows", Access::Read, Unit::Row),
                tool("slow_seconds", Access::Read, Unit::Second),
            ],
            begun,
            ended,
        }
    }
}

impl Toolkit for Slow {
    fn name(&self) -> Name {
        "slow".into()
    }

    fn title(&self) -> &'static str {
        "Slow"
    }

    fn description(&self) -> &'static str {
        "Takes its time."
    }

    fn tools(&self) -> &[ToolSpec] {
        &self.tools
    }

    fn call<'a>(&'a self, call: ToolCall<'a>) -> BoxFuture<'a, domain::Result<Answer<ToolOutput>>> {
        Box::pin(async move {
            let arguments: Value = call.arguments()?;
            let number = |name: &str| arguments[name].as_u64().unwrap_or(0);
            self.begun.fetch_add(1, Ordering::SeqCst);
            sleep(Duration::from_millis(number("wait"))).await;
            self.ended.fetch_add(1, Ordering::SeqCst);
            if arguments["break"] == true {
                return Err(domain::Error::Broken(
                    std::io::Error::other("broken").into(),
                ));
            }
            let output = ToolOutput {
                rows: number("rows"),
                is_error: arguments["fail"] == true,
                ..ToolOutput::text("done")
            };
            Ok(output.into())
        })
    }
}

/// A server with those tools, and somebody's key for them.
struct Scene {
    server: TestServer,
    ada: Person,
    key: String,
    begun: Arc<AtomicUsize>,
    ended: Arc<AtomicUsize>,
}

impl Scene {
    async fn new() -> Self {
        let (begun, ended) = (Arc::default(), Arc::default());
        let slow = Slow::new(Arc::clone(&begun), Arc::clone(&ended));
        let registry = Registry::new(vec![Arc::new(slow)]).expect("a registry");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let url = PublicUrl::of_address(address).to_string();
        let world = World::with(registry, &url, 5).await;
        let server = TestServer::over(world, listener, address);
        let ada = server.world.owner("ada").await;
        let client = ada.client("agent").await;
        let key = ada.key_with(&client, &["slow:write"]).await.secret;
        Self {
            server,
            ada,
            key,
            begun,
            ended,
        }
    }

    async fn call(&self, tool: &str, arguments: Value) -> (StatusCode, Value) {
        self.call_with(tool, arguments, None).await
    }

    /// Calls a tool with an idempotency key.
    async fn call_with(
        &self,
        tool: &str,
        arguments: Value,
        again: Option<&str>,
    ) -> (StatusCode, Value) {
        let request = self.request(tool, arguments, again);
        let answer = request.send().await.expect("an answer");
        (answer.status(), answer.json().await.expect("JSON"))
    }

    fn request(
        &self,
        tool: &str,
        arguments: Value,
        again: Option<&str>,
    ) -> reqwest::RequestBuilder {
        let url = format!("{}/mcp", self.server.base);
        let mut params = json!({ "name": tool, "arguments": arguments });
        if let Some(again) = again {
            params["_meta"] = json!({ "bulkhead/idempotencyKey": again });
        }
        modern(&Client::new(), &url, &self.key, "tools/call", params)
    }

    /// Tool, outcome and units of each row, oldest first.
    async fn counted(&self) -> Vec<(String, String, i64)> {
        let rows = "select tool, outcome, units from usage_events order by event_id";
        sqlx::query_as(rows)
            .fetch_all(&self.server.world.database.pool("postgres", 1))
            .await
            .expect("rows")
    }

    async fn begun(&self, calls: usize) {
        let deadline = std::time::Instant::now() + Duration::from_secs(10);
        while self.begun.load(Ordering::SeqCst) < calls {
            assert!(std::time::Instant::now() < deadline, "no call began");
            sleep(Duration::from_millis(5)).await;
        }
    }
}

/// A key that opens nothing of it.
async fn other_key(ada: &Person) -> String {
    let client = ada.client("reader").await;
    let new = new_key(&["slow:read"]);
    let created = domain::api_keys::create(&ada.world.services, &ada.actor, client.id, new).await;
    created.expect("a key").secret
}
