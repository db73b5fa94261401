//! MCP clients: the programs that a tenant lets in.

use crate::{McpClientId, Refusal};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// What kind of program a client is; the connect dialog opens at its instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientKind {
    /// Claude Desktop.
    ClaudeDesktop,
    /// Claude Code.
    ClaudeCode,
    /// Cursor.
    Cursor,
    /// VS Code.
    VsCode,
    /// Windsurf.
    Windsurf,
    /// ChatGPT.
    ChatGpt,
    /// An agent of the tenant's own.
    OwnAgent,
    /// Anything else.
    Other,
}

impl ClientKind {
    /// Every kind, in the order of the form.
    pub const ALL: [Self; 8] = [
        Self::ClaudeDesktop,
        Self::ClaudeCode,
        Self::Cursor,
        Self::VsCode,
        Self::Windsurf,
        Self::ChatGpt,
        Self::OwnAgent,
        Self::Other,
    ];

    /// The word in forms and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClaudeDesktop => "claude_desktop",
            Self::ClaudeCode => "claude_code",
            Self::Cursor => "cursor",
            Self::VsCode => "vs_code",
            Self::Windsurf => "windsurf",
            Self::ChatGpt => "chat_gpt",
            Self::OwnAgent => "own_agent",
            Self::Other => "other",
        }
    }

    /// The words for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::ClaudeDesktop => "Claude Desktop",
            Self::ClaudeCode => "Claude Code",
            Self::Cursor => "Cursor",
            Self::VsCode => "VS Code",
            Self::Windsurf => "Windsurf",
            Self::ChatGpt => "ChatGPT",
            Self::OwnAgent => "Own agent",
            Self::Other => "Other",
        }
    }

    /// Parses the word of a form.
    pub fn parse(word: &str) -> Result<Self, Refusal> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == word)
            .ok_or_else(|| Refusal::invalid("kind", "choose one of the listed kinds"))
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
    /// The last use of any of its keys.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_used_at: Option<OffsetDateTime>,
}
