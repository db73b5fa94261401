//! Meters, and the events that they add up: each identifier once in a day, nothing older than 35 days, nothing later
//! than in five minutes.

use crate::{
    books::{Books, MeterEvent, drawn},
    problem::Problem,
    server::{Asked, Way, unknown},
};
use serde_json::{Value, json};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const LONGEST_IDENTIFIER: usize = 100;

impl Books {
    pub(crate) fn metering(&mut self, way: Way<'_>, asked: &Asked) -> Result<Value, Problem> {
        let live = asked.live;
        match way {
            ("POST", ["billing", "meters"]) => self.create_meter(asked),
            ("GET", ["billing", "meters"]) => {
                Self::page(asked, &self.all("billing.meter", live, None))
            }
            ("GET", ["billing", "meters", id]) => self.get("billing.meter", live, id),
            ("GET", ["billing", "meters", id, "event_summaries"]) => self.summaries(id, asked),
            ("POST", ["billing", "meter_events"]) => self.take_event(asked),
            _ => Err(unknown(asked)),
        }
    }

    fn create_meter(&mut self, asked: &Asked) -> Result<Value, Problem> {
        let params = &asked.params;
        let name = params.text("event_name");
        let name = name.ok_or_else(|| Problem::missing("event_name"))?;
        let formula = params.text("default_aggregation.formula");
        let formula = formula.ok_or_else(|| Problem::missing("default_aggregation"))?;
        let all = self.all("billing.meter", asked.live, None);
        let is_taken = all
            .iter()
            .any(|meter| meter["event_name"] == name && meter["status"] == "active");
        if is_taken {
            return Err(Problem::invalid(format!(
                "An active meter already exists with event_name {name}."
            )));
        }
        let made = json!({
            "object": "billing.meter",
            "created": self.now(),
            "updated": self.now(),
            "customer_mapping": { "event_payload_key": "stripe_customer_id", "type": "by_id" },
            "default_aggregation": { "formula": formula },
            "display_name": params.text("display_name"),
            "event_name": name,
            "event_time_window": null,
            "status": "active",
            "status_transitions": { "deactivated_at": null },
            "value_settings": { "event_payload_key": "value" },
        });
        Ok(self.insert("mtr", asked.live, made))
    }

    fn take_event(&mut self, asked: &Asked) -> Result<Value, Problem> {
        let (params, now) = (&asked.params, self.now());
        let name = params.text("event_name");
        let name = name.ok_or_else(|| Problem::missing("event_name"))?;
        let mut meters = self.all("billing.meter", asked.live, None).into_iter();
        if !meters.any(|meter| meter["event_name"] == name) {
            return Err(Problem::invalid(format!(
                "No active meter found with event name {name}."
            )));
        }
        let customer = params.text("payload.stripe_customer_id");
        let customer = customer.ok_or_else(|| Problem::missing("payload[stripe_customer_id]"))?;
        let value = params
            .text("payload.value")
            .and_then(|value| value.parse().ok());
        let value: i64 =
            value.ok_or_else(|| Problem::invalid("The value must be a whole number."))?;
        let timestamp = params.number("timestamp").unwrap_or(now);
        if timestamp < now - 35 * DAY || timestamp > now + 5 * MINUTE {
            return Err(Problem::invalid(
                "The timestamp must be within the past 35 calendar days or up to 5 minutes in the future.",
            ));
        }
        let identifier = params.text("identifier").map_or_else(drawn, str::to_owned);
        if identifier.len() > LONGEST_IDENTIFIER {
            return Err(Problem::invalid(
                "The identifier is longer than 100 characters.",
            ));
        }
        let key = (asked.live, identifier.clone());
        if self.identifiers.get(&key).is_some_and(|at| now - at < DAY) {
            return Err(Problem::invalid(format!(
                "An event already exists with identifier {identifier}."
            )));
        }
        self.identifiers.insert(key, now);
        let (customer, name) = (customer.to_owned(), name.to_owned());
        let event = json!({
            "object": "billing.meter_event",
            "created": now,
            "event_name": name,
            "identifier": identifier,
            "livemode": asked.live,
            "payload": { "stripe_customer_id": customer, "value": value.to_string() },
            "timestamp": timestamp,
        });
        self.meter_events.push(MeterEvent {
            received: now,
            timestamp,
            event_name: name,
            identifier,
            customer,
            value,
            livemode: asked.live,
        });
        Ok(event)
    }

    /// What a customer used by a meter between two times.
    pub(crate) fn metered(&self, meter: &str, customer: &str, from: i64, until: i64) -> i64 {
        let Some(meter) = self.any(meter) else {
            return 0;
        };
        let ours = self.meter_events.iter().filter(|event| {
            meter["event_name"] == event.event_name.as_str()
                && meter["livemode"] == event.livemode
                && event.customer == customer
                && (from..until).contains(&event.timestamp)
        });
        ours.map(|event| event.value).sum()
    }

    fn summaries(&self, id: &str, asked: &Asked) -> Result<Value, Problem> {
        self.get("billing.meter", asked.live, id)?;
        let params = &asked.params;
        let customer = params.text("customer");
        let customer = customer.ok_or_else(|| Problem::missing("customer"))?;
        let from = params
            .number("start_time")
            .ok_or_else(|| Problem::missing("start_time"))?;
        let until = params
            .number("end_time")
            .ok_or_else(|| Problem::missing("end_time"))?;
        let step = match params.text("value_grouping_window") {
            None => None,
            Some("hour") => Some(HOUR),
            Some("day") => Some(DAY),
            Some(other) => {
                return Err(Problem::invalid(format!(
                    "Invalid value_grouping_window: {other}"
                )));
            }
        };
        let aligned = step.unwrap_or(MINUTE);
        if from % aligned != 0 || until % aligned != 0 || until <= from {
            return Err(Problem::invalid(
                "start_time and end_time must be aligned with the grouping window.",
            ));
        }
        let step = step.unwrap_or(until - from);
        let mut summaries = Vec::new();
        let mut at = from;
        while at < until {
            let end = (at + step).min(until);
            let value = self.metered(id, customer, at, end);
            if value != 0 || step == until - from {
                summaries.push(json!({
                    "id": format!("mtrusg_{id}_{customer}_{at}"),
                    "object": "billing.meter_event_summary",
                    "aggregated_value": value as f64,
                    "end_time": end,
                    "livemode": asked.live,
                    "meter": id,
                    "start_time": at,
                }));
            }
            at = end;
        }
        summaries.reverse();
        Self::page(asked, &summaries.iter().collect::<Vec<&Value>>())
    }
}
