//! Usage: every call is counted by one row, and the rows are shown as numbers.
//!
//! [`recorder`] writes rows; [`rollup`] recomputes minutes, hours, days and months from them; [`report`] and [`totals`] read;
//! [`partitions`] keeps the rows in partitions by time and drops the old ones; [`correction`] adds a row that corrects one.

mod charts;
mod correction;
pub mod export;
mod fold;
mod look;
mod pace;
mod partitions;
mod pieces;
mod recorder;
mod report;
mod rollup;
mod store;
mod totals;

use crate::{Services, changes::What};
use api_types::{
    ConnectionId, CredentialId, EventId, McpClientId, TenantId, UserId, usage::Outcome,
};
pub use correction::Correction;
pub(crate) use correction::correct;
use futures::Stream;
pub use look::{call, calls};
pub use pace::Pace;
pub use partitions::{SHORTEST_RETENTION_DAYS, keep_partitions};
pub use recorder::Recorder;
pub use report::report;
pub use rollup::{roll_up, roll_up_anew};
use std::borrow::Cow;
use time::OffsetDateTime;
pub use totals::summary;
pub(crate) use totals::{last_day, used};
use uuid::Uuid;

/// One call, as it will be counted.
#[derive(Clone, Debug)]
pub struct Event {
    /// A version 7 uuid taken at admission: a repeated insert is recognised by it, and it says when that was.
    pub id: EventId,
    /// Whose call.
    pub tenant: TenantId,
    /// With which client.
    pub client: McpClientId,
    /// With which key or grant.
    pub credential: CredentialId,
    /// Who stands behind it: whose log-in it is, or the owner of the key's client.
    pub member: Option<UserId>,
    /// The toolkit, or `unknown`.
    pub toolkit: Cow<'static, str>,
    /// The tool or kind of resource, at most 200 characters are kept.
    pub tool: Cow<'static, str>,
    /// Which era of the protocol was spoken.
    pub era: Era,
    /// How it ended.
    pub outcome: Outcome,
    /// What the plan's meter counts of it; nothing of what was not done.
    pub units: i64,
    /// How long it took until here, in microseconds.
    pub duration_us: i64,
    /// Size of the request's body.
    pub request_bytes: i64,
    /// Size of the answer's body.
    pub response_bytes: i64,
    /// What went wrong, in words, at most 500 characters are kept.
    pub error: Option<String>,
    /// The id that is in the answer and in the log.
    pub request_id: Uuid,
    /// The account at another service that it used.
    pub connection: Option<ConnectionId>,
    /// Units of quotas that it was given, by their leases.
    pub leases: Vec<Uuid>,
}

impl Event {
    /// When it was admitted, to the millisecond.
    pub fn at(&self) -> OffsetDateTime {
        time_of(self.id)
    }
}

fn time_of(id: EventId) -> OffsetDateTime {
    let (seconds, nanos) = id.0.get_timestamp().map_or((0, 0), |at| at.to_unix());
    let nanos = i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
    OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// A new id of a call that was admitted then.
pub fn id_at(at: OffsetDateTime) -> EventId {
    let seconds = u64::try_from(at.unix_timestamp()).unwrap_or(0);
    EventId(Uuid::new_v7(uuid::Timestamp::from_unix(
        uuid::NoContext,
        seconds,
        at.nanosecond(),
    )))
}

/// What is kept of a call that its client may send again ([`crate::idempotency`]).
#[derive(Clone, Copy, Debug)]
pub struct Settled<'a> {
    /// The client's key.
    pub key: &'a str,
    /// Under which name it was claimed.
    pub holder: Uuid,
    /// The HTTP status of the answer.
    pub status: i16,
    /// The result or error; none, if it is too long to keep.
    pub response: Option<&'a [u8]>,
}

/// The era of the protocol: with or without a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Era {
    /// 2026-07-28, stateless.
    Modern,
    /// 2025-11-25 and before, with a handshake.
    Legacy,
}

impl Era {
    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Modern => "modern",
            Self::Legacy => "legacy",
        }
    }
}

/// Yields whenever a tenant's usage has new numbers, and at once if it may have some since that moment. Ends when the
/// server stops.
pub fn live(
    s: &Services,
    tenant: TenantId,
    since: Option<OffsetDateTime>,
) -> impl Stream<Item = ()> + Send + use<> {
    s.changes.told(tenant, What::Usage, since)
}
