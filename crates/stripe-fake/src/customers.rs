//! Customers, their cards, and their tax ids.

use crate::{
    books::Books,
    problem::Problem,
    server::{Asked, Way, unknown},
};
use serde_json::{Map, Value, json};

impl Books {
    pub(crate) fn customers(&mut self, way: Way<'_>, asked: &Asked) -> Result<Value, Problem> {
        let live = asked.live;
        match way {
            ("POST", ["customers"]) => Ok(self.create_customer(asked)),
            ("GET", ["customers"]) => {
                let email = asked.params.text("email");
                let mut all = self.all("customer", live, None);
                all.retain(|one| email.is_none_or(|email| one["email"] == email));
                Self::page(asked, &all)
            }
            ("GET", ["customers", id]) => self.get("customer", live, id),
            ("POST", ["customers", id]) => self.change_customer(id, asked),
            ("DELETE", ["customers", id]) => self.delete_customer(id, live),
            ("GET", ["customers", id, "tax_ids"]) => {
                self.get("customer", live, id)?;
                Self::page(asked, &self.all("tax_id", live, Some(*id)))
            }
            ("POST", ["customers", id, "tax_ids"]) => self.create_tax_id(id, asked),
            ("POST", ["payment_methods"]) => Ok(self.insert(
                "pm",
                live,
                json!({ "object": "payment_method", "type": "card", "card": card() }),
            )),
            ("POST", ["payment_methods", method, "attach"]) => {
                let customer = asked.params.text("customer");
                let customer = customer.ok_or_else(|| Problem::missing("customer"))?;
                let mut customer = self.get("customer", live, customer)?;
                // Stripe's name for a card that can be attached and not charged.
                if *method == "pm_card_chargeCustomerFail" {
                    self.declining.insert(text(&customer["id"]));
                }
                Ok(self.give_card(&mut customer))
            }
            _ => Err(unknown(asked)),
        }
    }

    fn create_customer(&mut self, asked: &Asked) -> Value {
        let params = &asked.params;
        let mut customer = self.insert(
            "cus",
            asked.live,
            json!({
                "object": "customer",
                "created": self.now(),
                "name": params.text("name"),
                "email": params.text("email"),
                "description": params.text("description"),
                "metadata": metadata(&Value::Null, asked),
                "currency": null,
                "balance": 0,
                "delinquent": false,
                "address": params.at("address"),
                "invoice_settings": { "default_payment_method": null },
            }),
        );
        // The customer's own lists find it by its id.
        if params.text("payment_method").is_some() {
            self.give_card(&mut customer);
        }
        self.tell("customer.created", &customer, None);
        customer
    }

    fn change_customer(&mut self, id: &str, asked: &Asked) -> Result<Value, Problem> {
        let before = self.get("customer", asked.live, id)?;
        let mut customer = before.clone();
        for name in ["name", "email", "description"] {
            if let Some(value) = asked.params.at(name) {
                customer[name] = value.clone();
            }
        }
        customer["metadata"] = metadata(&before["metadata"], asked);
        self.put(&customer);
        let previous = difference(&before, &customer);
        self.tell("customer.updated", &customer, Some(previous));
        Ok(customer)
    }

    fn delete_customer(&mut self, id: &str, live: bool) -> Result<Value, Problem> {
        let mut customer = self.get("customer", live, id)?;
        let subscriptions = self.all("subscription", live, Some(id));
        let subscriptions: Vec<Value> = subscriptions.into_iter().cloned().collect();
        for mut subscription in subscriptions {
            self.cancel(&mut subscription);
        }
        customer["deleted"] = json!(true);
        self.put(&customer);
        self.tell("customer.deleted", &customer, None);
        Ok(json!({ "id": id, "object": "customer", "deleted": true }))
    }

    /// Gives a customer a card that works.
    pub(crate) fn give_card(&mut self, customer: &mut Value) -> Value {
        let live = customer["livemode"] == true;
        let id = &customer["id"];
        let method = self.insert(
            "pm",
            live,
            json!({ "object": "payment_method", "type": "card", "card": card(), "customer": id }),
        );
        customer["invoice_settings"]["default_payment_method"] = method["id"].clone();
        self.put(customer);
        method
    }

    fn create_tax_id(&mut self, customer: &str, asked: &Asked) -> Result<Value, Problem> {
        self.get("customer", asked.live, customer)?;
        let (kind, value) = (asked.params.text("type"), asked.params.text("value"));
        let kind = kind.ok_or_else(|| Problem::missing("type"))?;
        let value = value.ok_or_else(|| Problem::missing("value"))?;
        let plausible = value.len() >= 5 && value.chars().any(|c| c.is_ascii_digit());
        if !plausible {
            return Err(Problem::invalid(format!("Invalid value for {kind}.")));
        }
        let made = json!({
            "object": "tax_id",
            "created": self.now(),
            "customer": customer,
            "type": kind,
            "value": value,
            "country": kind.split('_').next().unwrap_or_default().to_uppercase(),
            "verification": { "status": "pending", "verified_name": null, "verified_address": null },
        });
        let tax_id = self.insert("txi", asked.live, made);
        self.tell("customer.tax_id.created", &tax_id, None);
        Ok(tax_id)
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn card() -> Value {
    json!({ "brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2034 })
}

/// What a thing is labelled with, after a request that may say more of it.
pub(crate) fn metadata(before: &Value, asked: &Asked) -> Value {
    let mut kept = before.as_object().cloned().unwrap_or_default();
    let given = asked.params.at("metadata").and_then(Value::as_object);
    for (name, value) in given.into_iter().flatten() {
        if value == "" {
            kept.remove(name);
        } else {
            kept.insert(name.clone(), value.clone());
        }
    }
    Value::Object(kept)
}

/// The parts that were otherwise, as they were.
pub(crate) fn difference(before: &Value, after: &Value) -> Value {
    let fields = before.as_object().into_iter().flatten();
    let changed = fields.filter(|(name, value)| after[name.as_str()] != **value);
    Value::Object(
        changed
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect::<Map<_, _>>(),
    )
}
