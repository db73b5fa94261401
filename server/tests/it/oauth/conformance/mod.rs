//! What MCP's revisions ask of an authorization server and of the resources behind it.
//!
//! The list of cases follows the conformance tests of a public server for the same purpose; the words and the code are
//! ours. Each case is tried in every revision that has it, with what programs of that revision send: the first one knew
//! of no resources, so its programs name none.

mod challenges;
mod client_auth;
mod code_flow;
mod documents;
mod lifecycle;
mod pkce;
mod redirects;
mod registration;
mod resources;
mod revocation;
