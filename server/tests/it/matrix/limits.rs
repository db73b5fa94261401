//! Limits and plans.

use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What Ada sends, as in [`arguments`](super::twins::arguments).
pub(super) fn arguments(key: &str) -> BTreeMap<&'static str, (Value, bool)> {
    BTreeMap::from([
        ("read_limits", (json!({}), false)),
        (
            "change_limits",
            (json!({ "monthly_units": "0", "is_hard": "true" }), false),
        ),
        ("limit_key", (json!({ "id": key, "key_units": "0" }), true)),
        ("read_plan", (json!({}), false)),
        ("start_trial", (json!({ "plan": "pro" }), false)),
        ("schedule_plan", (json!({ "plan": "free" }), false)),
        ("keep_plan", (json!({}), false)),
    ])
}
