//! Usage: what was called, by whom, how it went and how long it took.

use crate::{ConnectionId, CredentialId, EventId, ExportId, McpClientId, UserId, words::words};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

words! {
    /// How a call ended.
    Outcome {
        /// As asked.
        Ok = "ok", "OK";
        /// The tool said no (`isError`).
        ToolError = "tool_error", "Tool error";
        /// The request was malformed, or named no tool that exists here.
        Invalid = "invalid", "Invalid request";
        /// The key lacks the scope.
        Refused = "refused", "Refused";
        /// Over the rate limit.
        Limited = "limited", "Rate limited";
        /// The client went away.
        Cancelled = "cancelled", "Cancelled";
        /// Over the deadline.
        Timeout = "timeout", "Timed out";
        /// Our fault.
        Failed = "failed", "Failed";
    }
}

words! {
    /// What a file of calls looks like.
    Format {
        /// A table, for spreadsheets (RFC 4180).
        Csv = "csv", "CSV";
        /// One JSON object a line.
        Jsonl = "jsonl", "JSON Lines";
        /// Columns, for tools that analyse data.
        Parquet = "parquet", "Parquet";
    }
}

/// How far back the page looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Range {
    /// One hour, by minute.
    #[serde(rename = "1h")]
    Hour,
    /// 24 hours, by hour.
    #[default]
    #[serde(rename = "24h")]
    Day,
    /// 7 days, by 2 hours.
    #[serde(rename = "7d")]
    Week,
    /// 30 days, by day.
    #[serde(rename = "30d")]
    Month,
    /// 90 days, by day.
    #[serde(rename = "90d")]
    Quarter,
}

impl Range {
    /// Every range, shortest first.
    pub const ALL: [Self; 5] = [
        Self::Hour,
        Self::Day,
        Self::Week,
        Self::Month,
        Self::Quarter,
    ];

    /// The word in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "1h",
            Self::Day => "24h",
            Self::Week => "7d",
            Self::Month => "30d",
            Self::Quarter => "90d",
        }
    }

    /// Reads the word; anything else is the default.
    pub fn parse(word: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|range| range.as_str() == word)
            .unwrap_or_default()
    }

    /// Length of the range and of one bar, in seconds.
    pub fn seconds(self) -> (i64, i64) {
        const HOUR: i64 = 3600;
        const DAY: i64 = 24 * HOUR;
        match self {
            Self::Hour => (HOUR, 60),
            Self::Day => (DAY, HOUR),
            Self::Week => (7 * DAY, 2 * HOUR),
            Self::Month => (30 * DAY, DAY),
            Self::Quarter => (90 * DAY, DAY),
        }
    }
}

/// What to count. Absent fields do not filter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct UsageFilter {
    /// How far back.
    pub range: Range,
    /// Only this tool.
    pub tool: Option<String>,
    /// Only this client.
    pub client: Option<McpClientId>,
    /// Only this outcome.
    pub outcome: Option<Outcome>,
    /// Only tools of this toolkit.
    pub toolkit: Option<String>,
    /// Only with this key or log-in.
    pub credential: Option<CredentialId>,
    /// Only what this member stands behind.
    pub member: Option<UserId>,
    /// Only with this account at another service.
    pub connection: Option<ConnectionId>,
}

/// What the usage page shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UsageReport {
    /// Everything in the range.
    pub total: Totals,
    /// Everything in the time before it, which was as long.
    pub before: Totals,
    /// One entry a bar, oldest first, none missing.
    pub bars: Vec<Bar>,
    /// Calls over time by tool, most called first: one number for each bar. The last holds all other tools.
    pub layers: Vec<Layer>,
    /// Calls by hour of the week, from Monday 00:00 on, in UTC: 168 numbers. None for ranges under a week, and where
    /// several filters meet.
    pub hours_of_week: Option<Vec<i64>>,
    /// By tool, most called first.
    pub by_tool: Vec<Group>,
    /// By client, most calls first; the name is the client's.
    pub by_client: Vec<Group>,
    /// By toolkit.
    pub by_toolkit: Vec<Group>,
    /// By key and log-in.
    pub by_credential: Vec<Group>,
    /// By the member who stands behind them.
    pub by_member: Vec<Group>,
    /// By account at another service.
    pub by_connection: Vec<Group>,
    /// By outcome.
    pub by_outcome: Vec<(Outcome, i64)>,
    /// The newest calls, at most 50.
    pub recent: Vec<CallView>,
}

/// Sums.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Totals {
    /// Calls.
    pub calls: i64,
    /// Calls that did not end `ok`.
    pub errors: i64,
    /// What the plan's meter counts.
    pub units: i64,
    /// Milliseconds of a call, on average.
    pub mean_ms: f64,
    /// Half of the calls took at most this many milliseconds; an estimate, within 9 %. Unknown where several filters meet.
    pub p50_ms: Option<f64>,
    /// 95 of 100 calls took at most this many milliseconds.
    pub p95_ms: Option<f64>,
    /// Bytes of requests and responses.
    pub bytes: i64,
}

impl Totals {
    /// Share of failed calls, 0 to 1.
    pub fn error_share(&self) -> f64 {
        if self.calls == 0 {
            0.0
        } else {
            self.errors as f64 / self.calls as f64
        }
    }
}

/// One bar of the chart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bar {
    /// Its beginning.
    #[serde(with = "time::serde::rfc3339")]
    pub start: OffsetDateTime,
    /// Calls that ended `ok`.
    pub ok: i64,
    /// Other calls.
    pub errors: i64,
}

/// One area of the chart of tools.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Layer {
    /// The tool; none for all that have no area of their own.
    pub tool: Option<String>,
    /// Calls, one number for each bar.
    pub calls: Vec<i64>,
}

/// One line of a table of groups.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// What a filter needs: the tool's name or the client's id.
    pub key: String,
    /// What people read.
    pub name: String,
    /// The group's sums.
    pub totals: Totals,
    /// Its calls in the time before; unknown where there are filters.
    pub before: Option<i64>,
}

/// One call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallView {
    /// Id of the usage row.
    pub id: EventId,
    /// When it was admitted.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// The client's name.
    pub client: String,
    /// The key or grant.
    pub credential: CredentialId,
    /// The tool, or the resource's scheme and kind.
    pub tool: String,
    /// `modern` or `legacy`.
    pub era: String,
    /// How it ended.
    pub outcome: Outcome,
    /// What the plan's meter counts of it.
    pub units: i64,
    /// Milliseconds.
    pub duration_ms: f64,
    /// What went wrong, in words.
    pub error: Option<String>,
    /// The id that is in the answer and in the log.
    pub request_id: String,
    /// The call whose units this row corrects: then it is no call itself, and `error` is the reason.
    pub corrects: Option<EventId>,
}

/// Some calls, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallPage {
    /// The calls, at most 50.
    pub calls: Vec<CallView>,
    /// What to look on before, if there may be more.
    pub older: Option<EventId>,
}

/// One call with all that is known of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallDetail {
    /// What lists show.
    pub call: CallView,
    /// The toolkit.
    pub toolkit: String,
    /// The client.
    pub client: McpClientId,
    /// The name of the key, or whose log-in it is. None where the viewer may not see keys.
    pub credential: Option<String>,
    /// Who stands behind it. None where nobody does, or the viewer may not see members.
    pub member: Option<String>,
    /// The account at another service, with its label.
    pub connection: Option<(ConnectionId, String)>,
    /// Size of the request's body.
    pub request_bytes: i64,
    /// Size of the answer's body.
    pub response_bytes: i64,
    /// What was corrected later, oldest first.
    pub corrections: Vec<CallView>,
}

/// An export of calls, and how far it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExportView {
    /// Its id.
    pub id: ExportId,
    /// Who asked for it.
    pub asked_by: String,
    /// What the file looks like.
    pub format: Format,
    /// From when on.
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
    /// Until when.
    #[serde(with = "time::serde::rfc3339")]
    pub until: OffsetDateTime,
    /// About how many calls there will be.
    pub expected: i64,
    /// How many have left.
    pub calls: i64,
    /// The last one that has left.
    pub last: Option<EventId>,
    /// How it goes.
    pub state: ExportState,
    /// When it was asked for.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// How an export goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExportState {
    /// It moves.
    Running,
    /// It has not moved for a while: whoever takes it has stopped, or is slow.
    Stalled,
    /// All of it has left.
    Done,
}
