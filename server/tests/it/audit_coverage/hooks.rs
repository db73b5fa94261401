//! What leaves rows of webhooks. That test events and deliveries that are sent again leave none is said in the list.

use super::cases::Case;
use domain::webhooks;
use serde_json::json;
use std::collections::BTreeMap;
use test_support::Person;

/// Endpoints of Ada's that the cases act on; each may be used up.
pub(super) struct Hooks {
    endpoint: String,
    disabled: String,
}

impl Hooks {
    pub(super) async fn of(ada: &Person) -> Self {
        let (s, a) = (&ada.world.services, &ada.actor);
        let disabled = endpoint(ada).await;
        let id = disabled.parse().expect("an id");
        webhooks::disable(s, a, id).await.expect("disabled");
        Self {
            endpoint: endpoint(ada).await,
            disabled,
        }
    }
}

async fn endpoint(ada: &Person) -> String {
    let (s, a) = (&ada.world.services, &ada.actor);
    let events = vec!["connection.*".to_owned()];
    let made = webhooks::create(s, a, "https://hooks.example/in", "", events).await;
    made.expect("an endpoint").id.to_string()
}

pub(super) fn cases(tenant: &str, t: &Hooks) -> BTreeMap<&'static str, Case> {
    let case = |act, arguments| Case { act, arguments };
    let on = |id: &str| json!({ "tenant": tenant, "id": id });
    let fields = json!({ "tenant": tenant, "id": t.endpoint, "url": "https://hooks.example/other",
        "events[0]": "*" });
    BTreeMap::from([
        ("create_webhook", case("webhook.created", fields.clone())),
        ("change_webhook", case("webhook.changed", fields)),
        (
            "rotate_webhook_secret",
            case("webhook.secret_rotated", on(&t.endpoint)),
        ),
        ("disable_webhook", case("webhook.disabled", on(&t.endpoint))),
        ("enable_webhook", case("webhook.enabled", on(&t.disabled))),
        ("delete_webhook", case("webhook.deleted", on(&t.endpoint))),
    ])
}
