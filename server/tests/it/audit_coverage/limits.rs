//! What leaves rows of limits and plans. A trial begins once, with a plan that costs nothing: see
//! `limits::the_page_of_the_plan_says_what_stops_and_changes_it`.

use super::cases::Case;
use serde_json::json;
use std::collections::BTreeMap;
use test_support::Person;

/// Gives the tenant a plan that is paid for, and one that comes later.
pub(super) async fn pay(ada: &Person) {
    sqlx::query(
        "insert into tenant_plans (tenant_id, plan, pending_plan, pending_from)
        values ($1, 'enterprise', 'pro', now() + interval '1 day')",
    )
    .bind(ada.actor.tenant().0)
    .execute(&ada.world.database.pool("postgres", 1))
    .await
    .expect("a plan");
}

pub(super) fn cases(tenant: &str, key: &str) -> BTreeMap<&'static str, Case> {
    let case = |act, arguments| Case { act, arguments };
    BTreeMap::from([
        (
            "change_limits",
            case(
                "tenant.limits_changed",
                json!({ "tenant": tenant, "monthly_units": "1000", "is_hard": "true" }),
            ),
        ),
        (
            "limit_key",
            case(
                "api_key.limited",
                json!({ "tenant": tenant, "id": key, "key_units": "10" }),
            ),
        ),
        (
            "schedule_plan",
            case(
                "tenant.plan_changed",
                json!({ "tenant": tenant, "plan": "free" }),
            ),
        ),
        (
            "keep_plan",
            case("tenant.plan_changed", json!({ "tenant": tenant })),
        ),
    ])
}
