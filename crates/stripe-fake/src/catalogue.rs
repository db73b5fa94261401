//! What is sold: products and their prices, found by id or by look-up key.

use crate::{
    books::Books,
    customers::metadata,
    problem::Problem,
    server::{Asked, Way, unknown},
};
use serde_json::{Value, json};

impl Books {
    pub(crate) fn catalogue(&mut self, way: Way<'_>, asked: &Asked) -> Result<Value, Problem> {
        let live = asked.live;
        match way {
            ("POST", ["products"]) => self.create_product(asked),
            ("GET", ["products"]) => Self::page(asked, &self.all("product", live, None)),
            ("GET", ["products", id]) => self.get("product", live, id),
            ("POST", ["products", id]) => {
                let mut product = self.get("product", live, id)?;
                change(&mut product, asked, &["name", "description"]);
                self.put(&product);
                self.tell("product.updated", &product, None);
                Ok(product)
            }
            ("POST", ["prices"]) => self.create_price(asked),
            ("GET", ["prices"]) => {
                let keys = asked.params.at("lookup_keys").and_then(Value::as_array);
                let mut all = self.all("price", live, None);
                all.retain(|price| keys.is_none_or(|keys| keys.contains(&price["lookup_key"])));
                if let Some(active) = asked.params.flag("active") {
                    all.retain(|price| price["active"] == active);
                }
                Self::page(asked, &all)
            }
            ("GET", ["prices", id]) => self.get("price", live, id),
            ("POST", ["prices", id]) => {
                let mut price = self.get("price", live, id)?;
                change(&mut price, asked, &["nickname"]);
                self.put(&price);
                self.tell("price.updated", &price, None);
                Ok(price)
            }
            _ => Err(unknown(asked)),
        }
    }

    fn create_product(&mut self, asked: &Asked) -> Result<Value, Problem> {
        let name = asked.params.text("name");
        let name = name.ok_or_else(|| Problem::missing("name"))?;
        let made = json!({
            "object": "product",
            "active": true,
            "created": self.now(),
            "updated": self.now(),
            "name": name,
            "description": asked.params.text("description"),
            "images": [],
            "marketing_features": [],
            "metadata": metadata(&Value::Null, asked),
            "type": "service",
        });
        let product = match asked.params.text("id") {
            Some(id) => self.insert_as(id, asked.live, made)?,
            None => self.insert("prod", asked.live, made),
        };
        self.tell("product.created", &product, None);
        Ok(product)
    }

    fn create_price(&mut self, asked: &Asked) -> Result<Value, Problem> {
        let params = &asked.params;
        let currency = params
            .text("currency")
            .ok_or_else(|| Problem::missing("currency"))?;
        let product = params
            .text("product")
            .ok_or_else(|| Problem::missing("product"))?;
        self.get("product", asked.live, product)?;
        let lookup_key = params.text("lookup_key");
        if let Some(key) = lookup_key {
            self.free_lookup_key(key, asked)?;
        }
        let usage_type = params.text("recurring.usage_type").unwrap_or("licensed");
        if usage_type == "metered" && params.text("recurring.meter").is_none() {
            let message = "Metered prices must be backed by meters: pass recurring[meter].";
            return Err(Problem::invalid(message));
        }
        let interval = params.text("recurring.interval");
        let recurring = interval.map(|interval| {
            json!({
                "interval": interval, "interval_count": 1, "usage_type": usage_type,
                "meter": params.text("recurring.meter"), "trial_period_days": null,
            })
        });
        let (unit, decimal) = unit_amount(asked)?;
        let tiers: Vec<_> = params.list("tiers").iter().map(tier).collect();
        let made = json!({
            "object": "price",
            "active": true,
            "billing_scheme": params.text("billing_scheme").unwrap_or("per_unit"),
            "created": self.now(),
            "currency": currency,
            "custom_unit_amount": null,
            "lookup_key": lookup_key,
            "metadata": metadata(&Value::Null, asked),
            "nickname": params.text("nickname"),
            "product": product,
            "recurring": recurring,
            "tax_behavior": "unspecified",
            "tiers": tiers,
            "tiers_mode": params.text("tiers_mode"),
            "type": if recurring.is_some() { "recurring" } else { "one_time" },
            "unit_amount": unit,
            "unit_amount_decimal": decimal,
        });
        let price = self.insert("price", asked.live, made);
        self.tell("price.created", &price, None);
        Ok(price)
    }

    /// A look-up key is of one price: of the one that has it, unless it is told to move.
    fn free_lookup_key(&mut self, key: &str, asked: &Asked) -> Result<(), Problem> {
        let all = self.all("price", asked.live, None);
        let holder = all
            .into_iter()
            .find(|price| price["lookup_key"] == key)
            .cloned();
        let Some(mut holder) = holder else {
            return Ok(());
        };
        if asked.params.flag("transfer_lookup_key") != Some(true) {
            return Err(Problem::invalid(format!(
                "A price (`{}`) already uses that lookup key.",
                holder["id"].as_str().unwrap_or_default()
            )));
        }
        holder["lookup_key"] = Value::Null;
        self.put(&holder);
        Ok(())
    }
}

fn unit_amount(asked: &Asked) -> Result<(Option<i64>, Option<String>), Problem> {
    let params = &asked.params;
    if params.text("billing_scheme") == Some("tiered") {
        return Ok((None, None));
    }
    if let Some(whole) = params.number("unit_amount") {
        return Ok((Some(whole), Some(whole.to_string())));
    }
    let decimal = params.text("unit_amount_decimal");
    let decimal = decimal.ok_or_else(|| Problem::missing("unit_amount"))?;
    Ok((None, Some(decimal.to_owned())))
}

fn tier(given: &crate::form::Params) -> Value {
    let decimal = given
        .text("unit_amount_decimal")
        .or_else(|| given.text("unit_amount"));
    json!({
        "up_to": given.number("up_to"),
        "unit_amount": given.number("unit_amount"),
        "unit_amount_decimal": decimal,
        "flat_amount": null,
        "flat_amount_decimal": null,
    })
}

fn change(object: &mut Value, asked: &Asked, texts: &[&str]) {
    for name in texts {
        if let Some(value) = asked.params.text(name) {
            object[*name] = json!(value);
        }
    }
    if let Some(active) = asked.params.flag("active") {
        object["active"] = json!(active);
    }
    object["metadata"] = metadata(&object["metadata"].clone(), asked);
}
