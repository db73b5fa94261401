//! The endpoint, as programs of each revision call it.

use super::{Flow, REVISIONS, Reply};
use crate::support::{MODERN, modern};
use reqwest::{StatusCode, header};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

impl Flow<'_> {
    /// Calls a method of the endpoint as programs of this revision do.
    pub async fn mcp_at(&self, path: &str, token: &str, method: &str, params: Value) -> Reply {
        let url = format!("{}{path}", self.server.base);
        if self.revision == MODERN {
            return Reply::of(modern(&self.http, &url, token, method, params)).await;
        }
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let request = self.http.post(url).bearer_auth(token).json(&body);
        let request = request.header(header::ACCEPT, "application/json, text/event-stream");
        // The first revision had no such header.
        let request = if self.revision == REVISIONS[0] {
            request
        } else {
            request.header("mcp-protocol-version", self.revision)
        };
        Reply::of(request).await
    }

    /// The same at the tenant's address.
    pub async fn mcp(&self, token: &str, method: &str, params: Value) -> Reply {
        let path = format!("/t/{}/mcp", self.slug);
        self.mcp_at(&path, token, method, params).await
    }

    /// Calls a tool.
    pub async fn call(&self, token: &str, tool: &str, arguments: Value) -> Reply {
        let params = json!({ "name": tool, "arguments": arguments });
        self.mcp(token, "tools/call", params).await
    }

    /// What the endpoint answers to the first call of a program: OK while the token is good.
    pub async fn opens(&self, token: &str) -> StatusCode {
        self.call(token, "whoami", json!({})).await.status
    }

    /// Asserts that a token is refused soon: what is known of it may be kept for less than a second.
    pub async fn closes(&self, token: &str) {
        let begun = Instant::now();
        loop {
            let reply = self.call(token, "whoami", json!({})).await;
            if reply.status == StatusCode::UNAUTHORIZED {
                let challenge = reply.header("www-authenticate");
                assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
                return;
            }
            assert!(
                begun.elapsed() < Duration::from_secs(1),
                "still works: {reply:?}"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}
