//! The authorization server (OAuth 2.1): people let programs into a tenant by logging in, without a key.
//!
//! | | |
//! |---|---|
//! | [`clients`] | who asks: registered by hand, by itself (RFC 7591), or known by its document |
//! | [`authorize`] | from a client's question to a person's decision, and the code |
//! | [`tokens`] | codes, refresh tokens, secrets and assertions, exchanged for access tokens |
//! | [`access_token`] | what access tokens say, and whether it is true |
//! | [`signing_keys`] | what signs them, and how that changes while serving |
//! | [`grants`] | what was allowed, for people to see and to end |
//! | [`steps`] | what clients sent and were told, for whoever wonders why a log-in fails |
//!
//! A grant is one log-in of one client in one tenant. An access token is good for minutes and names its grant, which
//! is looked up with it: what ends a grant, its member, client or tenant ends the token within a second. The protocol
//! itself, without a database, is the crate `oauth`.

mod access_token;
mod authorize;
mod clients;
mod fault;
mod grants;
mod resource;
mod settings;
mod signing_keys;
mod steps;
mod tokens;

pub use access_token::{AccessToken, Claims, verify};
pub use authorize::{Asked, Decided, Wanted, begin, consent, decide};
pub use clients::{
    Managed, NewLogIn, Registered, issue_secret, log_in, read_registration, register,
    remove_log_in, remove_registration, replace_registration, revoke_secret, set_log_in,
};
pub use fault::Fault;
pub(crate) use grants::{LiveGrant, end_of_client, end_of_member, live};
pub use grants::{connected_apps, disconnect_app, end_grant, end_own_grant, grants};
pub use resource::Audience;
pub use settings::{Settings, Shared};
pub use signing_keys::{public_keys, rotate as rotate_signing_keys};
pub use steps::{
    Seen, asked, challenged, conversations, decided, described, lacked, live as live_steps,
};
pub use tokens::{Issued, introspect, issue, revoke};

use crate::{Db, Result};

/// Seconds for which somebody may take to decide; codes live for 60.
pub const DECISION_SECONDS: i64 = 600;

/// A refresh token that is not used for so long ends its grant.
const REFRESH_DAYS: i32 = 30;

/// For so long after it was exchanged, a refresh token may come again although its successor was used: two programs
/// of one person refresh at once.
const ROTATION_SECONDS: f64 = 60.0;

/// Removes what is over: requests, codes, old tokens and steps, apps that nobody uses. Answers how many rows.
pub async fn delete_expired(db: &Db) -> Result<u64> {
    let mut system = db.system().await?;
    let tokens = tokens::delete_expired(&mut system).await?;
    let apps = clients::delete_idle(&mut system).await?;
    let steps = steps::delete_old(&mut system).await?;
    Ok(tokens + apps + steps)
}
