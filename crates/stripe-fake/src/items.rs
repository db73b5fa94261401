//! What a subscription is made of: items with a price, and seats where the price has them. What a change of them costs
//! in the middle of a period.

use crate::{books::Books, books::drawn, form::Params, money, problem::Problem};
use serde_json::{Value, json};

/// A period of a subscription.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Period {
    pub(crate) start: i64,
    pub(crate) end: i64,
}

impl Books {
    /// Items as a request lists them for a new subscription.
    pub(crate) fn new_items(
        &self,
        live: bool,
        given: &[Params],
        period: Period,
    ) -> Result<Vec<Value>, Problem> {
        if given.is_empty() {
            return Err(Problem::missing("items"));
        }
        given
            .iter()
            .map(|one| self.new_item(live, one, period))
            .collect()
    }

    fn new_item(&self, live: bool, given: &Params, period: Period) -> Result<Value, Problem> {
        let price = given
            .text("price")
            .ok_or_else(|| Problem::missing("items[0][price]"))?;
        let price = self.get("price", live, price)?;
        if price["active"] != true {
            return Err(Problem::invalid("The price specified is inactive."));
        }
        Ok(json!({
            "id": format!("si_{}", drawn()),
            "object": "subscription_item",
            "created": self.now(),
            "current_period_start": period.start,
            "current_period_end": period.end,
            "discounts": [],
            "metadata": {},
            "quantity": quantity(&price, given),
            "price": price,
            "tax_rates": [],
        }))
    }

    /// The items after a change: those that it names by id are changed or removed, those without are added.
    pub(crate) fn changed_items(
        &self,
        live: bool,
        before: &[Value],
        given: &[Params],
        period: Period,
    ) -> Result<Vec<Value>, Problem> {
        let mut items = before.to_vec();
        for change in given {
            let Some(id) = change.text("id") else {
                items.push(self.new_item(live, change, period)?);
                continue;
            };
            let at = items.iter().position(|item| item["id"] == id);
            let at = at.ok_or_else(|| Problem::no_such("subscription_item", id))?;
            if change.flag("deleted") == Some(true) {
                items.remove(at);
                continue;
            }
            let price = match change.text("price") {
                Some(price) => self.get("price", live, price)?,
                None => items[at]["price"].clone(),
            };
            if change.at("quantity").is_some() || items[at]["price"]["id"] != price["id"] {
                let kept = items[at]["quantity"].clone();
                let quantity = quantity(&price, change);
                let is_said = change.number("quantity").is_some();
                items[at]["quantity"] = if is_said || kept.is_null() {
                    quantity
                } else {
                    kept
                };
            }
            if is_metered(&price) {
                items[at]["quantity"] = Value::Null;
            }
            items[at]["price"] = price;
        }
        if items.is_empty() {
            return Err(Problem::invalid(
                "A subscription must have at least one item.",
            ));
        }
        Ok(items)
    }
}

fn quantity(price: &Value, given: &Params) -> Value {
    if is_metered(price) {
        return Value::Null;
    }
    json!(given.number("quantity").unwrap_or(1))
}

/// Whether what is used is paid, and not a number of seats.
pub(crate) fn is_metered(price: &Value) -> bool {
    price["recurring"]["usage_type"] == "metered"
}

/// A line of an invoice, before it has an id.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) amount: i64,
    pub(crate) quantity: i64,
    pub(crate) unit: String,
    pub(crate) description: String,
    pub(crate) period: Period,
    pub(crate) price: Value,
    pub(crate) item: Value,
    pub(crate) is_proration: bool,
}

/// What licensed items cost for a period ahead.
pub(crate) fn ahead(items: &[Value], period: Period) -> Vec<Line> {
    let licensed = items.iter().filter(|item| !is_metered(&item["price"]));
    let lines = licensed.flat_map(|item| {
        let quantity = item["quantity"].as_i64().unwrap_or(1);
        charged(item, quantity, period)
    });
    lines.collect()
}

/// The lines of one item for so many units.
pub(crate) fn charged(item: &Value, quantity: i64, period: Period) -> Vec<Line> {
    let charges = money::charges(&item["price"], quantity).into_iter();
    let lines = charges.map(|charge| Line {
        amount: charge.amount,
        quantity: charge.quantity,
        description: format!("{} × {}", charge.quantity, name(&item["price"])),
        unit: charge.unit,
        period,
        price: item["price"].clone(),
        item: item["id"].clone(),
        is_proration: false,
    });
    lines.collect()
}

fn name(price: &Value) -> &str {
    let name = price["nickname"].as_str().or(price["lookup_key"].as_str());
    name.unwrap_or("a price")
}

/// What a change costs for the rest of the period: what was paid and is not used comes back, and what is new is paid.
pub(crate) fn prorations(before: &[Value], after: &[Value], period: Period, at: i64) -> Vec<Line> {
    let same = |item: &Value, others: &[Value]| {
        let found = others.iter().find(|other| other["id"] == item["id"]);
        found.is_some_and(|other| {
            other["price"]["id"] == item["price"]["id"] && other["quantity"] == item["quantity"]
        })
    };
    let rest = Period {
        start: at,
        end: period.end,
    };
    let gone = before.iter().filter(|item| !same(item, after));
    let gone = gone.filter_map(|item| proration(item, period, rest, -1, "Unused time on"));
    let new = after.iter().filter(|item| !same(item, before));
    let new = new.filter_map(|item| proration(item, period, rest, 1, "Remaining time on"));
    gone.chain(new).collect()
}

fn proration(item: &Value, period: Period, rest: Period, sign: i64, words: &str) -> Option<Line> {
    if is_metered(&item["price"]) {
        return None;
    }
    let quantity = item["quantity"].as_i64().unwrap_or(1);
    let whole = money::amount(&item["price"], quantity);
    let amount = sign * money::share(whole, rest.end - rest.start, period.end - period.start);
    Some(Line {
        amount,
        quantity,
        unit: item["price"]["unit_amount_decimal"]
            .as_str()
            .unwrap_or("0")
            .into(),
        description: format!("{words} {quantity} × {}", name(&item["price"])),
        period: rest,
        price: item["price"].clone(),
        item: item["id"].clone(),
        is_proration: true,
    })
}
