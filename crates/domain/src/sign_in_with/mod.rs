//! Signing in with an account elsewhere: leading a browser to a provider, and what its answer is worth.
//!
//! | file | what it decides |
//! |---|---|
//! | `provider` | which providers there are |
//! | `start` | leading a browser there, for one purpose |
//! | `finish` | what the answer is worth: a person, a newcomer, a link |
//! | `sign_up` | creating a newcomer, with a first tenant or for one that has invited them |
//! | `identities` | which accounts elsewhere are a person's, and taking them away |
//! | `oidc`, `id_token`, `keys` | OpenID Connect: discovery, the code, the id token and its keys |
//! | `github` | GitHub, which speaks OAuth 2 alone |
//!
//! An identity is an issuer and its subject. An address that a provider asserts never leads to an account that
//! exists: it is somebody's who may have no say in what the provider asserts.

mod finish;
mod github;
mod id_token;
mod identities;
mod keys;
pub(crate) mod oidc;
mod provider;
mod sign_up;
mod start;
mod store;

pub(crate) use finish::taken;
pub use finish::{Answer, Finished, Outcome, finish};
pub use identities::{identities, unlink, ways_to_step_up};
pub use provider::{Endpoints, Provider, Providers, Secret, WrongProvider};
pub use sign_up::{Beginning, invited, sign_up};
pub(crate) use start::keep;
pub use start::{Started, Wish, start};

pub(crate) use crate::outbound::Unacceptable;
use crate::{Db, Result};

/// The name under which a session holds the secret that binds attempts to its browser.
pub const BROWSER: &str = "browser";

/// The name under which a session holds a [`Newcomer`](api_types::sign_in_with::Newcomer): somebody whom a provider
/// knows and we do not. It opens nothing.
pub const NEWCOMER: &str = "newcomer";

/// How long an attempt may take, and how long a newcomer may think about a name.
pub const MINUTES: i64 = 10;

/// Deletes attempts that came to nothing. Answers how many.
pub async fn delete_expired(db: &Db) -> Result<u64> {
    store::delete_expired(&mut *db.system().await?).await
}

/// What a provider says of somebody.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    pub(crate) issuer: String,
    pub(crate) subject: String,
    pub(crate) email: Option<String>,
    pub(crate) email_verified: bool,
    pub(crate) name: Option<String>,
    /// Every claim, for what only a tenant knows the meaning of.
    pub(crate) claims: serde_json::Map<String, serde_json::Value>,
}
