//! Counts one call, whatever becomes of it: the row is durable before the answer leaves, and is written even when
//! the client goes away in the middle.

use super::dispatch::Exchange;
use super::reply::{self, Failure};
use api_types::plans::Plan;
use api_types::usage::Outcome;
use api_types::{ConnectionId, EventId};
use domain::Services;
use domain::limits::Tickets;
use domain::toolkits::{Name, Unit};
use domain::usage::{Era, Event, Settled};
use std::borrow::Cow;
use std::time::Instant;
use tokio::runtime::Handle;
use uuid::Uuid;

/// The row of a call that is running.
pub(super) struct Meter {
    services: Services,
    began: Instant,
    /// What is counted of it, once it runs, and what the plan counts for one.
    unit: Option<(Unit, i64)>,
    /// How many rows it gave.
    rows: u64,
    /// Taken when the row is durable.
    event: Option<Event>,
    /// The units of quotas that the call holds until then.
    tickets: Tickets,
}

impl Meter {
    /// Begins to count. Until told more, the call is one of nothing we know.
    pub(super) fn start(exchange: &Exchange<'_>) -> Self {
        let principal = exchange.principal();
        let event = Event {
            id: EventId(Uuid::now_v7()),
            tenant: principal.tenant(),
            client: principal.client,
            credential: principal.credential,
            member: Some(principal.member),
            // Not what the client sent: it could invent a name with every call.
            toolkit: Cow::Borrowed("unknown"),
            tool: Cow::Borrowed("unknown"),
            era: era(exchange.era),
            // What is counted if this is dropped before the end.
            outcome: Outcome::Cancelled,
            units: 0,
            duration_us: 0,
            request_bytes: exchange.request_bytes as i64,
            response_bytes: 0,
            error: None,
            request_id: exchange.caller.request_id,
            connection: None,
            leases: Vec::new(),
        };
        let services = exchange.endpoint.state.services.clone();
        Self {
            services,
            began: exchange.caller.admitted,
            unit: None,
            rows: 0,
            event: Some(event),
            tickets: Tickets::default(),
        }
    }

    /// Says what is called.
    pub(super) fn name(&mut self, toolkit: Name, tool: Name) {
        if let Some(event) = &mut self.event {
            event.toolkit = toolkit;
            event.tool = tool;
        }
    }

    /// Says that it is done from now on, and what is counted of it. What is refused before counts nothing.
    pub(super) fn runs(&mut self, unit: Unit, plan: &Plan) {
        self.unit = Some((unit, self.price(plan)));
    }

    /// What the plan counts for one call, row or second of it.
    pub(super) fn price(&self, plan: &Plan) -> i64 {
        let event = self.event.as_ref();
        event.map_or(0, |event| plan.units_of(&event.toolkit, &event.tool))
    }

    /// Says that it was not done after all.
    pub(super) fn free(&mut self) {
        self.unit = None;
    }

    /// Counts nothing: another call has been counted for it.
    pub(super) fn forget(mut self) {
        self.event = None;
    }

    /// Says how many rows it gave.
    pub(super) fn gave(&mut self, rows: u64) {
        self.rows = rows;
    }

    /// Holds units of quotas for the call.
    pub(super) fn took(&mut self, tickets: Tickets) {
        if let Some(event) = &mut self.event {
            event.leases = tickets.leases();
        }
        self.tickets = tickets;
    }

    /// Says which account at another service was used.
    pub(super) fn used(&mut self, connection: Option<ConnectionId>) {
        if let Some(event) = &mut self.event {
            event.connection = connection;
        }
    }

    /// Writes the row. An error means that the answer must not be given, for the call would not be counted.
    pub(super) async fn finish(
        mut self,
        outcome: Outcome,
        error: Option<String>,
        response_bytes: usize,
    ) -> Result<(), Failure> {
        let Some(event) = &mut self.event else {
            return Ok(());
        };
        event.outcome = outcome;
        event.error = error;
        event.response_bytes = response_bytes as i64;
        event.duration_us = micros(self.began);
        event.units = units(self.unit, outcome, self.rows, self.began);
        // Dropped while it waits, `self` writes the same row again; the second finds the first and leaves it.
        let units = event.units;
        let recorded = self.services.usage.record(event.clone()).await;
        self.event = None;
        std::mem::take(&mut self.tickets).settle(units);
        recorded.map_err(|error| {
            tracing::error!(error = error.for_the_log(), "a call could not be counted");
            reply::busy()
        })
    }

    /// Writes the row together with the answer, which is kept for calls that are sent again.
    pub(super) async fn settle(
        mut self,
        outcome: Outcome,
        error: Option<String>,
        response_bytes: usize,
        settled: &Settled<'_>,
    ) -> Result<(), Failure> {
        let Some(mut event) = self.event.take() else {
            return Ok(());
        };
        event.outcome = outcome;
        event.error = error;
        event.response_bytes = response_bytes as i64;
        event.duration_us = micros(self.began);
        event.units = units(self.unit, outcome, self.rows, self.began);
        let tickets = std::mem::take(&mut self.tickets);
        match self.services.usage.settle(&event, settled).await {
            Ok(is_ours) => {
                // Not ours any more: whoever has taken the call over counts it.
                tickets.settle(if is_ours { event.units } else { 0 });
                Ok(())
            }
            Err(error) => {
                tracing::error!(error = error.for_the_log(), "a call could not be settled");
                Err(reply::busy())
            }
        }
    }

    /// Counts a call that failed, and hands the failure on.
    pub(super) async fn fail(mut self, outcome: Outcome, failure: Failure) -> Failure {
        let error = Some(failure.message().to_owned());
        // Whoever comes too often is not to keep the disk busy, and has nothing to lose.
        if outcome == Outcome::Limited {
            if let Some(mut event) = self.event.take() {
                event.outcome = outcome;
                event.error = error;
                event.duration_us = micros(self.began);
                self.services.usage.record_soon(event);
            }
            return failure;
        }
        self.finish(outcome, error, 0)
            .await
            .err()
            .unwrap_or(failure)
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        let Some(mut event) = self.event.take() else {
            return;
        };
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        event.duration_us = micros(self.began);
        event.units = units(self.unit, event.outcome, self.rows, self.began);
        let services = self.services.clone();
        let tickets = std::mem::take(&mut self.tickets);
        runtime.spawn(async move {
            let units = event.units;
            if let Err(error) = services.usage.record(event).await {
                tracing::error!(
                    error = error.for_the_log(),
                    "a cancelled call could not be counted"
                );
            }
            tickets.settle(units);
        });
    }
}

/// The era's name in the database.
pub(super) fn era(era: mcp_wire::Era) -> Era {
    match era {
        mcp_wire::Era::Modern => Era::Modern,
        mcp_wire::Era::Legacy(_) => Era::Legacy,
    }
}

/// What was done counts, also when it went wrong, took too long or nobody waited for it. What failed by our fault does not.
fn units(unit: Option<(Unit, i64)>, outcome: Outcome, rows: u64, began: Instant) -> i64 {
    match outcome {
        Outcome::Ok | Outcome::ToolError | Outcome::Timeout | Outcome::Cancelled => unit
            .map_or(0, |(unit, each)| {
                unit.count(rows, began.elapsed()).saturating_mul(each)
            }),
        Outcome::Invalid | Outcome::Refused | Outcome::Limited | Outcome::Failed => 0,
    }
}

fn micros(began: Instant) -> i64 {
    i64::try_from(began.elapsed().as_micros()).unwrap_or(i64::MAX)
}
