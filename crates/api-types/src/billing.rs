//! Billing: what a tenant subscribes to, what it owes, and what was compared.

use crate::{
    Refusal,
    plans::{Entitlements, Plan},
    roles::Decision,
    words::words,
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

words! {
    /// How an invoice stands.
    InvoiceState {
        Draft = "draft", "Being written";
        Open = "open", "Open";
        Paid = "paid", "Paid";
        Uncollectible = "uncollectible", "Given up";
        Void = "void", "Void";
    }
}

words! {
    /// What should be the same in two places and is not.
    DriftKind {
        /// Sums of use against the calls themselves.
        Rollups = "rollups", "Sums of use and the calls behind them";
        /// What was told to the meter against what was used.
        Unsent = "unsent", "Use and what was told to the meter";
        /// What the meter has against what it was told.
        Meter = "meter", "What the meter was told and what it has";
        /// The subscription here and there.
        Subscription = "subscription", "The subscription here and at Stripe";
        /// Members and seats.
        Seats = "seats", "Members and the seats that are paid for";
        /// More than one subscription.
        Doubled = "doubled", "One subscription and those at Stripe";
    }
}

/// What the page of billing shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillingPage {
    /// What the tenant may do now.
    pub now: Entitlements,
    /// People who are members.
    pub members: i64,
    /// Whether this server takes payments.
    pub takes_payments: bool,
    /// Whether no money is real.
    pub is_test: bool,
    /// What is subscribed to, if something is or was.
    pub subscription: Option<SubscriptionView>,
    /// The plans that can be subscribed to.
    pub plans: Vec<Plan>,
    /// The newest first, a year of them.
    pub invoices: Vec<InvoiceView>,
    /// Under which numbers taxes are paid.
    pub tax_ids: Vec<TaxIdView>,
    /// Why invoices and tax ids are not shown, if they are not.
    pub trouble: Option<String>,
    /// What the last comparison found.
    pub drifts: Vec<Drift>,
    /// When that was.
    pub compared_at: Option<OffsetDateTime>,
    /// Whether the person may change something.
    pub may_manage: Decision,
}

/// A subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionView {
    /// In Stripe's words: `active`, `past_due`.
    pub status: String,
    /// Whether something is owed, or will be.
    pub is_alive: bool,
    /// The plan's id, if it is one of ours.
    pub plan: Option<String>,
    /// Members that are paid for beyond those that the plan includes.
    pub seats: i64,
    /// When the period began.
    pub period_from: Option<OffsetDateTime>,
    /// When it ends, and the next invoice is made.
    pub period_until: Option<OffsetDateTime>,
    /// When the trial ends or ended.
    pub trial_until: Option<OffsetDateTime>,
    /// When it ends for good, if that is decided.
    pub cancel_at: Option<OffsetDateTime>,
    /// Of when this is.
    pub fetched_at: Option<OffsetDateTime>,
}

/// An invoice in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceView {
    /// Its id.
    pub id: String,
    /// Its number, once it has one.
    pub number: Option<String>,
    /// How it stands.
    pub state: InvoiceState,
    /// ISO 4217, lower case.
    pub currency: String,
    /// In minor units.
    pub total: i64,
    /// What is still owed.
    pub owed: i64,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// The period that it closes.
    pub period_from: OffsetDateTime,
    /// Its end.
    pub period_until: OffsetDateTime,
    /// When it is tried again to be paid.
    pub next_try: Option<OffsetDateTime>,
    /// Where it can be paid, and its receipt is.
    pub page: Option<String>,
    /// As a file.
    pub pdf: Option<String>,
}

words! {
    /// What a line of an invoice is for.
    LineKind {
        Plan = "plan", "Plan";
        Seats = "seats", "Members";
        Usage = "usage", "Use";
        Other = "other", "Other";
    }
}

/// A line of an invoice, made or to come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineView {
    /// In Stripe's words.
    pub about: String,
    /// What it is for.
    pub kind: LineKind,
    /// How many.
    pub quantity: Option<i64>,
    /// In minor units; less than nothing is given back.
    pub amount: i64,
    /// Whether it is for the rest of a period in which something changed.
    pub is_proration: bool,
    /// From when.
    pub from: OffsetDateTime,
    /// Until when.
    pub until: OffsetDateTime,
}

/// An invoice with its lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceDetail {
    /// The invoice.
    pub invoice: InvoiceView,
    /// Its lines.
    pub lines: Vec<LineView>,
}

/// What a change of plan would cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// The plan.
    pub plan: Plan,
    /// Members beyond those that it includes.
    pub seats: i64,
    /// Seconds since 1970: the moment from which on it counts.
    pub at: i64,
    /// When the next invoice is made.
    pub next: OffsetDateTime,
    /// What that one will be, in minor units.
    pub total: i64,
    /// ISO 4217, lower case.
    pub currency: String,
    /// Its lines.
    pub lines: Vec<LineView>,
}

/// A number under which taxes are paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxIdView {
    /// In Stripe's words: `eu_vat`.
    pub kind: String,
    /// The number.
    pub value: String,
    /// Whether it was checked: `pending`, `verified`, `unverified`.
    pub status: Option<String>,
}

/// Something that should be the same in two places and is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// What.
    pub kind: DriftKind,
    /// As it is here.
    pub ours: String,
    /// As it is there.
    pub theirs: String,
    /// When that was found.
    pub found_at: OffsetDateTime,
}

/// Units of a tool in a span of time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolUnits {
    /// The tool.
    pub tool: String,
    /// Calls that are billed.
    pub calls: i64,
    /// Their units.
    pub units: i64,
}

/// A call behind a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BilledCall {
    /// Its id.
    pub id: crate::EventId,
    /// When.
    pub at: OffsetDateTime,
    /// What.
    pub tool: String,
    /// By which client.
    pub client: String,
    /// How it ended.
    pub outcome: String,
    /// What it counts.
    pub units: i64,
}

/// The calls behind a line of an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BilledCalls {
    /// From when.
    pub from: OffsetDateTime,
    /// Until when.
    pub until: OffsetDateTime,
    /// Units of all calls.
    pub units: i64,
    /// By tool, the most first.
    pub tools: Vec<ToolUnits>,
    /// The newest first, 100 at most.
    pub calls: Vec<BilledCall>,
    /// Calls before this one are on the next page.
    pub next: Option<crate::EventId>,
}

/// An amount in minor units, for people: `49.00 USD`.
pub fn amount(minor: i64, currency: &str) -> String {
    let units = crate::plans::minor_units(currency);
    let sign = if minor < 0 { "−" } else { "" };
    let (whole, part) = (
        minor.unsigned_abs() / units.unsigned_abs(),
        minor.unsigned_abs() % units.unsigned_abs(),
    );
    let code = currency.to_uppercase();
    match units {
        1 => format!("{sign}{whole} {code}"),
        1000 => format!("{sign}{whole}.{part:03} {code}"),
        _ => format!("{sign}{whole}.{part:02} {code}"),
    }
}

/// Reads seconds since 1970.
pub fn moment(field: &str, word: &str) -> Result<OffsetDateTime, Refusal> {
    let wrong = || Refusal::invalid(field, "seconds since 1970, please");
    let seconds = word.parse().map_err(|_| wrong())?;
    OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_the_currencys_own_digits() {
        assert_eq!(amount(4905, "usd"), "49.05 USD");
        assert_eq!(amount(-5, "eur"), "−0.05 EUR");
        assert_eq!(amount(490, "jpy"), "490 JPY");
        assert_eq!(amount(1_234, "kwd"), "1.234 KWD");
    }

    #[test]
    fn a_moment_is_a_number_of_seconds() {
        assert!(moment("from", "1790000000").is_ok());
        assert!(moment("from", "").is_err());
        assert!(moment("from", "99999999999999").is_err());
    }
}
