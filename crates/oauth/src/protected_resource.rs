//! Protected resource metadata (RFC 9728): how a client that was refused learns whom to ask for a token.

use serde::Serialize;

/// The beginning of the metadata's path (RFC 9728, section 3).
pub const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// The metadata of one resource.
#[derive(Clone, Debug, Serialize)]
pub struct ProtectedResource {
    /// The resource's identifier; clients check that it is the address they use.
    pub resource: String,
    /// Who issues tokens for it.
    pub authorization_servers: Vec<String>,
    /// What tokens may open.
    pub scopes_supported: Vec<String>,
    /// Where a token may stand: only in the header, never in the address.
    pub bearer_methods_supported: [&'static str; 1],
    /// The name for people.
    pub resource_name: &'static str,
}

/// Where the metadata of the resource at `path` is: the well-known part goes before the path
/// (RFC 9728, section 3.1).
pub fn metadata_url(origin: &str, path: &str) -> String {
    format!("{origin}{WELL_KNOWN}{path}")
}
