//! What is sold, at Stripe: a product for each plan that costs something, its prices, and the one meter of all plans.
//! Made from the plans, found again by look-up keys, and made anew where a plan has other terms.

use super::stripe::{
    Form, Stripe,
    objects::{Meter, Price, Thing},
};
use crate::Services;
use api_types::plans::{Plan, minor_units};
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError},
    time::{Duration, Instant},
};

/// The meter's name for what we tell it.
pub(super) const METER: &str = "bulkhead_units";

/// For so long it is taken for granted that the catalogue is there.
const FRESH: Duration = Duration::from_mins(30);

/// Labels of our prices.
pub(super) const PLAN: &str = "bulkhead_plan";
pub(super) const PART: &str = "bulkhead_part";
const TERMS: &str = "bulkhead_terms";

/// What a plan's price is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Part {
    /// The plan itself, once.
    Base,
    /// A member beyond those that it includes.
    Seat,
    /// What is used beyond the included units.
    Usage,
}

impl Part {
    pub(super) const ALL: [Self; 3] = [Self::Base, Self::Seat, Self::Usage];

    fn as_str(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Seat => "seat",
            Self::Usage => "usage",
        }
    }

    /// Reads the label.
    pub(super) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.as_str() == word)
    }

    /// What it costs, so that other terms are seen; none: the plan does not sell it.
    fn terms(self, plan: &Plan) -> Option<String> {
        let currency = &plan.currency;
        match self {
            Self::Base => Some(format!("{currency}:{}", plan.monthly_price)),
            Self::Seat => plan.seat_price.map(|price| format!("{currency}:{price}")),
            Self::Usage => {
                let (included, micros) = (plan.included_units?, plan.overage_micros?);
                Some(format!("{currency}:{included}:{micros}"))
            }
        }
    }

    fn lookup_key(self, plan: &Plan) -> String {
        format!("bulkhead_{}_{}", plan.id, self.as_str())
    }
}

/// What there is to sell.
#[derive(Debug, Default)]
pub(super) struct Catalogue {
    /// By plan and part, the price's id.
    prices: HashMap<(String, Part), String>,
    /// The meter's id.
    pub(super) meter: String,
}

impl Catalogue {
    /// A plan's price of a part, where it has one.
    pub(super) fn price(&self, plan: &str, part: Part) -> Option<&str> {
        let found = self.prices.get(&(plan.to_owned(), part));
        found.map(String::as_str)
    }

    /// The part that a price is for.
    pub(super) fn part(&self, price: &str) -> Option<Part> {
        let found = self.prices.iter().find(|(_, id)| *id == price);
        found.map(|((_, part), _)| *part)
    }
}

/// The catalogue, made sure of.
pub(super) async fn ready(s: &Services, stripe: &Stripe) -> crate::Result<Arc<Catalogue>> {
    let known = {
        let kept = stripe
            .0
            .catalogue
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        kept.clone()
    };
    if let Some((_, known)) = known.filter(|(at, _)| at.elapsed() < FRESH) {
        return Ok(known);
    }
    let made = Arc::new(make(s, stripe).await?);
    let mut kept = stripe
        .0
        .catalogue
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    *kept = Some((Instant::now(), made.clone()));
    Ok(made)
}

/// The plans that are sold through Stripe.
pub(super) fn sold(s: &Services) -> impl Iterator<Item = &Plan> {
    s.plans.offered().filter(|plan| plan.monthly_price > 0)
}

async fn make(s: &Services, stripe: &Stripe) -> crate::Result<Catalogue> {
    let mut catalogue = Catalogue {
        meter: meter(stripe).await?,
        ..Catalogue::default()
    };
    for plan in sold(s) {
        let keys = Part::ALL.map(|part| part.lookup_key(plan));
        let query = keys.iter().fold(Form::default(), |query, key| {
            query.with("lookup_keys[]", key)
        });
        let there: Vec<Price> = stripe.list("prices", &query.with("active", true)).await?;
        let mut product = None;
        for part in Part::ALL {
            let Some(terms) = part.terms(plan) else {
                continue;
            };
            let key = part.lookup_key(plan);
            let known = there
                .iter()
                .find(|price| price.lookup_key.as_deref() == Some(&*key));
            let known = known.filter(|price| price.metadata.get(TERMS) == Some(&terms));
            let price = if let Some(price) = known {
                price.id.clone()
            } else {
                if product.is_none() {
                    product = Some(make_product(stripe, plan).await?);
                }
                let product = product.as_deref().unwrap_or_default();
                let form = price_form(plan, part, product, &catalogue.meter);
                let form = form
                    .with("lookup_key", &key)
                    .with("transfer_lookup_key", true);
                let form = form.with(format!("metadata[{PLAN}]"), &plan.id);
                let form = form.with(format!("metadata[{PART}]"), part.as_str());
                let form = form.with(format!("metadata[{TERMS}]"), &terms);
                let once = format!("price|{key}|{terms}|{}", stripe.0.live);
                stripe.post::<Thing>("prices", &form, &once).await?.id
            };
            catalogue.prices.insert((plan.id.clone(), part), price);
        }
    }
    Ok(catalogue)
}

/// The meter of what all tenants use; made at the first time.
async fn meter(stripe: &Stripe) -> crate::Result<String> {
    let all: Vec<Meter> = stripe.list("billing/meters", &Form::default()).await?;
    let ours = all
        .into_iter()
        .find(|meter| meter.event_name == METER && meter.status == "active");
    if let Some(meter) = ours {
        return Ok(meter.id);
    }
    let form = Form::default()
        .with("display_name", "Bulkhead units")
        .with("event_name", METER)
        .with("default_aggregation[formula]", "sum")
        .with("customer_mapping[type]", "by_id")
        .with("customer_mapping[event_payload_key]", "stripe_customer_id")
        .with("value_settings[event_payload_key]", "value");
    let made: Thing = stripe
        .post("billing/meters", &form, &format!("meter|{METER}"))
        .await?;
    Ok(made.id)
}

/// The product of a plan, under an id of ours, so that there is one.
async fn make_product(stripe: &Stripe, plan: &Plan) -> crate::Result<String> {
    let id = format!("bulkhead_{}", plan.id);
    match stripe
        .get::<Thing>(&format!("products/{id}"), &Form::default())
        .await
    {
        Ok(known) => return Ok(known.id),
        Err(trouble) if trouble.is_missing() => {}
        Err(trouble) => return Err(trouble.into()),
    }
    let form = Form::default().with("id", &id);
    let form = form.with("name", format!("Bulkhead {}", plan.name));
    let form = form.with("description", &plan.about);
    let made: Thing = stripe
        .post("products", &form, &format!("product|{id}"))
        .await?;
    Ok(made.id)
}

fn price_form(plan: &Plan, part: Part, product: &str, meter: &str) -> Form {
    let form = Form::default()
        .with("product", product)
        .with("currency", &plan.currency)
        .with("recurring[interval]", "month");
    match part {
        Part::Base => form
            .with("unit_amount", plan.monthly_price)
            .with("nickname", format!("{}, a month", plan.name)),
        Part::Seat => {
            let price = plan.seat_price.unwrap_or_default();
            form.with("unit_amount", price)
                .with("nickname", format!("{}, a further member", plan.name))
        }
        Part::Usage => {
            let form = form
                .with("recurring[usage_type]", "metered")
                .with("recurring[meter]", meter)
                .with("billing_scheme", "tiered")
                .with("tiers_mode", "graduated")
                .with("nickname", format!("{}, units", plan.name));
            let decimal = minor_decimal(plan.overage_micros.unwrap_or_default(), &plan.currency);
            match plan.included_units.unwrap_or_default() {
                0 => form
                    .with("tiers[0][up_to]", "inf")
                    .with("tiers[0][unit_amount_decimal]", decimal),
                included => form
                    .with("tiers[0][up_to]", included)
                    .with("tiers[0][unit_amount]", 0)
                    .with("tiers[1][up_to]", "inf")
                    .with("tiers[1][unit_amount_decimal]", decimal),
            }
        }
    }
}

/// Millionths of the main unit in minor units, as a decimal number.
fn minor_decimal(micros: i64, currency: &str) -> String {
    let parts = micros.saturating_mul(minor_units(currency));
    let text = format!("{}.{:06}", parts / 1_000_000, parts % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_for_a_unit_is_told_in_minor_units() {
        for (micros, currency, text) in [
            (400, "usd", "0.04"),
            (1_000_000, "usd", "100"),
            (1, "usd", "0.0001"),
            (250_000, "jpy", "0.25"),
            (0, "usd", "0"),
        ] {
            assert_eq!(minor_decimal(micros, currency), text);
        }
    }
}
