//! Usage: every call is counted by one row, and the rows are shown as numbers.
//!
//! [`recorder`] writes rows; [`rollup`] recomputes minutes and days from them; [`report`] reads.

mod recorder;
mod report;
mod rollup;
mod store;

use crate::{Services, changes::What};
use api_types::{ConnectionId, CredentialId, EventId, McpClientId, TenantId, usage::Outcome};
use futures::Stream;
pub use recorder::Recorder;
pub(crate) use report::last_day;
pub use report::{report, summary};
pub use rollup::{roll_up, roll_up_from};
use std::borrow::Cow;
use time::OffsetDateTime;
use uuid::Uuid;

/// One call, as it will be counted.
#[derive(Clone, Debug)]
pub struct Event {
    /// A version 7 uuid taken at admission: a repeated insert is recognised by it.
    pub id: EventId,
    /// Whose call.
    pub tenant: TenantId,
    /// When it was admitted.
    pub at: OffsetDateTime,
    /// With which client.
    pub client: McpClientId,
    /// With which key or grant.
    pub credential: CredentialId,
    /// The toolkit, or `unknown`.
    pub toolkit: Cow<'static, str>,
    /// The tool or kind of resource, at most 200 characters are kept.
    pub tool: Cow<'static, str>,
    /// Which era of the protocol was spoken.
    pub era: Era,
    /// How it ended.
    pub outcome: Outcome,
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

/// Yields whenever a tenant's usage has new numbers. Ends when the server stops.
pub fn live(s: &Services, tenant: TenantId) -> impl Stream<Item = ()> + Send + use<> {
    s.changes.told(tenant, What::Usage)
}
