//! Limits of calls, as the page shows them.

use crate::{
    ApiKeyId, Decision, Refusal,
    plans::{Entitlements, Loops},
};
use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};

/// What a tenant limits itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnLimits {
    /// Units a month.
    pub monthly_units: Option<i64>,
    /// Whether calls are refused then, or people are told alone.
    pub is_hard: bool,
    /// What units beyond the included ones may cost in a month, in minor units.
    pub spend_cap: Option<i64>,
    /// What becomes of loops; none: as the plan has it.
    pub loops: Option<Loops>,
}

/// Where a tenant's calls end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ceiling {
    /// After so many units in a month.
    pub units: i64,
    /// What callers are told then.
    pub why: String,
}

/// What the page shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitsPage {
    /// What the tenant may do.
    pub now: Entitlements,
    /// Units of this month so far.
    pub used: i64,
    /// Where calls end, if they do.
    pub ceiling: Option<Ceiling>,
    /// Of how many units people are told that they are nearly used.
    pub watched: Option<i64>,
    /// What units beyond the included ones cost so far, in minor units.
    pub overage: i64,
    /// What the tenant has set.
    pub own: OwnLimits,
    /// What becomes of loops now.
    pub loops: Loops,
    /// Keys that work, by their use.
    pub keys: Vec<KeyLimit>,
    /// What people were told this month.
    pub notices: Vec<Notice>,
    /// Whether the viewer may change limits.
    pub may_change: Decision,
    /// Whether the viewer may limit keys.
    pub may_limit_keys: Decision,
}

/// One key and its limits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyLimit {
    /// The key.
    pub id: ApiKeyId,
    /// Its name.
    pub name: String,
    /// The client's name.
    pub client: String,
    /// Units of this month so far.
    pub used: i64,
    /// Units a month, if limited.
    pub monthly_units: Option<i64>,
    /// Calls a minute, if limited by itself.
    pub per_minute: Option<i32>,
}

/// People were told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// How much was used, in per cent.
    pub percent: i32,
    /// When they were told.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

/// What would have been refused under other limits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forecast {
    /// Day by day, the oldest first: the last 30 days, as if they were one month.
    pub days: Vec<ForecastDay>,
    /// Minutes of the last 3 days with more calls than the rate.
    pub minutes: i64,
    /// Calls of those minutes beyond it.
    pub too_fast: i64,
}

impl Forecast {
    /// Units of all days.
    pub fn used(&self) -> i64 {
        self.days.iter().map(|day| day.used).sum()
    }

    /// Units that the quota would have refused.
    pub fn refused(&self) -> i64 {
        self.days.iter().map(|day| day.refused).sum()
    }
}

/// One day of a forecast.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForecastDay {
    /// The day, in UTC.
    pub day: Date,
    /// Units that were used.
    pub used: i64,
    /// Those of them that would have been refused.
    pub refused: i64,
}

/// Reads a number of units that may be left out: digits, with spaces or commas between them.
pub fn units(field: &str, text: &str) -> Result<Option<i64>, Refusal> {
    let digits: String = text
        .chars()
        .filter(|c| !matches!(c, ' ' | ',' | '_' | '\u{a0}' | '\u{202f}'))
        .collect();
    if digits.is_empty() {
        return Ok(None);
    }
    let known = digits.bytes().all(|b| b.is_ascii_digit()) && digits.len() <= 15;
    let number = digits.parse().ok().filter(|_| known);
    let number = number.ok_or_else(|| Refusal::invalid(field, "a whole number, or nothing"))?;
    Ok(Some(number))
}

/// Reads an amount of money that may be left out, such as `49` or `49.50`, into minor units.
pub fn money(field: &str, text: &str, minor_units: i64) -> Result<Option<i64>, Refusal> {
    let text = text.trim().replace([',', ' '], "");
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = || Refusal::invalid(field, "an amount such as 49 or 49.50, or nothing");
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let digits = minor_units.max(1).ilog10() as usize;
    let is_number = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty()
        || whole.len() > 12
        || part.len() > digits
        || !is_number(whole)
        || !is_number(part)
    {
        return Err(wrong());
    }
    let whole: i64 = whole.parse().map_err(|_| wrong())?;
    let part: i64 = format!("{part:0<digits$}").parse().unwrap_or(0);
    Ok(Some(whole * minor_units + part))
}

/// An amount as people read it: `49.50 USD`.
pub fn amount(minor: i64, currency: &str) -> String {
    let units = crate::plans::minor_units(currency);
    let digits = units.ilog10() as usize;
    let (whole, part) = (minor / units, (minor % units).abs());
    let currency = currency.to_uppercase();
    if digits == 0 {
        format!("{whole} {currency}")
    } else {
        format!("{whole}.{part:0digits$} {currency}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_amounts_are_read_as_people_write_them() {
        assert_eq!(units("x", " 1,000 000 "), Ok(Some(1_000_000)));
        assert_eq!(units("x", ""), Ok(None));
        for bad in ["-1", "1.5", "many", "1234567890123456"] {
            assert!(units("x", bad).is_err(), "{bad}");
        }
        assert_eq!(money("x", "49", 100), Ok(Some(4900)));
        assert_eq!(money("x", "1,049.5", 100), Ok(Some(104_950)));
        assert_eq!(money("x", "500", 1), Ok(Some(500)));
        assert_eq!(money("x", " ", 100), Ok(None));
        for bad in ["-1", "1.505", ".5", "1.5.5", "x"] {
            assert!(money("x", bad, 100).is_err(), "{bad}");
        }
        assert!(money("x", "1.5", 1).is_err());
    }

    #[test]
    fn amounts_are_written_with_as_many_digits_as_the_currency_has() {
        assert_eq!(amount(4950, "usd"), "49.50 USD");
        assert_eq!(amount(5, "eur"), "0.05 EUR");
        assert_eq!(amount(500, "jpy"), "500 JPY");
        assert_eq!(amount(1234, "kwd"), "1.234 KWD");
    }
}
