//! The list of events, which keeps what webhooks may have lost, for thirty days.

use crate::{
    books::Books,
    problem::Problem,
    server::{Asked, Way, unknown},
};
use serde_json::Value;

const KEPT: i64 = 30 * 24 * 60 * 60;

impl Books {
    pub(crate) fn event_list(&mut self, way: Way<'_>, asked: &Asked) -> Result<Value, Problem> {
        match way {
            ("GET", ["events"]) => self.events_after(asked),
            ("GET", ["events", id]) => {
                let found = self.events.iter().find(|event| event["id"] == *id);
                let found = found.filter(|event| event["livemode"] == asked.live);
                found.cloned().ok_or_else(|| Problem::no_such("event", id))
            }
            _ => Err(unknown(asked)),
        }
    }

    fn events_after(&self, asked: &Asked) -> Result<Value, Problem> {
        let params = &asked.params;
        let from = params
            .number("created.gte")
            .or_else(|| params.number("created.gt").map(|at| at + 1));
        let from = from.unwrap_or(0).max(self.now() - KEPT);
        let until = params
            .number("created.lte")
            .or_else(|| params.number("created.lt").map(|at| at - 1));
        let kind = params.text("type");
        let kinds = params.at("types").and_then(Value::as_array);
        let ours = self.events.iter().rev().filter(|event| {
            let created = event["created"].as_i64().unwrap_or_default();
            event["livemode"] == asked.live
                && created >= from
                && until.is_none_or(|until| created <= until)
                && kind.is_none_or(|kind| event["type"] == kind)
                && kinds.is_none_or(|kinds| kinds.contains(&event["type"]))
        });
        Self::page(asked, &ours.collect::<Vec<_>>())
    }
}
