//! Connections that are opened, for the tools that use them. One that was opened a moment ago costs no look-up: it is
//! kept for less than a second, and forgotten sooner when the database tells that the tenant's connections changed.

use super::{
    Words, providers,
    store::{self, Row, Wanted, uses},
    vault::{self, Secret},
};
use crate::{Result, Services};
use api_types::{
    ConnectionId, TenantId, UserId,
    connections::{ConnectionState, Sharing},
};
use connector::{Provider, Request};
use moka::sync::Cache;
use sqlx::PgConnection;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use time::OffsetDateTime;
use tokio_util::task::TaskTracker;

/// Under a second, with room for the look-up itself.
const LIFETIME: Duration = Duration::from_millis(700);

/// More tenants than this are not remembered at once.
const MOST_TENANTS: u64 = 10_000;

/// More questions of one tenant than this are not remembered at once.
const MOST_OF_TENANT: usize = 1_000;

/// Whoever asks, and at which provider.
type Asked = (Option<UserId>, String);

/// What was opened for a tenant in the last moment. A look-up that began before it was forgotten fills in what nobody
/// will ask again.
type OfTenant = Arc<Mutex<HashMap<Asked, Arc<[Arc<Live>]>>>>;

/// What connections share in one server.
#[derive(Clone)]
pub(crate) struct Shared {
    opened: Cache<TenantId, OfTenant>,
    uses: Arc<Mutex<HashMap<(TenantId, ConnectionId), OffsetDateTime>>>,
    /// Refreshes on their way: nothing that a provider has given is dropped.
    pub(super) tasks: TaskTracker,
}

impl Shared {
    pub(crate) fn new() -> Self {
        Self {
            opened: Cache::builder()
                .max_capacity(MOST_TENANTS)
                .time_to_live(LIFETIME)
                .build(),
            uses: Arc::default(),
            tasks: TaskTracker::new(),
        }
    }

    /// Forgets a tenant's connections.
    pub(crate) fn forget(&self, tenant: TenantId) {
        self.opened.invalidate(&tenant);
    }

    /// Forgets everybody's.
    pub(crate) fn forget_all(&self) {
        self.opened.invalidate_all();
    }
}

/// A connection that a tool can use.
pub(crate) struct Live {
    pub(crate) id: ConnectionId,
    pub(crate) provider: Arc<Provider>,
    pub(crate) label: String,
    pub(crate) state: ConnectionState,
    /// What is wrong, in plain words.
    pub(crate) trouble: Option<String>,
    /// For the provider's addresses.
    pub(crate) words: Words,
    /// What the provider has granted.
    pub(crate) scopes: Vec<String>,
    pub(crate) secret: Secret,
    /// Which tokens these are, for [`refreshed`](super::refreshed).
    pub(crate) tokens_version: i64,
    /// When the access token ends, if it does, by this server's own count: clocks of servers need not agree.
    over_at: Option<Instant>,
    sharing: Sharing,
}

impl Live {
    /// Whether the access token has ended, as far as one can know before asking.
    pub(crate) fn is_over(&self) -> bool {
        self.over_at.is_some_and(|at| at <= Instant::now())
    }

    /// Puts the secret where the provider looks for it.
    pub(crate) fn put_into(&self, request: &mut Request) {
        self.secret.put_into(request, &self.provider);
    }

    /// What a service said, without this connection's secrets.
    pub(crate) fn cleaned(&self, words: &str) -> String {
        self.secret.cleaned(words)
    }

    /// What a service answered, without them.
    pub(crate) fn without_secrets(&self, body: Vec<u8>) -> Vec<u8> {
        self.secret.without(body)
    }
}

/// Which connection a call uses.
pub(crate) enum Pick {
    /// This one.
    One(Arc<Live>),
    /// One of those with these labels: whoever calls has to say which.
    Several(Vec<String>),
    /// There is none, or none with this label.
    None,
}

/// The connection that a call uses: the person's own first, then shared ones. A label chooses among them.
pub(crate) async fn pick(
    s: &Services,
    tenant: TenantId,
    user: Option<UserId>,
    provider: &str,
    label: Option<&str>,
) -> Result<Pick> {
    let all = opened(s, tenant, user, provider).await?;
    Ok(chosen(&all, label))
}

fn chosen(all: &[Arc<Live>], label: Option<&str>) -> Pick {
    let own = |live: &&Arc<Live>| live.sharing == Sharing::Personal;
    if let Some(label) = label {
        let label = label.trim().to_lowercase();
        let called_so = |live: &&Arc<Live>| live.label.to_lowercase() == label;
        let mut found = all.iter().filter(called_so);
        let found = found.clone().find(own).or_else(|| found.next());
        return found.cloned().map_or(Pick::None, Pick::One);
    }
    let mine: Vec<_> = all.iter().filter(own).collect();
    let first = if mine.is_empty() {
        all.iter().collect()
    } else {
        mine
    };
    match first.as_slice() {
        [] => Pick::None,
        [one] => Pick::One((*one).clone()),
        _ => Pick::Several(all.iter().map(|live| live.label.clone()).collect()),
    }
}

/// What the person can use at the provider.
async fn opened(
    s: &Services,
    tenant: TenantId,
    user: Option<UserId>,
    provider: &str,
) -> Result<Arc<[Arc<Live>]>> {
    let of_tenant = s.connections.opened.get_with(tenant, OfTenant::default);
    let asked = (user, provider.to_owned());
    if let Some(known) = held(&of_tenant).get(&asked) {
        return Ok(known.clone());
    }
    let wanted = Wanted {
        provider: Some(provider),
        reader: user,
        ..Wanted::default()
    };
    let mut tx = s.db.tenant_tx(tenant).await?;
    let found = open(s, &mut tx, tenant, wanted).await?;
    tx.commit().await?;
    let found: Arc<[Arc<Live>]> = found.into();
    let mut known = held(&of_tenant);
    if known.len() < MOST_OF_TENANT {
        known.insert(asked, found.clone());
    }
    Ok(found)
}

fn held<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A connection as it is now, whoever may use it; none when it is gone.
pub(super) async fn one(
    s: &Services,
    tenant: TenantId,
    id: ConnectionId,
) -> Result<Option<Arc<Live>>> {
    let wanted = Wanted {
        id: Some(id),
        of_everybody: true,
        ..Wanted::default()
    };
    let mut tx = s.db.tenant_tx(tenant).await?;
    let found = open(s, &mut tx, tenant, wanted).await?;
    tx.commit().await?;
    Ok(found.into_iter().next())
}

async fn open(
    s: &Services,
    db: &mut PgConnection,
    tenant: TenantId,
    wanted: Wanted<'_>,
) -> Result<Vec<Arc<Live>>> {
    let mut all = Vec::new();
    for row in store::rows(db, tenant, wanted).await? {
        // What a tenant described and removed since is no longer reached.
        if let Some(provider) = providers::find(db, tenant, &row.provider).await? {
            let secret = vault::open(s, db, tenant, row.id, &row.secret).await?;
            all.push(Arc::new(of(&row, provider, secret)));
        }
    }
    Ok(all)
}

/// A row that was opened.
pub(super) fn of(row: &Row, provider: Arc<Provider>, secret: Secret) -> Live {
    Live {
        id: row.id,
        provider,
        label: row.label.clone(),
        state: row.state,
        trouble: row.trouble.clone(),
        words: row.words.clone(),
        scopes: row.scopes.clone(),
        secret,
        tokens_version: row.tokens_version,
        over_at: row.expires_at.map(|at| over_at(at - row.now)),
        sharing: row.sharing,
    }
}

fn over_at(left: time::Duration) -> Instant {
    // What has ended has ended by now; what ends in a century never does.
    let left = Duration::try_from(left).unwrap_or_default();
    let now = Instant::now();
    now.checked_add(left)
        .unwrap_or(now + Duration::from_hours(24))
}

/// Remembers that a connection was used, until the next flush.
pub(crate) fn used(s: &Services, tenant: TenantId, id: ConnectionId) {
    held(&s.connections.uses).insert((tenant, id), OffsetDateTime::now_utc());
}

/// Writes down when connections were last used. Answers how many were.
pub async fn flush_uses(s: &Services) -> Result<usize> {
    let uses = std::mem::take(&mut *held(&s.connections.uses));
    if !uses.is_empty() {
        uses::mark(&mut *s.db.system().await?, &uses).await?;
    }
    Ok(uses.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn live(label: &str, sharing: Sharing) -> Arc<Live> {
        let provider = connector::catalogue().providers.first();
        Arc::new(Live {
            id: ConnectionId(Uuid::now_v7()),
            provider: Arc::new(provider.expect("a provider").clone()),
            label: label.into(),
            state: ConnectionState::Healthy,
            trouble: None,
            words: Words::new(),
            scopes: Vec::new(),
            secret: Secret::default(),
            tokens_version: 1,
            over_at: None,
            sharing,
        })
    }

    fn picked(all: &[Arc<Live>], label: Option<&str>) -> Result<String, Vec<String>> {
        match chosen(all, label) {
            Pick::One(live) => Ok(format!("{} {}", live.sharing.as_str(), live.label)),
            Pick::Several(labels) => Err(labels),
            Pick::None => Err(Vec::new()),
        }
    }

    #[test]
    fn ones_own_goes_first_and_a_label_chooses() {
        let (own, shared) = (Sharing::Personal, Sharing::Shared);
        let one = [
            live("Work", own),
            live("Team", shared),
            live("Work", shared),
        ];
        assert_eq!(picked(&one, None), Ok("personal Work".into()));
        assert_eq!(picked(&one, Some(" work ")), Ok("personal Work".into()));
        assert_eq!(picked(&one, Some("TEAM")), Ok("shared Team".into()));
        assert_eq!(picked(&one, Some("Home")), Err(vec![]));
        assert_eq!(picked(&one[1..2], None), Ok("shared Team".into()));
        let both = ["Team", "Work"].map(str::to_owned).to_vec();
        assert_eq!(picked(&one[1..], None), Err(both));
        assert_eq!(picked(&[], None), Err(vec![]));
    }
}
