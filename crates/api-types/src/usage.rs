//! Usage: what was called, by whom, how it went and how long it took.

use crate::{CredentialId, EventId, McpClientId, words::words};
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

/// How far back the page looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Range {
    /// One hour, by minute.
    #[serde(rename = "1h")]
    Hour,
    /// 24 hours, by quarter of an hour.
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
            Self::Day => (DAY, 15 * 60),
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
}

/// What the usage page shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UsageReport {
    /// Everything in the range.
    pub total: Totals,
    /// One entry a bar, oldest first, none missing.
    pub bars: Vec<Bar>,
    /// By tool, most called first.
    pub by_tool: Vec<Group>,
    /// By client, most calls first; the name is the client's.
    pub by_client: Vec<Group>,
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
    /// Half of the calls took at most this many milliseconds; an estimate, within 9 %.
    pub p50_ms: f64,
    /// 95 of 100 calls took at most this many milliseconds.
    pub p95_ms: f64,
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

/// One line of a table of groups.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// What a filter needs: the tool's name or the client's id.
    pub key: String,
    /// What people read.
    pub name: String,
    /// The group's sums.
    pub totals: Totals,
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
    /// Milliseconds.
    pub duration_ms: f64,
    /// What went wrong, in words.
    pub error: Option<String>,
    /// The id that is in the answer and in the log.
    pub request_id: String,
}
