//! From a tenant's row and a moment to what it may do then. Pure: a trial, a grace and a plan that comes later end and
//! begin by themselves, without a job that could be late.

use super::Plans;
use api_types::plans::{Entitlements, Pending, Plan, PlanState};
use time::{Date, Duration, Month, OffsetDateTime, Time};

/// How a tenant stands with its plan: its row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The plan's id.
    pub plan: String,
    /// How it stands with it.
    pub state: PlanState,
    /// The end of a trial or grace.
    pub until: Option<OffsetDateTime>,
    /// The plan that comes later.
    pub pending: Option<Pending>,
    /// The month that is billed, where somebody bills: its first moment and the first after it.
    pub period: Option<(OffsetDateTime, OffsetDateTime)>,
    /// Whether it has had its trial.
    pub tried: bool,
}

impl Standing {
    /// A plan that is paid, or free.
    pub fn active(plan: &str) -> Self {
        Self {
            plan: plan.into(),
            state: PlanState::Active,
            until: None,
            pending: None,
            period: None,
            tried: false,
        }
    }

    /// The same as it is at that moment: what has come is there, what is over is gone.
    pub(super) fn at(self, now: OffsetDateTime, plans: &Plans) -> Self {
        if let Some(pending) = self.pending.clone().filter(|pending| pending.from <= now) {
            let period = self.period;
            return Self {
                period,
                tried: self.tried,
                ..Self::active(&pending.plan)
            };
        }
        if self.until.is_some_and(|until| until <= now) {
            return Self {
                tried: self.tried,
                ..Self::active(&plans.default_plan().id)
            };
        }
        self
    }
}

/// What a tenant may do at that moment.
pub(super) fn entitlements(
    plans: &Plans,
    standing: Option<Standing>,
    now: OffsetDateTime,
) -> Entitlements {
    let standing = standing.map(|standing| standing.at(now, plans));
    let standing = standing.unwrap_or_else(|| Standing::active(&plans.default_plan().id));
    let (period_from, period_until) = period(standing.period, now);
    Entitlements {
        plan: plan(plans, &standing.plan).clone(),
        state: standing.state,
        until: standing.until,
        pending: standing.pending,
        period_from,
        period_until,
    }
}

/// The start refuses a file without a plan that somebody has ([`super::check`]); a file that changes later falls back.
fn plan<'a>(plans: &'a Plans, id: &str) -> &'a Plan {
    plans.get(id).unwrap_or_else(|| plans.default_plan())
}

/// The month that quotas count: the billed one, else that of the calendar. What is billed next may not be known yet,
/// and is as long as the last.
fn period(
    billed: Option<(OffsetDateTime, OffsetDateTime)>,
    now: OffsetDateTime,
) -> (OffsetDateTime, OffsetDateTime) {
    let Some((from, until)) = billed.filter(|(from, until)| from < until && *from <= now) else {
        return month(now);
    };
    let length = until - from;
    let past = (now - from).whole_seconds() / length.whole_seconds().max(1);
    let from = from + Duration::seconds(length.whole_seconds().max(1) * past);
    (from, from + length)
}

fn month(now: OffsetDateTime) -> (OffsetDateTime, OffsetDateTime) {
    let first = |year, month: Month| {
        let date = Date::from_calendar_date(year, month, 1);
        // The first of a month is a date in every year there is.
        date.map_or(now, |date| date.with_time(Time::MIDNIGHT).assume_utc())
    };
    let now = now.to_offset(time::UtcOffset::UTC);
    let next = now.month().next();
    let year = now.year() + i32::from(next == Month::January);
    (first(now.year(), now.month()), first(year, next))
}
