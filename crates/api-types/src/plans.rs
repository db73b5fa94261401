//! Plans: what a tenant pays, and what it may do for that.

use crate::{Decision, words::words};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use time::OffsetDateTime;

words! {
    /// What a plan has or has not.
    Feature {
        /// Sign-in by the tenant's own provider.
        Sso = "sso", "Single sign-on";
        /// Roles beyond the built-in ones.
        CustomRoles = "custom_roles", "Custom roles";
        /// Members that are programs.
        ServiceAccounts = "service_accounts", "Service accounts";
        /// The audit log as a file.
        AuditExport = "audit_export", "Export of the audit log";
        /// Endpoints that are told what happens.
        Webhooks = "webhooks", "Webhooks";
        /// Accounts at other services.
        Connections = "connections", "Connected accounts";
        /// APIs of the tenant's own as tools.
        OwnApis = "own_apis", "Imported APIs";
    }
}

words! {
    /// How a tenant stands with its plan.
    PlanState {
        /// Everything of the plan, for nothing, until a day.
        Trialing = "trialing", "On trial";
        /// Paid, or free.
        Active = "active", "Active";
        /// A payment failed; everything stays as it is until a day.
        PastDue = "past_due", "Payment is due";
        /// Not paid for good: calls are refused until it is.
        Suspended = "suspended", "Suspended for want of payment";
    }
}

words! {
    /// What becomes of an agent that makes the same call again and again.
    Loops {
        /// Nothing is counted.
        Ignore = "ignore", "Let them run";
        /// The answers tell the agent so.
        Warn = "warn", "Warn the agent";
        /// The answers tell the agent so, and then it is refused for a while.
        Stop = "stop", "Warn the agent, then stop it";
    }
}

/// A plan, as the operator defines it. What is absent is not limited, unless it says otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Its name in the database and at the payment provider: 1 to 40 of `a-z`, `0-9`, `-`, `_`.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// One sentence.
    pub about: String,
    /// Whether tenants can choose it themselves.
    #[serde(default)]
    pub offered: bool,
    /// ISO 4217, lower case.
    pub currency: String,
    /// A month's price, in the currency's minor units.
    pub monthly_price: i64,
    /// Days for which it can be tried for nothing.
    #[serde(default)]
    pub trial_days: u32,
    /// Units a month that the price includes.
    #[serde(default)]
    pub included_units: Option<i64>,
    /// The price of one more unit, in millionths of the currency's main unit. Absent: none is sold.
    #[serde(default)]
    pub overage_micros: Option<i64>,
    /// What a call, row or second of some tools counts, by the name of a tool or a toolkit; of all others, one unit. A tool's
    /// own name goes before that of its toolkit.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub units_of: BTreeMap<String, u32>,
    /// Whether calls are refused when the included units are used up.
    #[serde(default)]
    pub hard_quota: bool,
    /// Members that the price includes.
    #[serde(default)]
    pub seats: Option<u32>,
    /// A month's price of one more member, in minor units. Absent: `seats` is the most there can be.
    #[serde(default)]
    pub seat_price: Option<i64>,
    /// MCP clients that are not archived.
    #[serde(default)]
    pub clients: Option<u32>,
    /// API keys that work.
    #[serde(default)]
    pub keys: Option<u32>,
    /// How many calls a minute are let through.
    #[serde(default)]
    pub rates: Rates,
    /// Days for which calls are shown one by one. Absent: as long as the operator keeps them.
    #[serde(default)]
    pub retention_days: Option<u32>,
    /// What becomes of loops, unless the tenant says otherwise.
    #[serde(default = "warn")]
    pub loops: Loops,
    /// What it has.
    #[serde(default)]
    pub features: Vec<Feature>,
}

fn warn() -> Loops {
    Loops::Warn
}

/// Calls a minute, over all servers. Each bucket holds a minute's worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rates {
    /// Of a tenant.
    pub tenant: Option<u32>,
    /// Of each of its clients.
    pub client: Option<u32>,
    /// Of each key and log-in. A key's own limit counts where it is lower.
    pub key: Option<u32>,
}

impl Plan {
    /// Whether it has that.
    pub fn has(&self, feature: Feature) -> bool {
        self.features.contains(&feature)
    }

    /// The units of one call, row or second of a tool.
    pub fn units_of(&self, toolkit: &str, tool: &str) -> i64 {
        let units = self
            .units_of
            .get(tool)
            .or_else(|| self.units_of.get(toolkit));
        units.copied().unwrap_or(1).into()
    }

    /// The most members there can be.
    pub fn most_seats(&self) -> Option<u32> {
        self.seats.filter(|_| self.seat_price.is_none())
    }

    /// What units beyond the included ones cost, in minor units, rounded down.
    pub fn overage(&self, units: i64) -> i64 {
        let (Some(included), Some(micros)) = (self.included_units, self.overage_micros) else {
            return 0;
        };
        let over = i128::from((units - included).max(0));
        let minor = over * i128::from(micros) * i128::from(minor_units(&self.currency)) / 1_000_000;
        i64::try_from(minor).unwrap_or(i64::MAX)
    }
}

/// How many minor units the currency's main unit has (ISO 4217).
pub fn minor_units(currency: &str) -> i64 {
    match currency {
        "bif" | "clp" | "djf" | "gnf" | "jpy" | "kmf" | "krw" | "mga" | "pyg" | "rwf" | "ugx"
        | "vnd" | "vuv" | "xaf" | "xof" | "xpf" => 1,
        "bhd" | "jod" | "kwd" | "omr" | "tnd" => 1000,
        _ => 100,
    }
}

/// What a tenant has of what plans limit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InUse {
    /// Members that are people.
    pub members: i64,
    /// Invitations that wait for an answer.
    pub invitations: i64,
    /// MCP clients that are not archived.
    pub clients: i64,
    /// API keys that work.
    pub keys: i64,
    /// Members that are programs.
    pub service_accounts: i64,
    /// Roles of the tenant's own.
    pub custom_roles: i64,
    /// Endpoints that are told what happens.
    pub webhooks: i64,
    /// Accounts at other services.
    pub connections: i64,
    /// Imported APIs.
    pub own_apis: i64,
    /// Whether a sign-in provider is connected.
    pub sso: bool,
}

/// One thing that will not go on with another plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// What it is about.
    pub what: String,
    /// What becomes of it.
    pub effect: String,
}

/// A plan that a tenant can have, and what would not go on with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The plan.
    pub plan: Plan,
    /// What would stop; nothing with a plan that has more.
    pub stops: Vec<Stop>,
    /// Whether the tenant can try it now.
    pub trial: bool,
    /// Whether the tenant can have it when its month is over.
    pub later: bool,
}

/// What the page of the plan shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanPage {
    /// What counts now.
    pub now: Entitlements,
    /// The name of the plan that comes, if one does.
    pub pending_name: Option<String>,
    /// What stops when it comes, or when a trial or grace is over.
    pub stops: Vec<Stop>,
    /// What the tenant has.
    pub in_use: InUse,
    /// The other plans.
    pub others: Vec<Choice>,
    /// Whether the viewer may change the plan.
    pub may_change: Decision,
}

/// A plan that a tenant will have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// The plan's id.
    pub plan: String,
    /// From when on.
    #[serde(with = "time::serde::rfc3339")]
    pub from: OffsetDateTime,
}

/// What a tenant may do now, and why: the answer of the one look-up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entitlements {
    /// The plan that counts now. After a trial or grace that came to nothing it is the default one.
    pub plan: Plan,
    /// How the tenant stands with it.
    pub state: PlanState,
    /// When a trial or grace is over.
    #[serde(with = "time::serde::rfc3339::option")]
    pub until: Option<OffsetDateTime>,
    /// The plan that comes after this one.
    pub pending: Option<Pending>,
    /// The first moment of the month that quotas count.
    #[serde(with = "time::serde::rfc3339")]
    pub period_from: OffsetDateTime,
    /// The first moment after it.
    #[serde(with = "time::serde::rfc3339")]
    pub period_until: OffsetDateTime,
}

impl Entitlements {
    /// Whether the plan has that.
    pub fn has(&self, feature: Feature) -> bool {
        self.plan.has(feature)
    }
}
