//! What happens as time passes: trials end, periods begin, invoices are tried again.

use crate::{
    books::Books,
    calendar::month_after,
    invoices::Paid,
    items::{Period, ahead},
    subscriptions::{items_of, list_of, period_of},
};
use serde_json::{Value, json};

const A_DAY: i64 = 24 * 60 * 60;

/// Something that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    TrialWarning,
    Period,
    Payment,
}

impl Books {
    /// Lets time pass until then, each thing in its turn.
    pub(crate) fn advance(&mut self, until: i64) {
        loop {
            let mut due = self.due(until);
            if due.is_empty() {
                break;
            }
            due.sort_by_key(|(at, id, _)| (*at, id.clone()));
            for (at, id, due) in due {
                self.frozen = Some(at);
                self.happen(&id, due);
            }
        }
        self.frozen = Some(until);
    }

    /// What is due until then. A thing that is due twice is found again once the first time is done with.
    fn due(&self, until: i64) -> Vec<(i64, String, Due)> {
        let mut due = Vec::new();
        for live in [false, true] {
            for subscription in self.all("subscription", live, None) {
                let id = subscription["id"].as_str().unwrap_or_default();
                let status = subscription["status"].as_str().unwrap_or_default();
                if matches!(status, "canceled" | "incomplete" | "unpaid") {
                    continue;
                }
                let warning = subscription["trial_end"]
                    .as_i64()
                    .map(|end| end - 3 * A_DAY);
                let warning = warning.filter(|_| status == "trialing" && !self.warned.contains(id));
                let next = match warning {
                    Some(at) => (at, Due::TrialWarning),
                    None => (period_of(subscription).end, Due::Period),
                };
                if next.0 <= until {
                    due.push((next.0, id.to_owned(), next.1));
                }
            }
            for invoice in self.all("invoice", live, None) {
                let at = invoice["next_payment_attempt"].as_i64();
                if let Some(at) = at.filter(|at| *at <= until) {
                    let id = invoice["id"].as_str().unwrap_or_default();
                    due.push((at, id.to_owned(), Due::Payment));
                }
            }
        }
        due
    }

    fn happen(&mut self, id: &str, due: Due) {
        let Some(object) = self.any(id).cloned() else {
            return;
        };
        match due {
            Due::TrialWarning => {
                self.warned.insert(id.to_owned());
                self.tell("customer.subscription.trial_will_end", &object, None);
            }
            Due::Period => {
                self.renew(id);
            }
            // Whether it worked is told by events.
            Due::Payment => drop(self.pay(object)),
        }
    }

    /// Bills what was used in the period until now, before a subscription ends.
    pub(crate) fn bill_use(&mut self, subscription: &mut Value) {
        let past = period_of(subscription);
        let end = past.end.min(self.now());
        let used = self.used(subscription, Period { end, ..past });
        if used.iter().any(|line| line.amount != 0) {
            let invoice = self.open_invoice(subscription, "subscription_cycle", used, past);
            let paid = self.pay_quietly(invoice, subscription);
            self.tell_of_payment(&paid);
        }
    }

    /// Ends a period, or a trial: the next one begins, with its invoice, unless the subscription ends with it.
    pub(crate) fn renew(&mut self, id: &str) -> Value {
        let Some(before) = self.any(id).cloned() else {
            return Value::Null;
        };
        let mut subscription = before.clone();
        let past = period_of(&before);
        if before["cancel_at_period_end"] == true {
            self.bill_use(&mut subscription);
            self.cancel(&mut subscription);
            return subscription;
        }
        let end = past.end.min(self.now());
        let used = self.used(&before, Period { end, ..past });
        if before["status"] == "trialing" {
            subscription["billing_cycle_anchor"] = json!(end);
            subscription["trial_end"] = json!(end);
        }
        let anchor = subscription["billing_cycle_anchor"].as_i64().unwrap_or(end);
        let next = Period {
            start: end,
            end: month_after(end, anchor),
        };
        let mut items = items_of(&before);
        for item in &mut items {
            item["current_period_start"] = json!(next.start);
            item["current_period_end"] = json!(next.end);
        }
        subscription["items"] = list_of(items.clone());
        subscription["status"] = json!("active");
        let mut lines = ahead(&items, next);
        lines.extend(used);
        let invoice = self.open_invoice(&mut subscription, "subscription_cycle", lines, past);
        let paid: Paid = self.pay_quietly(invoice, &mut subscription);
        self.tell_change(&before, &subscription);
        self.tell_of_payment(&paid);
        subscription
    }
}
