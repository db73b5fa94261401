//! Subscriptions: begun, changed, cancelled.

use crate::{
    books::{Books, drawn},
    calendar::month_after,
    customers::{difference, metadata},
    items::{Line, Period, ahead, prorations},
    problem::Problem,
    server::{Asked, Way, unknown},
};
use serde_json::{Value, json};

const A_DAY: i64 = 24 * 60 * 60;

impl Books {
    pub(crate) fn subscriptions(&mut self, way: Way<'_>, asked: &Asked) -> Result<Value, Problem> {
        let live = asked.live;
        match way {
            ("POST", ["subscriptions"]) => self.create_subscription(asked),
            ("GET", ["subscriptions"]) => {
                let customer = asked.params.text("customer");
                let mut all = self.all("subscription", live, customer);
                match asked.params.text("status") {
                    Some("all") => {}
                    Some(status) => all.retain(|one| one["status"] == status),
                    None => all.retain(|one| one["status"] != "canceled"),
                }
                Self::page(asked, &all)
            }
            ("GET", ["subscriptions", id]) => self.get("subscription", live, id),
            ("POST", ["subscriptions", id]) => self.change_subscription(id, asked),
            ("DELETE", ["subscriptions", id]) => {
                let mut subscription = self.get("subscription", live, id)?;
                if subscription["status"] == "canceled" {
                    return Err(Problem::no_such("subscription", id));
                }
                if asked.params.flag("invoice_now") == Some(true) {
                    self.bill_use(&mut subscription);
                }
                self.cancel(&mut subscription);
                Ok(subscription)
            }
            _ => Err(unknown(asked)),
        }
    }

    fn create_subscription(&mut self, asked: &Asked) -> Result<Value, Problem> {
        let customer = asked.params.text("customer");
        let customer = customer.ok_or_else(|| Problem::missing("customer"))?;
        self.get("customer", asked.live, customer)?;
        let days = asked.params.number("trial_period_days").unwrap_or(0);
        let items = asked.params.list("items");
        let labels = metadata(&Value::Null, asked);
        self.begin(asked.live, customer, &items, days, &labels)
    }

    /// Begins a subscription, with its first invoice.
    pub(crate) fn begin(
        &mut self,
        live: bool,
        customer: &str,
        items: &[crate::form::Params],
        trial_days: i64,
        labels: &Value,
    ) -> Result<Value, Problem> {
        let now = self.now();
        let trial_end = (trial_days > 0).then(|| now + trial_days * A_DAY);
        let period = Period {
            start: now,
            end: trial_end.unwrap_or_else(|| month_after(now, now)),
        };
        let items = self.new_items(live, items, period)?;
        let currency = items[0]["price"]["currency"].clone();
        let made = json!({
            "object": "subscription",
            "billing_cycle_anchor": trial_end.unwrap_or(now),
            "billing_mode": { "type": "flexible" },
            "cancel_at": null,
            "cancel_at_period_end": false,
            "canceled_at": null,
            "collection_method": "charge_automatically",
            "created": now,
            "currency": currency,
            "customer": customer,
            "discounts": [],
            "ended_at": null,
            "items": list_of(items),
            "latest_invoice": null,
            "metadata": labels,
            "schedule": null,
            "start_date": now,
            "status": if trial_end.is_some() { "trialing" } else { "incomplete" },
            "trial_end": trial_end,
            "trial_start": trial_end.map(|_| now),
        });
        let mut subscription = self.insert("sub", live, made);
        let id = subscription["id"].clone();
        for item in subscription["items"]["data"]
            .as_array_mut()
            .into_iter()
            .flatten()
        {
            item["subscription"] = id.clone();
        }
        self.put(&subscription);
        let lines = match trial_end {
            Some(_) => Vec::new(),
            None => ahead(&items_of(&subscription), period),
        };
        let invoice = self.open_invoice(&mut subscription, "subscription_create", lines, period);
        let paid = self.pay_quietly(invoice, &mut subscription);
        self.tell("customer.subscription.created", &subscription, None);
        self.tell_of_payment(&paid);
        Ok(subscription)
    }

    fn change_subscription(&mut self, id: &str, asked: &Asked) -> Result<Value, Problem> {
        let before = self.get("subscription", asked.live, id)?;
        if before["status"] == "canceled" {
            return Err(Problem::invalid(
                "A canceled subscription can only update its metadata.",
            ));
        }
        let mut subscription = before.clone();
        let period = period_of(&before);
        let now = self.now();
        if asked.params.at("items").is_some() {
            let given = asked.params.list("items");
            let items = self.changed_items(asked.live, &items_of(&before), &given, period)?;
            subscription["items"] = list_of(items);
        }
        if let Some(cancel) = asked.params.flag("cancel_at_period_end") {
            subscription["cancel_at_period_end"] = json!(cancel);
            subscription["cancel_at"] = if cancel {
                json!(period.end)
            } else {
                Value::Null
            };
            subscription["canceled_at"] = if cancel { json!(now) } else { Value::Null };
        }
        if asked.params.text("trial_end") == Some("now") && before["status"] == "trialing" {
            self.put(&subscription);
            self.tell_change(&before, &subscription);
            return Ok(self.renew(id));
        }
        subscription["metadata"] = metadata(&before["metadata"], asked);
        self.put(&subscription);
        let behaviour = asked
            .params
            .text("proration_behavior")
            .unwrap_or("create_prorations");
        let lines = change_costs(&before, &subscription, now, behaviour);
        self.tell_change(&before, &subscription);
        if behaviour == "always_invoice" && !lines.is_empty() {
            let invoice =
                self.open_invoice(&mut subscription, "subscription_update", lines, period);
            let paid = self.pay_quietly(invoice, &mut subscription);
            self.tell_of_payment(&paid);
        } else {
            self.note_for_later(&subscription, &lines);
        }
        self.get("subscription", asked.live, id)
    }

    /// Ends a subscription now.
    pub(crate) fn cancel(&mut self, subscription: &mut Value) {
        if subscription["status"] == "canceled" {
            return;
        }
        let now = self.now();
        subscription["status"] = json!("canceled");
        subscription["ended_at"] = json!(now);
        if subscription["canceled_at"].is_null() {
            subscription["canceled_at"] = json!(now);
        }
        self.put(subscription);
        self.tell("customer.subscription.deleted", subscription, None);
    }

    /// Tells that a subscription is otherwise now, if it is.
    pub(crate) fn tell_change(&mut self, before: &Value, after: &Value) {
        let previous = difference(before, after);
        if previous
            .as_object()
            .is_some_and(|fields| !fields.is_empty())
        {
            self.tell("customer.subscription.updated", after, Some(previous));
        }
    }

    /// Keeps lines for the next invoice.
    fn note_for_later(&mut self, subscription: &Value, lines: &[Line]) {
        for line in lines {
            let live = subscription["livemode"] == true;
            self.insert(
                "ii",
                live,
                json!({
                    "object": "invoiceitem",
                    "customer": subscription["customer"],
                    "amount": line.amount,
                    "currency": subscription["currency"],
                    "description": line.description,
                    "invoice": null,
                    "period": { "start": line.period.start, "end": line.period.end },
                    "proration": true,
                    "quantity": line.quantity,
                    "unit_amount_decimal": line.unit,
                    "price": line.price,
                    "subscription": subscription["id"],
                    "subscription_item": line.item,
                }),
            );
        }
    }
}

/// What a change costs for the rest of the period.
pub(crate) fn change_costs(before: &Value, after: &Value, at: i64, behaviour: &str) -> Vec<Line> {
    if before["status"] == "trialing" || behaviour == "none" {
        return Vec::new();
    }
    prorations(&items_of(before), &items_of(after), period_of(before), at)
}

/// A list inside a thing.
pub(crate) fn list_of(items: Vec<Value>) -> Value {
    json!({ "object": "list", "has_more": false, "total_count": items.len(), "data": items, "url": format!("/v1/{}", drawn()) })
}

/// The items of a subscription.
pub(crate) fn items_of(subscription: &Value) -> Vec<Value> {
    subscription["items"]["data"]
        .as_array()
        .cloned()
        .unwrap_or_default()
}

/// The period that a subscription is in.
pub(crate) fn period_of(subscription: &Value) -> Period {
    let item = &subscription["items"]["data"][0];
    Period {
        start: item["current_period_start"].as_i64().unwrap_or_default(),
        end: item["current_period_end"].as_i64().unwrap_or_default(),
    }
}
