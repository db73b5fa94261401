//! The operator's console: what those who run an instance see of its tenants, its jobs and its use.

use crate::{
    TenantId,
    audit::Act,
    plans::{Entitlements, Plan, PlanState},
    usage::Bar,
    words::words,
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

words! {
    /// How a tenant is.
    TenantState {
        Active = "active", "Active";
        /// By its own people.
        Suspended = "suspended", "Suspended by itself";
        /// By the operator, whatever its own people say.
        Blocked = "blocked", "Suspended by the operator";
        /// It can be restored for a few days.
        Deleted = "deleted", "Deleted, waiting";
    }
}

words! {
    /// In which order tenants are listed.
    TenantOrder {
        Name = "name", "By name";
        Newest = "newest", "Newest first";
        Busiest = "busiest", "Most calls first";
    }
}

words! {
    /// What an operator does.
    OperatorAct {
        Suspend = "suspend", "Suspended a tenant";
        Resume = "resume", "Resumed a tenant";
        Enter = "enter", "Entered a tenant with its consent";
        Leave = "leave", "Left a tenant";
        Correct = "correct", "Corrected a call of a tenant";
    }
}

words! {
    /// How a job runs.
    JobState {
        Fine = "fine", "Fine";
        Late = "late", "Late";
        Failing = "failing", "Failing";
    }
}

words! {
    /// For how long a tenant lets the operator look at it.
    SupportLength {
        Hour = "1", "1 hour";
        Shift = "8", "8 hours";
        Days = "72", "3 days";
    }
}

impl SupportLength {
    /// In hours.
    pub fn hours(self) -> i32 {
        match self {
            Self::Hour => 1,
            Self::Shift => 8,
            Self::Days => 72,
        }
    }
}

/// Who runs the instance, as the console greets them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorView {
    /// Their name.
    pub name: String,
    /// Their address.
    pub email: String,
}

/// Which tenants are listed. What is absent does not filter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantFilter {
    /// Part of a name or an address, or an id.
    pub search: String,
    /// Only those that are so.
    pub state: Option<TenantState>,
    /// By name, if nothing else is asked for.
    pub order: Option<TenantOrder>,
}

/// A page of tenants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantPage {
    /// In the order that was asked for.
    pub rows: Vec<TenantRow>,
    /// Tenants after this one are on the next page.
    pub next: Option<TenantId>,
    /// How many the filter lets through, on all pages.
    pub matching: i64,
}

/// A tenant in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantRow {
    /// Its id.
    pub id: TenantId,
    /// Its name in addresses.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// How it is.
    pub state: TenantState,
    /// The name of its plan.
    pub plan: String,
    /// Members, service accounts too.
    pub members: i64,
    /// Calls of the last 30 days.
    pub calls: i64,
    /// When it was last called, to the minute.
    pub last_call: Option<OffsetDateTime>,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When it is gone for good, if it is deleted.
    pub delete_after: Option<OffsetDateTime>,
    /// Until when it lets the operator look at it, if it does.
    pub support_until: Option<OffsetDateTime>,
}

/// One tenant, as far as the operator may see it without its consent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TenantFacts {
    /// What the list says of it.
    pub row: TenantRow,
    /// Where its clients call.
    pub endpoint: String,
    /// Its plan, and how it stands with it.
    pub now: Entitlements,
    /// Whether its own people have suspended it, since when.
    pub suspended_at: Option<OffsetDateTime>,
    /// Whether the operator has, since when and why.
    pub blocked: Option<Blocked>,
    /// To whom one writes.
    pub owners: Vec<OwnerView>,
    /// MCP clients that are not archived.
    pub clients: i64,
    /// Calls of the last 90 days, a bar a day.
    pub bars: Vec<Bar>,
    /// What happened to the tenant lately, newest first.
    pub acts: Vec<TenantAct>,
    /// What it lets the operator look at now.
    pub support: Option<SupportView>,
}

/// A suspension by the operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocked {
    /// Since when.
    pub since: OffsetDateTime,
    /// Why, in the words that the tenant's people read.
    pub reason: String,
}

/// An owner of a tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerView {
    /// Name.
    pub name: String,
    /// Address.
    pub email: String,
}

/// Something that was done to a tenant as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantAct {
    /// When.
    pub at: OffsetDateTime,
    /// What.
    pub act: Act,
    /// Which operator did it; none: the tenant's own people, who are their own affair.
    pub operator: Option<String>,
}

/// That a tenant lets the operator look at it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupportView {
    /// Why, in the words of whoever said so.
    pub reason: String,
    /// Who said so.
    pub given_by: String,
    /// Since when.
    pub since: OffsetDateTime,
    /// Until when, unless somebody ends it.
    pub until: OffsetDateTime,
}

/// How the jobs of the servers are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// By name, those that need somebody first.
    pub jobs: Vec<JobView>,
    /// What waits for them.
    pub queues: Vec<QueueView>,
}

/// A job of the servers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobView {
    /// What it does.
    pub name: String,
    /// How it is.
    pub state: JobState,
    /// How often it runs, in milliseconds.
    pub every_ms: i64,
    /// When it last ended, in whatever way.
    pub last_run: OffsetDateTime,
    /// When it last ended well.
    pub last_success: Option<OffsetDateTime>,
    /// When it last failed.
    pub last_error_at: Option<OffsetDateTime>,
    /// And why.
    pub last_error: Option<String>,
}

/// Something that jobs work off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueView {
    /// What it is made of.
    pub name: String,
    /// How much of it waits.
    pub waiting: i64,
    /// Since when the oldest of it is due.
    pub oldest_due: Option<OffsetDateTime>,
    /// How much of it was given up; none where nothing is ever given up.
    pub dead: Option<i64>,
}

/// The use of the whole instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InstanceUsage {
    /// A bar a day, oldest first, none missing.
    pub bars: Vec<Bar>,
    /// The tenants with the most calls.
    pub top: Vec<TopTenant>,
    /// How many tenants are so.
    pub tenants: Vec<(TenantState, i64)>,
}

impl InstanceUsage {
    /// Calls, and those of them that did not end well.
    pub fn total(&self) -> (i64, i64) {
        let sum = |sum: (i64, i64), bar: &Bar| (sum.0 + bar.ok + bar.errors, sum.1 + bar.errors);
        self.bars.iter().fold((0, 0), sum)
    }
}

/// A tenant by its calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopTenant {
    /// Its id.
    pub id: TenantId,
    /// Its name.
    pub name: String,
    /// Its calls.
    pub calls: i64,
    /// Those of them that did not end well.
    pub errors: i64,
}

/// The plans of the instance, and what they bring in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revenue {
    /// Whether tenants pay through this instance. If not, they are counted, and nothing comes in.
    pub takes_payments: bool,
    /// Whether no money is real.
    pub is_test: bool,
    /// Each plan, as in the file.
    pub plans: Vec<PlanRevenue>,
}

impl Revenue {
    /// What all plans bring in, by currency.
    pub fn totals(&self) -> Vec<Income> {
        let mut totals: Vec<Income> = Vec::new();
        for income in self.plans.iter().map(|plan| &plan.income) {
            let mut known = totals.iter_mut();
            match known.find(|total| total.currency == income.currency) {
                Some(total) => total.take_in(income),
                None => totals.push(income.clone()),
            }
        }
        totals
    }
}

/// A plan, who has it, and what it brings in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanRevenue {
    /// The plan.
    pub plan: Plan,
    /// Whether it is that of tenants that have chosen none.
    pub is_default: bool,
    /// How many tenants stand with it so. Those that are deleted are not among them.
    pub tenants: Vec<(PlanState, i64)>,
    /// What it brings in.
    pub income: Income,
}

/// What comes in. Amounts are in minor units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Income {
    /// ISO 4217, lower case.
    pub currency: String,
    /// Tenants that pay.
    pub paying: i64,
    /// What they pay each month: for the plan, and for members beyond those that it includes.
    pub recurring: i64,
    /// What they have used beyond the included units, in their periods so far.
    pub beyond: i64,
}

impl Income {
    fn take_in(&mut self, other: &Self) {
        self.paying = self.paying.saturating_add(other.paying);
        self.recurring = self.recurring.saturating_add(other.recurring);
        self.beyond = self.beyond.saturating_add(other.beyond);
    }
}

/// A page of what the operator did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorLogPage {
    /// Newest first.
    pub rows: Vec<OperatorLogRow>,
    /// Rows before this one are on the next page.
    pub next: Option<Uuid>,
}

/// One act of an operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorLogRow {
    /// Its id.
    pub id: Uuid,
    /// When.
    pub at: OffsetDateTime,
    /// Who, with their address.
    pub operator: String,
    /// What.
    pub act: OperatorAct,
    /// To which tenant.
    pub tenant: TenantId,
    /// How that was called then.
    pub tenant_name: String,
    /// Why, where a reason is asked for.
    pub reason: Option<String>,
    /// The address of the operator's browser.
    pub address: Option<String>,
}
