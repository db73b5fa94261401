//! What every use case needs, made once at start and cloned cheaply.

use crate::{
    Db, api_keys,
    changes::Changes,
    data_keys::{self, DataKeys, KeyRing},
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
    /// Principals of keys seen lately.
    pub keys: api_keys::Cache,
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
    pub fn start(
        db: Db,
        public_url: &str,
        toolkits: crate::toolkits::Registry,
        ring: KeyRing,
        providers: Providers,
        places: Places,
        stop: &CancellationToken,
    ) -> Self {
        let keys = api_keys::Cache::new();
        let unwrapped = Arc::new(data_keys::Cache::default());
        let changes = Changes::listen(db.clone(), keys.clone(), unwrapped.clone(), stop.clone());
        Self(Arc::new(Inner {
            public_url: public_url.trim_end_matches('/').into(),
            toolkits,
            data_keys: DataKeys::new(ring, unwrapped),
            providers,
            places,
            passwords: Passwords::new(),
            usage: usage::Recorder::start(db.clone()),
            keys,
            changes,
            db,
        }))
    }
}
