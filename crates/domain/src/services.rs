//! What every use case needs, made once at start and cloned cheaply.

use crate::{
    Db, apis, billing,
    changes::Changes,
    connections, credentials,
    data_keys::{self, DataKeys, KeyRing},
    limits, oauth_server,
    operator::Operators,
    outbound::{InnerHosts, Outbound},
    passwords::Passwords,
    places::Places,
    plans::{self, Plans},
    sign_in_with::Providers,
    usage, webhooks,
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
    /// The plans that there are.
    pub plans: Plans,
    /// What tenants may do, as it was looked up lately.
    pub(crate) entitlements: plans::Cache,
    /// What limits share.
    pub(crate) limits: Arc<limits::Shared>,
    /// Who runs this instance.
    pub operators: Operators,
    /// With whose app people log in to services, where the tenant has none of its own.
    pub connection_apps: connections::Apps,
    /// Accounts at other services that were used lately.
    pub(crate) connections: connections::Shared,
    /// Deliveries of webhooks that are on their way.
    pub(crate) webhooks: webhooks::Shared,
    /// What is remembered of imported APIs.
    pub apis: apis::Cache,
    /// The way to what tenants name: their services, and what answers for those.
    pub outbound: Outbound,
    /// Password hashing, a few at a time.
    pub passwords: Passwords,
    /// Principals of credentials seen lately.
    pub keys: credentials::Cache,
    /// The authorization server.
    pub oauth: oauth_server::Shared,
    /// The way to Stripe, where the operator has set it.
    pub billing: Option<billing::Stripe>,
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
        let connections = connections::Shared::new();
        let entitlements = plans::Cache::new();
        let limits = Arc::new(limits::Shared::new());
        let changes = Changes::listen(
            db.clone(),
            keys.clone(),
            unwrapped.clone(),
            connections.clone(),
            (entitlements.clone(), limits.clone()),
            stop.clone(),
        );
        Self(Arc::new(Inner {
            public_url: set.public_url.trim_end_matches('/').into(),
            toolkits: set.toolkits,
            data_keys: DataKeys::new(set.ring, unwrapped),
            providers: set.providers.reaching_also(&set.inner_hosts),
            outbound: Outbound::to_public().reaching(&set.inner_hosts),
            operators: set.operators,
            connection_apps: set.connection_apps,
            connections,
            webhooks: webhooks::Shared::default(),
            apis: apis::Cache::default(),
            places: set.places,
            plans: set.plans,
            entitlements,
            limits,
            passwords: Passwords::new(),
            billing: set.billing,
            usage: usage::Recorder::start(db.clone()),
            oauth: oauth_server::Shared::new(set.oauth, &set.inner_hosts),
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
    /// Who runs this instance.
    pub operators: Operators,
    /// With whose app people log in to services, where the tenant has none of its own.
    pub connection_apps: connections::Apps,
    /// The plans that there are.
    pub plans: Plans,
    /// Hosts that tenants may reach although they are not public.
    pub inner_hosts: InnerHosts,
    /// How the authorization server works.
    pub oauth: oauth_server::Settings,
    /// The way to Stripe; none: the product runs on plans alone.
    pub billing: Option<billing::Stripe>,
}
