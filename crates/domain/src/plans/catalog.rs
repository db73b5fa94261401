//! The plans that there are: a file of the operator's, or the one in this build.

use api_types::plans::Plan;
use serde::Deserialize;
use std::{collections::HashSet, fmt::Display, sync::Arc};

/// What this build brings.
const BUILT_IN: &str = include_str!("plans.toml");

/// The plan of a tenant that has chosen none, unless the operator says otherwise: it forbids nothing.
pub const UNLIMITED: &str = "unlimited";

const LONGEST_TRIAL: u32 = 365;
/// More than any call is worth, and too little for sums to overflow.
const MOST_UNITS: u32 = 1_000_000;

/// The plans, checked. Cloning shares them.
#[derive(Clone, Debug)]
pub struct Plans {
    all: Arc<[Plan]>,
    default: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    plan: Vec<Plan>,
}

impl Plans {
    /// The plans of a file's text. An error says in one line what is wrong, and with which plan.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|error| told(&error, text))?;
        check(&file.plan)?;
        let unlimited = file.plan.iter().position(|plan| plan.id == UNLIMITED);
        Ok(Self {
            default: unlimited.unwrap_or(0),
            all: file.plan.into(),
        })
    }

    /// The plans of this build.
    pub fn built_in() -> Self {
        Self::parse(BUILT_IN).expect("a test reads the plans of this build")
    }

    /// With this plan for tenants that have chosen none.
    pub fn with_default(self, id: &str) -> Result<Self, String> {
        let default = self.all.iter().position(|plan| plan.id == id);
        let default = default.ok_or_else(|| {
            let known: Vec<_> = self.all.iter().map(|plan| plan.id.as_str()).collect();
            format!(
                "there is no plan `{id}`; the plans are {}",
                known.join(", ")
            )
        })?;
        Ok(Self { default, ..self })
    }

    /// The plan with this id.
    pub fn get(&self, id: &str) -> Option<&Plan> {
        self.all.iter().find(|plan| plan.id == id)
    }

    /// The plan of a tenant that has chosen none.
    pub fn default_plan(&self) -> &Plan {
        &self.all[self.default]
    }

    /// The plan that a tenant has by its row: the default one without a row, or where the file has lost it.
    pub(crate) fn of_row(&self, id: Option<&str>) -> &Plan {
        let found = id.and_then(|id| self.get(id));
        found.unwrap_or_else(|| self.default_plan())
    }

    /// Each of them, as in the file.
    pub fn all(&self) -> &[Plan] {
        &self.all
    }

    /// Those that tenants can choose, as in the file.
    pub fn offered(&self) -> impl Iterator<Item = &Plan> {
        self.all.iter().filter(|plan| plan.offered)
    }

    /// The first plan of the file that fits, for refusals that say which one would do.
    pub(super) fn cheapest(&self, fits: impl Fn(&Plan) -> bool) -> Option<&Plan> {
        let fitting = self.offered().filter(|plan| fits(plan));
        fitting.min_by_key(|plan| plan.monthly_price)
    }
}

/// Where a file is wrong and why.
fn told(error: &toml::de::Error, text: &str) -> String {
    let line = error.span().map(|span| {
        let before = text.get(..span.start).unwrap_or_default();
        1 + before.matches('\n').count()
    });
    match line {
        Some(line) => format!("line {line}: {}", error.message()),
        None => error.message().to_owned(),
    }
}

fn check(plans: &[Plan]) -> Result<(), String> {
    let Some(first) = plans.first() else {
        return Err("there must be at least one [[plan]]".into());
    };
    let mut ids = HashSet::new();
    for plan in plans {
        let wrong = |what: &dyn Display| Err(format!("plan `{}`: {what}", plan.id));
        if !is_id(&plan.id) {
            return wrong(&"id must be 1 to 40 of a-z, 0-9, - and _");
        }
        if !ids.insert(&plan.id) {
            return wrong(&"there are two with this id");
        }
        if plan.currency != first.currency {
            return wrong(&format_args!(
                "all plans must be in one currency, and `{}` is in {}",
                first.id, first.currency
            ));
        }
        if let Some(what) = fault(plan) {
            return wrong(&what);
        }
    }
    Ok(())
}

fn is_id(id: &str) -> bool {
    let known = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b);
    (1..=40).contains(&id.len()) && id.bytes().all(known)
}

/// What is wrong with a plan by itself.
fn fault(plan: &Plan) -> Option<&'static str> {
    let is_currency =
        plan.currency.len() == 3 && plan.currency.bytes().all(|b| b.is_ascii_lowercase());
    let amounts = [
        Some(plan.monthly_price),
        plan.included_units,
        plan.overage_micros,
        plan.seat_price,
    ];
    let counts = [
        plan.seats,
        plan.clients,
        plan.keys,
        plan.retention_days,
        plan.rates.tenant,
        plan.rates.client,
        plan.rates.key,
    ];
    let features: HashSet<_> = plan.features.iter().collect();
    let rules = [
        (plan.name.trim().is_empty(), "name is empty"),
        (plan.about.trim().is_empty(), "about is empty"),
        (
            !is_currency,
            "currency must be three lower-case letters (ISO 4217)",
        ),
        (
            amounts.iter().flatten().any(|amount| *amount < 0),
            "prices and units must not be negative",
        ),
        (
            counts.contains(&Some(0)),
            "a limit of 0 lets nobody in: leave it out for none, or say 1",
        ),
        (
            plan.units_of.values().any(|units| *units > MOST_UNITS),
            "units_of must be at most 1000000 each",
        ),
        (
            plan.trial_days > LONGEST_TRIAL,
            "trial_days must be at most 365",
        ),
        (
            plan.hard_quota && plan.included_units.is_none(),
            "hard_quota needs included_units",
        ),
        (
            plan.hard_quota && plan.overage_micros.is_some(),
            "hard_quota and overage_micros exclude one another",
        ),
        (
            plan.overage_micros.is_some() && plan.included_units.is_none(),
            "overage_micros needs included_units",
        ),
        (
            plan.seat_price.is_some() && plan.seats.is_none(),
            "seat_price needs seats",
        ),
        (
            features.len() != plan.features.len(),
            "a feature is named twice",
        ),
    ];
    rules
        .iter()
        .find(|(broken, _)| *broken)
        .map(|(_, what)| *what)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: &str = "[[plan]]\nid = \"a\"\nname = \"A\"\nabout = \"x\"\ncurrency = \"usd\"\nmonthly_price = 0\n";

    #[test]
    fn this_build_brings_good_plans_and_the_default_one_forbids_nothing() {
        let plans = Plans::parse(BUILT_IN).expect("good plans");
        let plan = plans.default_plan();
        assert_eq!(plan.id, UNLIMITED);
        assert_eq!(plan.features, api_types::plans::Feature::ALL);
        assert_eq!((plan.included_units, plan.seats), (None, None));
        assert_eq!((plan.clients, plan.keys), (None, None));
        assert_eq!(plan.rates, api_types::plans::Rates::default());
        for id in ["free", "pro", "enterprise"] {
            assert!(plans.get(id).expect(id).offered, "{id}");
        }
    }

    #[test]
    fn a_tool_counts_what_its_plan_says_or_that_of_its_toolkit() {
        let text = format!("{PLAN}units_of = {{ tasks = 2, tasks_list = 0 }}\n");
        let plans = Plans::parse(&text).expect("a good plan");
        let units = |toolkit, tool| plans.default_plan().units_of(toolkit, tool);
        assert_eq!(units("tasks", "tasks_list"), 0);
        assert_eq!(units("tasks", "tasks_create"), 2);
        assert_eq!(units("account", "whoami"), 1);
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said_with_the_plan_or_the_line() {
        for (text, words) in [
            (String::new(), "at least one [[plan]]"),
            (
                format!("{PLAN}colour = 1\n"),
                "line 7: unknown field `colour`",
            ),
            (
                format!("{PLAN}features = [\"magic\"]\n"),
                "unknown variant `magic`",
            ),
            (
                format!("{PLAN}{PLAN}"),
                "plan `a`: there are two with this id",
            ),
            (format!("{PLAN}seats = 0\n"), "plan `a`: a limit of 0"),
            (
                format!("{PLAN}hard_quota = true\n"),
                "hard_quota needs included_units",
            ),
            (
                format!("{PLAN}overage_micros = 1\n"),
                "overage_micros needs included_units",
            ),
            (
                format!("{PLAN}included_units = 1\noverage_micros = 1\nhard_quota = true\n"),
                "exclude one another",
            ),
            (format!("{PLAN}seat_price = 1\n"), "seat_price needs seats"),
            (
                format!("{PLAN}units_of = {{ mail = 1_000_001 }}\n"),
                "units_of must be at most 1000000 each",
            ),
            (
                format!("{PLAN}included_units = -1\n"),
                "must not be negative",
            ),
            (PLAN.replace("usd", "USD"), "three lower-case letters"),
            (PLAN.replace("\"a\"", "\"A b\""), "id must be 1 to 40"),
            (
                format!(
                    "{PLAN}{}",
                    PLAN.replace("\"a\"", "\"b\"").replace("usd", "eur")
                ),
                "plan `b`: all plans must be in one currency",
            ),
        ] {
            let error = Plans::parse(&text).expect_err(words);
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn the_default_plan_must_be_one_of_them() {
        let plans = Plans::built_in();
        let error = plans.clone().with_default("gold").expect_err("unknown");
        assert_eq!(
            error,
            "there is no plan `gold`; the plans are unlimited, free, pro, enterprise"
        );
        let plans = plans.with_default("free").expect("known");
        assert_eq!(plans.default_plan().id, "free");
    }
}
