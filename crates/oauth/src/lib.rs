//! OAuth as pure functions: what this server says about itself as a protected resource, and how it asks for a
//! credential. No I/O; who holds which credential is the domain's business.

mod bearer;
mod challenge;
mod protected_resource;

pub use bearer::bearer_token;
pub use challenge::{BearerError, Challenge};
pub use protected_resource::{ProtectedResource, WELL_KNOWN, metadata_url};
