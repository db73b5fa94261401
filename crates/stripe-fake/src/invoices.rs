//! Invoices: made, paid or not, and shown before they are made.

use crate::{
    books::{Books, drawn},
    items::{Line, Period, ahead, charged, is_metered},
    lines::{line_of_item, said},
    problem::Problem,
    server::{Asked, Way, unknown},
    subscriptions::{change_costs, items_of, list_of, period_of},
};
use serde_json::{Value, json};

const A_DAY: i64 = 24 * 60 * 60;

/// After so many attempts nobody tries again.
const MOST_ATTEMPTS: i64 = 4;

/// What came of paying an invoice, to be told of.
pub(crate) struct Paid {
    invoice: Value,
    worked: bool,
}

impl Books {
    pub(crate) fn invoicing(&mut self, way: Way<'_>, asked: &Asked) -> Result<Value, Problem> {
        let live = asked.live;
        match way {
            ("GET", ["invoices"]) => {
                let customer = asked.params.text("customer");
                let mut all = self.all("invoice", live, customer);
                if let Some(status) = asked.params.text("status") {
                    all.retain(|one| one["status"] == status);
                }
                Self::page(asked, &all)
            }
            ("POST", ["invoices", "create_preview"]) => self.preview(asked),
            ("GET", ["invoices", id]) => self.get("invoice", live, id),
            ("GET", ["invoices", id, "lines"]) => {
                let invoice = self.get("invoice", live, id)?;
                let lines = invoice["lines"]["data"]
                    .as_array()
                    .cloned()
                    .unwrap_or_default();
                Self::page(asked, &lines.iter().collect::<Vec<_>>())
            }
            ("POST", ["invoices", id, "pay"]) => {
                let invoice = self.get("invoice", live, id)?;
                self.pay(invoice)
            }
            ("POST", ["invoiceitems"]) => self.create_item(asked),
            ("POST", ["invoices"]) => self.invoice_of_items(asked),
            _ => Err(unknown(asked)),
        }
    }

    /// Makes an invoice of a subscription: these lines, and what was noted for it.
    pub(crate) fn open_invoice(
        &mut self,
        subscription: &mut Value,
        reason: &str,
        lines: Vec<Line>,
        period: Period,
    ) -> Value {
        let live = subscription["livemode"] == true;
        let customer = subscription["customer"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let mut lines: Vec<Value> = lines
            .iter()
            .map(|line| said(line, &subscription["id"], &subscription["currency"]))
            .collect();
        lines.extend(self.noted(live, &customer, Some(&subscription["id"])));
        let parent = json!({
            "type": "subscription_details",
            "quote_details": null,
            "subscription_details": { "subscription": subscription["id"], "metadata": subscription["metadata"] },
        });
        let currency = subscription["currency"].clone();
        let made = self.blank(&customer, &currency, reason, lines, period, parent);
        let invoice = self.insert("in", live, made);
        let invoice = self.finalized(invoice);
        subscription["latest_invoice"] = invoice["id"].clone();
        self.put(subscription);
        invoice
    }

    fn blank(
        &self,
        customer: &str,
        currency: &Value,
        reason: &str,
        lines: Vec<Value>,
        period: Period,
        parent: Value,
    ) -> Value {
        let total: i64 = lines
            .iter()
            .filter_map(|line| line["amount"].as_i64())
            .sum();
        json!({
            "object": "invoice",
            "amount_due": total.max(0),
            "amount_paid": 0,
            "amount_remaining": total.max(0),
            "attempt_count": 0,
            "attempted": false,
            "auto_advance": true,
            "billing_reason": reason,
            "collection_method": "charge_automatically",
            "created": self.now(),
            "currency": currency,
            "customer": customer,
            "description": null,
            "ending_balance": total.min(0),
            "hosted_invoice_url": null,
            "invoice_pdf": null,
            "lines": list_of(lines),
            "metadata": {},
            "next_payment_attempt": null,
            "number": null,
            "parent": parent,
            "period_end": period.end,
            "period_start": period.start,
            "starting_balance": 0,
            "status": "draft",
            "status_transitions": {
                "finalized_at": null, "marked_uncollectible_at": null, "paid_at": null, "voided_at": null
            },
            "subtotal": total,
            "total": total,
            "total_taxes": [],
        })
    }

    fn finalized(&mut self, mut invoice: Value) -> Value {
        self.tell("invoice.created", &invoice, None);
        self.invoices += 1;
        let id = invoice["id"].as_str().unwrap_or_default().to_owned();
        invoice["hosted_invoice_url"] = json!(format!("{}/pay/invoices/{id}", self.base));
        invoice["invoice_pdf"] = json!(format!("{}/pay/invoices/{id}/pdf", self.base));
        invoice["number"] = json!(format!("FAKE-{:04}", self.invoices));
        invoice["status"] = json!("open");
        invoice["status_transitions"]["finalized_at"] = json!(self.now());
        self.put(&invoice);
        self.tell("invoice.finalized", &invoice, None);
        invoice
    }

    /// Pays an invoice, and its subscription is what it is by that. Nothing of the payment is told yet.
    pub(crate) fn pay_quietly(&mut self, mut invoice: Value, subscription: &mut Value) -> Paid {
        let now = self.now();
        let due = invoice["amount_due"].as_i64().unwrap_or_default();
        let customer = invoice["customer"].as_str().unwrap_or_default();
        let worked = due == 0 || (!self.declining.contains(customer) && self.has_card(customer));
        let attempts = invoice["attempt_count"].as_i64().unwrap_or_default() + 1;
        invoice["attempt_count"] = json!(attempts);
        invoice["attempted"] = json!(true);
        if worked {
            invoice["status"] = json!("paid");
            invoice["amount_paid"] = json!(due);
            invoice["amount_remaining"] = json!(0);
            invoice["status_transitions"]["paid_at"] = json!(now);
            invoice["next_payment_attempt"] = Value::Null;
        } else {
            let next = (attempts < MOST_ATTEMPTS).then_some(now + 3 * A_DAY);
            invoice["next_payment_attempt"] = json!(next);
        }
        self.put(&invoice);
        let is_latest = subscription["latest_invoice"] == invoice["id"];
        let status = subscription["status"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let now_is = match (worked, status.as_str()) {
            (_, "canceled") => "canceled",
            (true, "trialing") if invoice["billing_reason"] == "subscription_create" => "trialing",
            (true, _) => "active",
            (false, "incomplete") => "incomplete",
            (false, _) if attempts >= MOST_ATTEMPTS => "unpaid",
            (false, _) => "past_due",
        };
        if is_latest {
            subscription["status"] = json!(now_is);
            self.put(subscription);
        }
        Paid { invoice, worked }
    }

    /// Tells how a payment went.
    pub(crate) fn tell_of_payment(&mut self, paid: &Paid) {
        let invoice = &paid.invoice;
        if paid.worked {
            self.tell("invoice.paid", invoice, None);
            self.tell("invoice.payment_succeeded", invoice, None);
        } else {
            self.tell("invoice.payment_failed", invoice, None);
        }
    }

    /// Tries to pay an open invoice.
    pub(crate) fn pay(&mut self, invoice: Value) -> Result<Value, Problem> {
        if invoice["status"] != "open" {
            return Err(Problem::invalid("Invoice is already paid"));
        }
        let of = &invoice["parent"]["subscription_details"]["subscription"];
        let subscription = of.as_str().and_then(|id| self.any(id)).cloned();
        let before = subscription.unwrap_or(Value::Null);
        let mut after = before.clone();
        let paid = self.pay_quietly(invoice, &mut after);
        self.tell_of_payment(&paid);
        self.tell_change(&before, &after);
        if !paid.worked {
            return Err(Problem::declined());
        }
        Ok(paid.invoice)
    }

    fn has_card(&self, customer: &str) -> bool {
        let customer = self.any(customer);
        customer.is_some_and(|one| !one["invoice_settings"]["default_payment_method"].is_null())
    }

    /// Takes what was noted for the next invoice.
    fn noted(&mut self, live: bool, customer: &str, of: Option<&Value>) -> Vec<Value> {
        let items: Vec<Value> = self.waiting(live, customer, of);
        let lines = items.iter().map(line_of_item).collect();
        for mut item in items {
            item["invoice"] = json!("taken");
            self.put(&item);
        }
        lines
    }

    fn waiting(&self, live: bool, customer: &str, of: Option<&Value>) -> Vec<Value> {
        let all = self
            .all("invoiceitem", live, Some(customer))
            .into_iter()
            .rev();
        let ours = all.filter(|item| of.is_none_or(|of| item["subscription"] == *of));
        ours.filter(|item| item["invoice"].is_null())
            .cloned()
            .collect()
    }

    /// An invoice that is not made: what a change would cost, and what comes at the end of the period.
    fn preview(&mut self, asked: &Asked) -> Result<Value, Problem> {
        let id = asked.params.text("subscription");
        let id = id.ok_or_else(|| Problem::missing("subscription"))?;
        let before = self.get("subscription", asked.live, id)?;
        let details = asked.params.part("subscription_details");
        let (now, period) = (self.now(), period_of(&before));
        let mut after = before.clone();
        let items = self.changed_items(
            asked.live,
            &items_of(&before),
            &details.list("items"),
            period,
        )?;
        after["items"] = list_of(items.clone());
        let at = details.number("proration_date").unwrap_or(now);
        if !(period.start..=period.end).contains(&at) {
            return Err(Problem::invalid(
                "proration_date must be in the current period.",
            ));
        }
        let behaviour = details
            .text("proration_behavior")
            .unwrap_or("create_prorations");
        let mut lines = change_costs(&before, &after, at, behaviour);
        let next = Period {
            start: period.end,
            end: crate::calendar::month_after(
                period.end,
                before["billing_cycle_anchor"]
                    .as_i64()
                    .unwrap_or(period.end),
            ),
        };
        let customer = before["customer"].as_str().unwrap_or_default().to_owned();
        if behaviour != "always_invoice" {
            lines.extend(ahead(&items, next));
            lines.extend(self.used(&after, period));
        }
        let mut lines: Vec<Value> = lines
            .iter()
            .map(|line| said(line, &before["id"], &before["currency"]))
            .collect();
        lines.extend(
            self.waiting(asked.live, &customer, Some(&before["id"]))
                .iter()
                .map(line_of_item),
        );
        let parent = json!({ "type": "subscription_details", "subscription_details": { "subscription": id } });
        let currency = before["currency"].clone();
        let mut preview = self.blank(&customer, &currency, "upcoming", lines, period, parent);
        preview["id"] = json!(format!("upcoming_{}", drawn()));
        preview["livemode"] = json!(asked.live);
        Ok(preview)
    }

    /// The lines of what was used in a period, by the meters.
    pub(crate) fn used(&self, subscription: &Value, period: Period) -> Vec<Line> {
        let items = items_of(subscription).into_iter();
        let metered = items.filter(|item| is_metered(&item["price"]));
        let lines = metered.flat_map(|item| {
            let meter = item["price"]["recurring"]["meter"]
                .as_str()
                .unwrap_or_default();
            let customer = subscription["customer"].as_str().unwrap_or_default();
            let used = self.metered(meter, customer, period.start, period.end);
            charged(&item, used, period)
        });
        lines.collect()
    }

    fn create_item(&mut self, asked: &Asked) -> Result<Value, Problem> {
        let customer = asked.params.text("customer");
        let customer = customer.ok_or_else(|| Problem::missing("customer"))?;
        self.get("customer", asked.live, customer)?;
        let now = self.now();
        Ok(self.insert(
            "ii",
            asked.live,
            json!({
                "object": "invoiceitem",
                "customer": customer,
                "amount": asked.params.number("amount"),
                "currency": asked.params.text("currency").unwrap_or("usd"),
                "description": asked.params.text("description"),
                "invoice": null,
                "period": { "start": now, "end": now },
                "proration": false,
                "quantity": 1,
                "subscription": null,
            }),
        ))
    }

    fn invoice_of_items(&mut self, asked: &Asked) -> Result<Value, Problem> {
        let customer = asked.params.text("customer");
        let customer = customer
            .ok_or_else(|| Problem::missing("customer"))?
            .to_owned();
        self.get("customer", asked.live, &customer)?;
        let now = self.now();
        let lines = self.noted(asked.live, &customer, None);
        let period = Period {
            start: now,
            end: now,
        };
        let made = self.blank(
            &customer,
            &json!("usd"),
            "manual",
            lines,
            period,
            Value::Null,
        );
        let invoice = self.insert("in", asked.live, made);
        Ok(self.finalized(invoice))
    }
}
