//! Sessions of Checkout and of the customer portal: where people are led to pay.

use crate::{
    books::{Books, drawn},
    customers::metadata,
    form::Params,
    problem::Problem,
    server::{Asked, Way, unknown},
};
use serde_json::{Value, json};

impl Books {
    pub(crate) fn checkouts(&mut self, way: Way<'_>, asked: &Asked) -> Result<Value, Problem> {
        let live = asked.live;
        match way {
            ("POST", ["checkout", "sessions"]) => self.create_session(asked),
            ("GET", ["checkout", "sessions"]) => {
                let customer = asked.params.text("customer");
                Self::page(asked, &self.all("checkout.session", live, customer))
            }
            ("GET", ["checkout", "sessions", id] | ["payment_pages", id]) => {
                self.get("checkout.session", live, id)
            }
            ("POST", ["checkout", "sessions", id, "expire"]) => {
                let mut session = self.get("checkout.session", live, id)?;
                if session["status"] != "open" {
                    return Err(Problem::invalid(
                        "Only Checkout Sessions with a status of open can be expired.",
                    ));
                }
                session["status"] = json!("expired");
                session["url"] = Value::Null;
                self.put(&session);
                self.tell("checkout.session.expired", &session, None);
                Ok(session)
            }
            ("POST", ["payment_pages", id, "confirm"]) => {
                self.get("checkout.session", live, id)?;
                self.complete_checkout(id)
            }
            ("POST", ["billing_portal", "sessions"]) => self.create_portal(asked),
            _ => Err(unknown(asked)),
        }
    }

    fn create_session(&mut self, asked: &Asked) -> Result<Value, Problem> {
        let params = &asked.params;
        let mode = params
            .text("mode")
            .ok_or_else(|| Problem::missing("mode"))?;
        let success = params.text("success_url");
        let success = success.ok_or_else(|| Problem::missing("success_url"))?;
        let customer = params.text("customer");
        if let Some(customer) = customer {
            self.get("customer", asked.live, customer)?;
        }
        let items = params.list("line_items");
        if items.is_empty() {
            return Err(Problem::missing("line_items"));
        }
        for item in &items {
            let price = item.text("price").unwrap_or_default();
            let price = self.get("price", asked.live, price)?;
            let is_metered = price["recurring"]["usage_type"] == "metered";
            if is_metered && item.at("quantity").is_some() {
                return Err(Problem::invalid(
                    "Quantity should not be specified where usage_type is metered.",
                ));
            }
        }
        let made = json!({
            "object": "checkout.session",
            "automatic_tax": { "enabled": params.flag("automatic_tax.enabled").unwrap_or(false) },
            "cancel_url": params.text("cancel_url"),
            "client_reference_id": params.text("client_reference_id"),
            "created": self.now(),
            "customer": customer,
            "expires_at": self.now() + 24 * 60 * 60,
            "invoice": null,
            "metadata": metadata(&Value::Null, asked),
            "mode": mode,
            "payment_status": "unpaid",
            "status": "open",
            "subscription": null,
            "success_url": success,
            "tax_id_collection": { "enabled": params.flag("tax_id_collection.enabled").unwrap_or(false) },
            "url": null,
            // What a session does not show, and does when it is paid.
            "_items": params.at("line_items"),
            "_subscription_data": params.at("subscription_data"),
        });
        let mut session = self.insert("cs", asked.live, made);
        let id = session["id"].as_str().unwrap_or_default();
        session["url"] = json!(format!("{}/pay/{id}", self.base));
        self.put(&session);
        Ok(session)
    }

    /// Pays in a session, as a person does who has a card.
    pub(crate) fn complete_checkout(&mut self, id: &str) -> Result<Value, Problem> {
        let session = self.any(id).cloned();
        let mut session = session.ok_or_else(|| Problem::no_such("checkout.session", id))?;
        if session["status"] != "open" {
            return Err(Problem::invalid("This Checkout Session is no longer open."));
        }
        let live = session["livemode"] == true;
        let customer = match session["customer"].as_str() {
            Some(id) => id.to_owned(),
            None => self.customer_of_session(live),
        };
        let mut paying = self.get("customer", live, &customer)?;
        self.give_card(&mut paying);
        self.tell("customer.updated", &paying, Some(json!({})));
        if session["mode"] == "subscription" {
            let data = Params(session["_subscription_data"].clone());
            let items = Params(json!({ "items": session["_items"] })).list("items");
            let days = data.number("trial_period_days").unwrap_or(0);
            let labels = data.at("metadata").cloned().unwrap_or_else(|| json!({}));
            let subscription = self.begin(live, &customer, &items, days, &labels)?;
            session["subscription"] = subscription["id"].clone();
            session["invoice"] = subscription["latest_invoice"].clone();
        }
        session["customer"] = json!(customer);
        session["status"] = json!("complete");
        session["payment_status"] = json!("paid");
        session["url"] = Value::Null;
        self.put(&session);
        self.tell("checkout.session.completed", &session, None);
        Ok(session)
    }

    fn customer_of_session(&mut self, live: bool) -> String {
        let now = self.now();
        let made = json!({
            "object": "customer", "created": now, "name": null, "email": null, "metadata": {},
            "invoice_settings": { "default_payment_method": null },
        });
        let customer = self.insert("cus", live, made);
        self.tell("customer.created", &customer, None);
        customer["id"].as_str().unwrap_or_default().to_owned()
    }

    fn create_portal(&mut self, asked: &Asked) -> Result<Value, Problem> {
        let customer = asked.params.text("customer");
        let customer = customer.ok_or_else(|| Problem::missing("customer"))?;
        self.get("customer", asked.live, customer)?;
        let made = json!({
            "object": "billing_portal.session",
            "configuration": "bpc_fake",
            "created": self.now(),
            "customer": customer,
            "flow": null,
            "locale": null,
            "on_behalf_of": null,
            "return_url": asked.params.text("return_url"),
            "url": format!("{}/portal/{}", self.base, drawn()),
        });
        let session = self.insert("bps", asked.live, made);
        self.tell("billing_portal.session.created", &session, None);
        Ok(session)
    }
}
