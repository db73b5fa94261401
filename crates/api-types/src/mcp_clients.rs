//! MCP clients: the programs that a tenant lets in.

use crate::{McpClientId, words::words};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

words! {
    /// What kind of program a client is; the connect dialog opens at its instructions.
    ClientKind {
        ClaudeDesktop = "claude_desktop", "Claude Desktop";
        ClaudeCode = "claude_code", "Claude Code";
        Cursor = "cursor", "Cursor";
        VsCode = "vs_code", "VS Code";
        Windsurf = "windsurf", "Windsurf";
        ChatGpt = "chat_gpt", "ChatGPT";
        OwnAgent = "own_agent", "Own agent";
        Other = "other", "Other";
    }
}

/// One client in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientView {
    /// Id.
    pub id: McpClientId,
    /// Name, unique in the tenant.
    pub name: String,
    /// Kind.
    pub kind: ClientKind,
    /// The name of the member who answers for it.
    pub owner: String,
    /// Free text.
    pub notes: String,
    /// When it was registered.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// Keys that work now.
    pub live_keys: i64,
    /// Log-ins that hold now.
    pub live_grants: i64,
    /// Whether it is an app that people connected, and not registered by hand.
    pub is_app: bool,
    /// The last use of any of its keys or log-ins.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_used_at: Option<OffsetDateTime>,
}
