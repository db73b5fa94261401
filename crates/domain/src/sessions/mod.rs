//! Where browser sessions live: in Postgres, under the digest of their id. Only the browser
//! holds the id itself.

mod agent;
mod begin;
mod devices;
mod own;
mod renewal;
mod store;

pub(crate) use agent::device;
pub use begin::{authenticated_lately, begin, came_by, mark_authenticated, pending, wait_for_code};
pub use devices::greet;
pub use own::{end, end_others, list};
pub(crate) use renewal::renew_sessions_of;
pub use renewal::{next_id, renew};

use crate::{Db, Result};
use api_types::{TenantId, UserId};
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sqlx::PgConnection;
use std::{fmt, net::IpAddr};
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
    session_store::{Error as StoreError, Result as StoreResult},
};

/// The name under which a session holds its person.
pub const USER: &str = "user";

/// The name under which a session between the two steps of a sign-in holds its person. Nothing else
/// asks for it, so that such a session opens nothing.
pub const PENDING: &str = "pending";

/// The name under which a session holds from where it was begun, a [`SeenFrom`].
pub const SEEN_FROM: &str = "seen_from";

/// From where a session was begun.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SeenFrom {
    /// The address.
    pub address: IpAddr,
    /// What the browser says of itself.
    pub agent: String,
}

/// Who has given a password and owes a code, until when.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Pending {
    /// The person.
    pub user: UserId,
    /// Seconds since 1970.
    pub until: i64,
    /// The tenant whose provider they came by.
    #[serde(default)]
    pub came_by: Option<TenantId>,
}

/// A session ends after this many days however much it is used.
pub const ABSOLUTE_DAYS: i64 = 30;

/// A session ends after this many days without use.
pub const IDLE_DAYS: i64 = 7;

/// The sessions of this database, as the session layer wants them.
#[derive(Clone)]
pub struct Store(Db);

impl Store {
    /// Sessions in `db`.
    pub fn new(db: Db) -> Self {
        Self(db)
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("sessions::Store")
    }
}

/// Deletes sessions that have ended. Answers how many.
pub async fn delete_expired(db: &Db) -> Result<u64> {
    store::delete_expired(&mut *db.system().await?).await
}

/// Ends every session of a person but the one with this id, in the caller's transaction.
pub(crate) async fn end_all_but(
    db: &mut PgConnection,
    user: UserId,
    kept: Option<Id>,
) -> Result<u64> {
    store::delete_others(db, user, &optional(kept)).await
}

/// The digest of no session is that of none.
fn optional(id: Option<Id>) -> [u8; 32] {
    id.map(|id| digest(&id)).unwrap_or_default()
}

fn digest(id: &Id) -> [u8; 32] {
    vault::digest("bulkhead/session/v1", &id.0.to_le_bytes())
}

/// What a record says, repeated in columns so that its person can see and end it.
fn columns_of(record: &Record) -> store::Columns {
    let user = part::<UserId>(record, USER);
    let pending = part::<Pending>(record, PENDING);
    let seen = part::<SeenFrom>(record, SEEN_FROM);
    let (address, agent) = seen.map(|seen| (seen.address, seen.agent)).unzip();
    store::Columns {
        user: user.or(pending.map(|pending| pending.user)),
        pending: user.is_none(),
        address,
        agent,
    }
}

fn part<T: DeserializeOwned>(record: &Record, name: &str) -> Option<T> {
    serde_json::from_value(record.data.get(name)?.clone()).ok()
}

fn broken(error: impl fmt::Debug) -> StoreError {
    StoreError::Backend(format!("{error:?}"))
}

impl SessionStore for Store {
    fn create<'s, 'r, 'f>(&'s self, record: &'r mut Record) -> BoxFuture<'f, StoreResult<()>>
    where
        's: 'f,
        'r: 'f,
        Self: 'f,
    {
        Box::pin(async move { self.put(record, true).await })
    }

    fn save<'s, 'r, 'f>(&'s self, record: &'r Record) -> BoxFuture<'f, StoreResult<()>>
    where
        's: 'f,
        'r: 'f,
        Self: 'f,
    {
        Box::pin(async move { self.put(record, false).await })
    }

    fn load<'s, 'i, 'f>(&'s self, id: &'i Id) -> BoxFuture<'f, StoreResult<Option<Record>>>
    where
        's: 'f,
        'i: 'f,
        Self: 'f,
    {
        Box::pin(async move {
            let mut db = self.0.global().await.map_err(broken)?;
            let found = store::find(&mut db, &digest(id), ABSOLUTE_DAYS, renewal::GRACE)
                .await
                .map_err(broken)?;
            let Some(found) = found else {
                return Ok(None);
            };
            let mut record = Record {
                id: *id,
                data: serde_json::from_slice(&found.record).map_err(broken)?,
                expiry_date: found.expires_at,
            };
            if found.renewed {
                renewal::tell_next(&mut record, found.renewal_secret);
            }
            Ok(Some(record))
        })
    }

    fn delete<'s, 'i, 'f>(&'s self, id: &'i Id) -> BoxFuture<'f, StoreResult<()>>
    where
        's: 'f,
        'i: 'f,
        Self: 'f,
    {
        Box::pin(async move {
            let mut db = self.0.global().await.map_err(broken)?;
            store::delete(&mut db, &digest(id)).await.map_err(broken)
        })
    }
}

impl Store {
    /// Only a new session is inserted: one that has ended meanwhile must not come back.
    async fn put(&self, record: &Record, new: bool) -> StoreResult<()> {
        let data = serde_json::to_vec(&record.data).map_err(broken)?;
        let (digest, columns) = (digest(&record.id), columns_of(record));
        let mut db = self.0.global().await.map_err(broken)?;
        let expires_at = record.expiry_date;
        let written = if new {
            store::insert(&mut db, &digest, &columns, &data, expires_at).await
        } else {
            store::update(&mut db, &digest, &columns, &data, expires_at).await
        };
        written.map_err(broken)
    }
}
