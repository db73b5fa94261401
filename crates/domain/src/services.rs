//! What every use case needs, made once at start and cloned cheaply.

use crate::{
    Db,
    changes::Changes,
    credentials,
    data_keys::{self, DataKeys, KeyRing},
    oauth_server,
    passwords::Passwords,
    places::Places,
    sign_in_with::Providers,
    usage,
};
use std::{ops::Deref, sync::Arc};
use tokio_util::sync::CancellationToken;

/// Everything that a use case may need. Cloning shares it.
#[derive(Clone)]
pub struct Services(Arc<Inner>);

/// The parts of [`Services`].
pub struct Inner {
    /// The database.
    pub db: Db,
    /// Where people and clients reach this server: scheme and authority, no trailing slash.
    pub public_url: Arc<str>,
    /// The toolkits that this build offers.
    pub toolkits: crate::toolkits::Registry,
    /// Seals what the database must not show.
    pub data_keys: DataKeys,
    /// Where people can sign in with an account elsewhere.
    pub providers: Providers,
    /// Where in the world addresses are.
    pub places: Places,
    /// Password hashing, a few at a time.
    pub passwords: Passwords,
    /// Principals of credentials seen lately.
    pub keys: credentials::Cache,
    /// The authorization server.
    pub oauth: oauth_server::Shared,
    /// The writer of usage rows.
    pub usage: usage::Recorder,
    /// What has changed, told by the database to every server.
    pub changes: Changes,
}

impl Deref for Services {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Services {
    /// Builds the services and starts their background tasks, which end with `stop`.
    pub fn start(db: Db, set: Set, stop: &CancellationToken) -> Self {
        let keys = credentials::Cache::new();
        let unwrapped = Arc::new(data_keys::Cache::default());
        let changes = Changes::listen(db.clone(), keys.clone(), unwrapped.clone(), stop.clone());
        Self(Arc::new(Inner {
            public_url: set.public_url.trim_end_matches('/').into(),
            toolkits: set.toolkits,
            data_keys: DataKeys::new(set.ring, unwrapped),
            providers: set.providers,
            places: set.places,
            passwords: Passwords::new(),
            usage: usage::Recorder::start(db.clone()),
            oauth: oauth_server::Shared::new(set.oauth),
            keys,
            changes,
            db,
        }))
    }
}

/// What is decided before the start.
pub struct Set {
    /// Where people and clients reach this server.
    pub public_url: String,
    /// The toolkits that this build offers.
    pub toolkits: crate::toolkits::Registry,
    /// What wraps data keys.
    pub ring: KeyRing,
    /// Where people can sign in with an account elsewhere.
    pub providers: Providers,
    /// Where in the world addresses are.
    pub places: Places,
    /// How the authorization server works.
    pub oauth: oauth_server::Settings,
}
