//! `OpenAPI` documents, 3.0 and 3.1, as operations that can be tools. Nothing is fetched here, and a document is a
//! stranger's: how large it is, how deep and how much comes of it is bounded.
//!
//! What cannot be a tool is told with the reason: see [`Candidate::operation`].

mod arguments;
mod body;
mod diff;
mod document;
mod keywords;
mod merge;
mod names;
mod node;
mod operations;
mod parameters;
mod paths;
mod schema;
mod security;
mod text;

pub use diff::{Changed, Diff, diff};
pub use document::Document;
pub use operations::Candidate;
pub use security::{Security, SecurityKind};
