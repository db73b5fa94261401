//! From what Stripe says of a customer's subscriptions to how the tenant stands with its plan. Pure.

use super::{
    catalogue::{PART, PLAN, Part},
    stripe::objects::{Item, Subscription},
};
use crate::plans::{Plans, Standing};
use api_types::plans::{Pending, PlanState};
use time::{Duration, OffsetDateTime};

/// For so long after a period began that was not paid, everything stays as it is.
const GRACE: Duration = Duration::days(14);

/// Label of a subscription that we ended because its tenant was deleted.
pub(super) const ENDS_WITH_TENANT: &str = "bulkhead_ends_with_tenant";

/// What is written down of a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mirror {
    pub subscription: String,
    pub status: String,
    /// Of ours.
    pub plan: Option<String>,
    /// Members that are paid for beyond the included ones.
    pub seats: i64,
    pub period: (OffsetDateTime, OffsetDateTime),
    pub trial_until: Option<OffsetDateTime>,
    /// Whether any of the customer's subscriptions had a trial.
    pub tried: bool,
    pub cancel_at: Option<OffsetDateTime>,
    /// Whether it ends because the tenant was deleted.
    pub ends_with_tenant: bool,
    /// Since when it is there, where use is paid for.
    pub metered_from: Option<OffsetDateTime>,
    /// Until when it was.
    pub metered_until: Option<OffsetDateTime>,
}

/// The subscription that counts: one that is alive before one that is not, then the newest.
pub(super) fn chosen(subscriptions: &[Subscription]) -> Option<&Subscription> {
    let ours = subscriptions
        .iter()
        .filter(|one| item(one, Part::Base).is_some());
    ours.max_by_key(|one| (is_alive(&one.status), one.created, one.id.as_str()))
}

/// What is written down of a customer's subscriptions.
pub(super) fn of_all(subscriptions: &[Subscription]) -> Option<Mirror> {
    Some(Mirror {
        tried: subscriptions.iter().any(|one| one.trial_end.is_some()),
        ends_with_tenant: living(subscriptions).any(ends_with_tenant),
        ..mirror(chosen(subscriptions)?)
    })
}

/// Those that are alive, which should be one.
pub(super) fn living(subscriptions: &[Subscription]) -> impl Iterator<Item = &Subscription> {
    let ours = subscriptions
        .iter()
        .filter(|one| item(one, Part::Base).is_some());
    ours.filter(|one| is_alive(&one.status))
}

/// Whether it ends because its tenant was deleted, and goes on when that is taken back.
pub(super) fn ends_with_tenant(subscription: &Subscription) -> bool {
    is_alive(&subscription.status) && subscription.metadata.contains_key(ENDS_WITH_TENANT)
}

/// Whether something is owed, or will be, by a subscription that is so.
pub(super) fn is_alive(status: &str) -> bool {
    matches!(
        status,
        "trialing" | "active" | "past_due" | "unpaid" | "paused"
    )
}

/// The item of a subscription that is for this part.
pub(super) fn item(subscription: &Subscription, part: Part) -> Option<&Item> {
    subscription.items.data.iter().find(|item| {
        let label = item.price.metadata.get(PART);
        label.and_then(|word| Part::parse(word)) == Some(part)
    })
}

/// What is written down of it.
pub(super) fn mirror(subscription: &Subscription) -> Mirror {
    let base = item(subscription, Part::Base);
    let first = base.or(subscription.items.data.first());
    let period = first.map_or((0, 1), |item| {
        (item.current_period_start, item.current_period_end)
    });
    let seats = item(subscription, Part::Seat).and_then(|item| item.quantity);
    let metered = item(subscription, Part::Usage).map(|_| at(subscription.created));
    let ends = subscription
        .cancel_at
        .or_else(|| subscription.cancel_at_period_end.then_some(period.1));
    Mirror {
        subscription: subscription.id.clone(),
        status: subscription.status.clone(),
        plan: base.and_then(|item| item.price.metadata.get(PLAN)).cloned(),
        seats: seats.unwrap_or(0).max(0),
        period: (at(period.0), at(period.1)),
        trial_until: subscription.trial_end.map(at),
        tried: subscription.trial_end.is_some(),
        cancel_at: ends.map(at),
        ends_with_tenant: ends_with_tenant(subscription),
        metered_from: metered,
        metered_until: subscription.ended_at.map(at),
    }
}

/// How a tenant stands by that. None: nothing was paid and nothing is owed, so that it stands as it did.
pub(super) fn standing(plans: &Plans, mirror: &Mirror) -> Option<Standing> {
    let plan = mirror
        .plan
        .as_deref()
        .filter(|plan| plans.get(plan).is_some())?;
    let tried = mirror.tried;
    let default = Standing {
        tried,
        ..Standing::active(&plans.default_plan().id)
    };
    let pending = mirror.cancel_at.map(|from| Pending {
        plan: plans.default_plan().id.clone(),
        from,
    });
    let paid = Standing {
        pending,
        period: Some(mirror.period),
        tried,
        ..Standing::active(plan)
    };
    match mirror.status.as_str() {
        "active" => Some(paid),
        "trialing" => Some(Standing {
            state: PlanState::Trialing,
            until: Some(mirror.trial_until.unwrap_or(mirror.period.1)),
            ..paid
        }),
        "past_due" => Some(Standing {
            state: PlanState::PastDue,
            until: Some(mirror.period.0 + GRACE),
            ..paid
        }),
        "unpaid" => Some(Standing {
            state: PlanState::Suspended,
            ..paid
        }),
        "canceled" | "paused" => Some(default),
        // `incomplete` and `incomplete_expired`: the first payment did not come about.
        _ => None,
    }
}

/// A time as Stripe tells it.
pub(super) fn at(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const START: i64 = 1_790_000_000;
    const END: i64 = START + 30 * 86_400;

    fn subscription(id: &str, status: &str, more: Value) -> Subscription {
        let item = |part: &str, quantity: Option<i64>| {
            json!({
                "id": format!("si_{part}"), "quantity": quantity,
                "current_period_start": START, "current_period_end": END,
                "price": { "id": format!("price_{part}"), "metadata": {
                    "bulkhead_plan": "pro", "bulkhead_part": part } },
            })
        };
        let mut made = json!({
            "id": id, "status": status, "created": START, "cancel_at_period_end": false,
            "items": { "data": [item("base", Some(1)), item("seat", Some(4)), item("usage", None)] },
        });
        for (name, value) in more.as_object().expect("an object") {
            made[name] = value.clone();
        }
        serde_json::from_value(made).expect("a subscription")
    }

    fn stands(
        status: &str,
        more: Value,
    ) -> Option<(String, PlanState, Option<i64>, Option<String>)> {
        let mirror = mirror(&subscription("sub_1", status, more));
        let standing = standing(&Plans::built_in(), &mirror)?;
        let until = standing.until.map(OffsetDateTime::unix_timestamp);
        Some((
            standing.plan,
            standing.state,
            until,
            standing.pending.map(|next| next.plan),
        ))
    }

    #[test]
    fn each_status_is_a_standing() {
        let plans = Plans::built_in();
        let default = plans.default_plan().id.clone();
        let pro = || "pro".to_owned();
        let none = json!({});
        assert_eq!(
            stands("active", none.clone()),
            Some((pro(), PlanState::Active, None, None))
        );
        let trial = json!({ "trial_end": END });
        assert_eq!(
            stands("trialing", trial),
            Some((pro(), PlanState::Trialing, Some(END), None))
        );
        let grace = START + 14 * 86_400;
        assert_eq!(
            stands("past_due", none.clone()),
            Some((pro(), PlanState::PastDue, Some(grace), None))
        );
        assert_eq!(
            stands("unpaid", none.clone()),
            Some((pro(), PlanState::Suspended, None, None))
        );
        for over in ["canceled", "paused"] {
            assert_eq!(
                stands(over, none.clone()),
                Some((default.clone(), PlanState::Active, None, None))
            );
        }
        for nothing in ["incomplete", "incomplete_expired", "a word of tomorrow"] {
            assert_eq!(stands(nothing, none.clone()), None);
        }
        let ends = json!({ "cancel_at_period_end": true });
        assert_eq!(
            stands("active", ends),
            Some((pro(), PlanState::Active, None, Some(default)))
        );
    }

    #[test]
    fn what_is_alive_counts_before_what_is_newer() {
        let old = subscription("sub_a", "active", json!({}));
        let newer = subscription("sub_b", "canceled", json!({ "created": START + 1 }));
        let newest = subscription("sub_c", "active", json!({ "created": START + 2 }));
        let foreign = subscription(
            "sub_d",
            "active",
            json!({ "created": START + 3, "items": { "data": [] } }),
        );
        let id = |all: &[Subscription]| chosen(all).map(|one| one.id.clone());
        assert_eq!(id(&[newer.clone(), old.clone()]).as_deref(), Some("sub_a"));
        assert_eq!(
            id(&[old.clone(), newest.clone(), newer, foreign.clone()]).as_deref(),
            Some("sub_c")
        );
        assert_eq!(id(&[foreign]), None);
        assert_eq!(living(&[old, newest]).count(), 2);
    }

    #[test]
    fn a_label_says_what_ends_with_its_tenant_while_it_is_alive() {
        let label = json!({ "metadata": { ENDS_WITH_TENANT: "true" } });
        let labelled = |status| subscription("sub_a", status, label.clone());
        let other = subscription("sub_b", "active", json!({}));
        assert!(!mirror(&other).ends_with_tenant);
        assert!(mirror(&labelled("active")).ends_with_tenant);
        assert!(!mirror(&labelled("canceled")).ends_with_tenant);
        let both = of_all(&[labelled("active"), other]).expect("one of them");
        assert!(both.subscription == "sub_b" && both.ends_with_tenant);
    }
}
