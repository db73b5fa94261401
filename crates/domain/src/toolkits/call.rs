//! One call as a toolkit sees it: who calls, with what, and how to speak to the client meanwhile.

use crate::{Actor, Origin, Result, Services, credentials::Principal, usage::Era};
use api_types::{ConnectionId, Refusal};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json, value::RawValue};
use std::{
    net::IpAddr,
    sync::{Arc, OnceLock},
};
use tokio::sync::mpsc;
use uuid::Uuid;

/// Who calls, and what surrounds the call.
pub struct CallContext {
    /// What every use case needs.
    pub services: Services,
    /// The key that calls.
    pub principal: Arc<Principal>,
    /// Which era of the protocol is spoken.
    pub era: Era,
    /// The address of the client.
    pub address: IpAddr,
    /// The id that is in the answer and in the log.
    pub request_id: Uuid,
    /// Tells the client how far it is.
    pub notifier: Notifier,
    /// What the client can do and has answered.
    pub client: ClientInput,
    /// The connection that the call used, for its row in usage.
    pub connection: OnceLock<ConnectionId>,
}

impl CallContext {
    /// The caller that use cases see.
    pub fn actor(&self) -> &Actor {
        &self.principal.actor
    }

    /// Says which connection the call used.
    pub(crate) fn used(&self, connection: ConnectionId) {
        // The first one stands, should there ever be a second.
        let _ = self.connection.set(connection);
    }

    /// The caller with where it comes from, for use cases that are audited.
    pub fn author(&self) -> Actor {
        let origin = Origin::request(self.address, self.request_id);
        self.principal.actor.clone().seen_from(origin)
    }
}

/// One call of a tool.
#[derive(Clone, Copy)]
pub struct ToolCall<'a> {
    /// The tool, one of the toolkit's.
    pub tool: &'a str,
    /// Its arguments, a JSON object that has not been looked into.
    pub arguments: &'a RawValue,
    /// Who calls.
    pub context: &'a CallContext,
}

impl ToolCall<'_> {
    /// Reads the arguments. What does not fit is refused in words that name the argument.
    pub fn arguments<T: DeserializeOwned>(&self) -> Result<T> {
        // The line and column that serde adds mean nothing to a model.
        serde_json::from_str(self.arguments.get()).map_err(|error| {
            let text = error.to_string();
            let message = text
                .rsplit_once(" at line ")
                .map_or(text.as_str(), |(start, _)| start);
            Refusal::invalid("arguments", format!("invalid arguments: {message}")).into()
        })
    }
}

/// One request for a prompt.
#[derive(Clone, Copy)]
pub struct PromptCall<'a> {
    /// The prompt, one of the toolkit's.
    pub prompt: &'a str,
    /// Its arguments.
    pub arguments: &'a Map<String, Value>,
    /// Who calls.
    pub context: &'a CallContext,
}

/// What the client can do, and what it has answered to an earlier
/// [`InputRequired`](super::InputRequired). Empty for clients of the handshake.
#[derive(Clone, Debug, Default)]
pub struct ClientInput {
    /// `clientCapabilities`.
    pub capabilities: Map<String, Value>,
    /// Answers by the names of the requests.
    pub responses: Map<String, Value>,
    /// What was to be remembered, unsealed and found untouched.
    pub state: Option<String>,
}

/// Tells a client what goes on during a call. Says nothing to a client that did not ask.
#[derive(Clone, Default)]
pub struct Notifier {
    sender: Option<mpsc::Sender<String>>,
    progress_token: Option<Value>,
    least_level: Option<Level>,
}

/// How much a log message matters (RFC 5424).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Level(u8);

impl Level {
    const WORDS: [&'static str; 8] = [
        "debug",
        "info",
        "notice",
        "warning",
        "error",
        "critical",
        "alert",
        "emergency",
    ];

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::WORDS
            .iter()
            .position(|known| *known == word)
            .map(|index| Self(index as u8))
    }

    /// Useful while all goes well.
    pub const INFO: Self = Self(1);

    fn as_str(self) -> &'static str {
        Self::WORDS[usize::from(self.0) % Self::WORDS.len()]
    }
}

impl Notifier {
    /// A notifier for a client that gave a token for progress, wants log messages, or both.
    pub fn new(
        sender: mpsc::Sender<String>,
        progress_token: Option<Value>,
        least_level: Option<Level>,
    ) -> Self {
        Self {
            sender: Some(sender),
            progress_token,
            least_level,
        }
    }

    /// Tells how far the call is; `progress` must grow from one message to the next.
    pub async fn progress(&self, progress: f64, total: Option<f64>, message: Option<&str>) {
        let Some(token) = &self.progress_token else {
            return;
        };
        let mut params = json!({ "progressToken": token, "progress": number(progress) });
        if let Some(total) = total {
            params["total"] = number(total);
        }
        if let Some(message) = message {
            params["message"] = message.into();
        }
        self.send("notifications/progress", params).await;
    }

    /// Tells something worth knowing.
    pub async fn log(&self, level: Level, data: Value) {
        if self.least_level.is_some_and(|least| level >= least) {
            let params = json!({ "level": level.as_str(), "data": data });
            self.send("notifications/message", params).await;
        }
    }

    async fn send(&self, method: &str, params: Value) {
        let Some(sender) = &self.sender else { return };
        let message = json!({ "jsonrpc": "2.0", "method": method, "params": params });
        // A client that has gone away needs no news.
        let _ = sender.send(message.to_string()).await;
    }
}

/// A whole number is written as one, as people do.
fn number(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < 9e15 {
        json!(number as i64)
    } else {
        json!(number)
    }
}
