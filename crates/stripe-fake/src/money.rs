//! Prices: what a quantity costs, to the cent, as Stripe computes it.

use serde_json::Value;

/// Parts of a cent, so that `0.000001` is a whole number of them.
const PARTS: i128 = 1_000_000_000_000;

/// A part of an amount: so many units at this price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Charge {
    pub(crate) quantity: i64,
    pub(crate) unit: String,
    pub(crate) amount: i64,
}

/// What a quantity of a price costs, tier by tier. Less than nothing costs nothing.
pub(crate) fn charges(price: &Value, quantity: i64) -> Vec<Charge> {
    let quantity = quantity.max(0);
    if price["billing_scheme"] != "tiered" {
        return vec![charge(quantity, &unit(price))];
    }
    let mut charges = Vec::new();
    let mut below = 0;
    for tier in price["tiers"].as_array().into_iter().flatten() {
        let up_to = tier["up_to"].as_i64().unwrap_or(i64::MAX);
        let here = (quantity.min(up_to) - below).max(0);
        if here > 0 || below == 0 {
            charges.push(charge(here, &unit(tier)));
        }
        below = up_to;
    }
    charges
}

/// The amount of all charges.
pub(crate) fn amount(price: &Value, quantity: i64) -> i64 {
    charges(price, quantity)
        .iter()
        .map(|charge| charge.amount)
        .sum()
}

/// A share of an amount, rounded half away from zero.
pub(crate) fn share(amount: i64, part: i64, whole: i64) -> i64 {
    if whole <= 0 {
        return 0;
    }
    rounded(i128::from(amount) * i128::from(part), i128::from(whole))
}

fn charge(quantity: i64, unit: &str) -> Charge {
    let amount = i128::from(quantity) * parts(unit);
    Charge {
        quantity,
        unit: unit.to_owned(),
        amount: rounded(amount, PARTS),
    }
}

fn unit(of: &Value) -> String {
    let decimal = of["unit_amount_decimal"].as_str();
    decimal.unwrap_or("0").to_owned()
}

fn rounded(number: i128, by: i128) -> i64 {
    let half = by / 2 * number.signum();
    i64::try_from((number + half) / by).unwrap_or(i64::MAX)
}

/// A decimal number of cents in [`PARTS`].
fn parts(decimal: &str) -> i128 {
    let (whole, rest) = decimal.split_once('.').unwrap_or((decimal, ""));
    let rest = format!("{rest:0<12}");
    let whole: i128 = whole.parse().unwrap_or(0);
    whole * PARTS + rest[..12].parse::<i128>().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn tiers_are_added_up() {
        let price = json!({ "billing_scheme": "tiered", "tiers": [
            { "up_to": 1000, "unit_amount_decimal": "0" },
            { "up_to": null, "unit_amount_decimal": "0.05" },
        ]});
        assert_eq!(amount(&price, 900), 0);
        assert_eq!(amount(&price, 1000), 0);
        assert_eq!(amount(&price, 11_000), 500);
        assert_eq!(amount(&price, 1010), 1, "half a cent is rounded up");
        assert_eq!(amount(&price, -5), 0);
    }

    #[test]
    fn shares_are_rounded_both_ways_alike() {
        assert_eq!(share(2900, 1, 2), 1450);
        assert_eq!(share(-5, 1, 2), -3);
        assert_eq!(share(5, 1, 2), 3);
    }
}
