//! What OAuth clients ask this server. So far only the protected resource's metadata.

mod metadata;

pub(super) use metadata::{routes, scopes};
