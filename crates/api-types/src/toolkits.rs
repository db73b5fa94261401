//! Toolkits: sets of MCP tools that a tenant switches on.

use serde::{Deserialize, Serialize};

/// One toolkit as the settings page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolkitView {
    /// The name in scopes, such as `tasks`.
    pub name: String,
    /// The name for people.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// Whether this tenant has it on.
    pub enabled: bool,
    /// Its tools.
    pub tools: Vec<ToolView>,
}

/// One tool as the settings page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolView {
    /// The name that clients call.
    pub name: String,
    /// What it does.
    pub description: String,
    /// Whether it changes anything.
    pub writes: bool,
}
