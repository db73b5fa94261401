//! What the functions about webhooks are sent, and what those see who only look.

use super::company::Company;
use api_types::{Permission, WebhookId, input::RoleName};
use domain::webhooks;
use reqwest::StatusCode;
use serde_json::{Value, json};

const URL: &str = "https://hooks.example/in";

impl Company {
    /// A new endpoint of the tenant's. Those before it make room: there may be twenty.
    async fn endpoint(&self) -> WebhookId {
        sqlx::query("delete from webhook_endpoints")
            .execute(&self.server.world.database.pool("postgres", 1))
            .await
            .expect("room");
        let (s, a) = (&self.server.world.services, &self.ada.actor);
        let made = webhooks::create(s, a, URL, "", vec!["api.*".into()]).await;
        made.expect("an endpoint").id
    }

    /// The same, with something that it was told.
    async fn delivery(&self) -> (WebhookId, String) {
        let (s, a) = (&self.server.world.services, &self.ada.actor);
        let id = self.endpoint().await;
        webhooks::test(s, a, id).await.expect("a test event");
        let page = webhooks::deliveries(s, a, id, None, None).await;
        let delivery = page.expect("deliveries").deliveries[0].id;
        (id, delivery.to_string())
    }
}

/// What a function about webhooks is sent, about new things; none, if it is no such function.
pub(super) async fn arguments(company: &Company, name: &str) -> Option<Value> {
    Some(match name {
        "list_webhooks" => json!({}),
        "create_webhook" => {
            company.endpoint().await;
            json!({ "url": URL, "about": "another", "events[0]": "*" })
        }
        "change_webhook" => {
            json!({ "id": company.endpoint().await, "url": URL, "events[0]": "connection.*" })
        }
        "enable_webhook" => {
            let id = company.endpoint().await;
            let (s, a) = (&company.server.world.services, &company.ada.actor);
            webhooks::disable(s, a, id).await.expect("disabled");
            json!({ "id": id })
        }
        "get_webhook"
        | "rotate_webhook_secret"
        | "disable_webhook"
        | "delete_webhook"
        | "test_webhook"
        | "list_deliveries" => json!({ "id": company.endpoint().await }),
        "get_delivery" | "resend_delivery" => {
            let (webhook, id) = company.delivery().await;
            json!({ "webhook": webhook, "id": id })
        }
        "resend_deliveries" => {
            json!({ "id": company.delivery().await.0, "from": "2026-01-01T00:00", "to": "2100-01-01T00:00" })
        }
        _ => return None,
    })
}

/// Whoever looks at webhooks sees everything, and is told why nothing can be done.
#[tokio::test]
async fn whoever_only_looks_changes_no_webhook() {
    let company = Company::new().await;
    let (webhook, delivery) = company.delivery().await;
    let name = RoleName::parse("onlooker").expect("a name");
    let held = vec![Permission::ViewTenant, Permission::ViewWebhooks];
    let s = &company.server.world.services;
    let role = domain::roles::create(s, &company.ada.actor, name, held).await;
    let role = role.expect("a role");
    let (_, browser) = company.member("custom", Some(role)).await;
    let slug = company.slug();
    for page in [
        format!("/t/{slug}/webhooks"),
        format!("/t/{slug}/webhooks/{webhook}"),
        format!("/t/{slug}/webhooks/{webhook}/{delivery}"),
    ] {
        let answer = browser.get(&page).send().await.expect("a page");
        assert_eq!(answer.status(), StatusCode::OK, "{page}");
        let text = answer.text().await.expect("a body");
        assert!(text.contains(URL), "{page}");
        assert!(
            text.contains("lacks the permission manage_webhooks"),
            "{page}"
        );
        for words in [
            "dialog=new",
            "dialog=delete",
            "dialog=again",
            "Send a test event",
            "/api/resend_delivery",
        ] {
            assert!(!text.contains(words), "{page}: {words}");
        }
    }
}

/// The address of a delivery names its endpoint, and no other.
#[tokio::test]
async fn a_delivery_is_at_its_own_endpoint_alone() {
    let company = Company::new().await;
    let (webhook, delivery) = company.delivery().await;
    let (s, a) = (&company.server.world.services, &company.ada.actor);
    let other = webhooks::create(s, a, URL, "", vec!["*".into()]).await;
    let other = other.expect("an endpoint").id;
    let browser = company.server.browser_of(&company.ada).await;
    for (webhook, wanted) in [(webhook, StatusCode::OK), (other, StatusCode::NOT_FOUND)] {
        let page = format!("/t/{}/webhooks/{webhook}/{delivery}", company.slug());
        let answer = browser.get(&page).send().await.expect("a page");
        assert_eq!(answer.status(), wanted);
    }
}

/// Without WebAssembly the secret travels over one redirect, and is in one answer.
#[tokio::test]
async fn a_secret_is_shown_once_by_plain_forms_too() {
    let company = Company::new().await;
    let browser = company.server.browser_of(&company.ada).await;
    let list = format!("/t/{}/webhooks", company.slug());
    let form = [
        ("tenant", company.slug()),
        ("url", URL),
        ("about", "plain"),
        ("events[]", "connection.lost"),
        ("events[]", "connection.*"),
    ];
    let shown = async |function: &str, page: &str, form: &[(&str, &str)]| {
        let posted = browser.post_plainly(&format!("/api/{function}"), page);
        let answer = posted.form(form).send().await.expect("an answer");
        assert!(answer.status().is_redirection(), "{}", answer.status());
        let at = format!("{page}?dialog=secret");
        let mut pages = Vec::new();
        for _ in 0..2 {
            let page = browser.get(&at).send().await.expect("a page");
            pages.push(page.text().await.expect("a body"));
        }
        let shown = pages[0].split_once("aria-label=\"Signing secret\">whsec_");
        let (_, shown) = shown.expect("the secret");
        let secret: String = shown.chars().take(44).collect();
        assert!(!pages[1].contains(&secret), "{function}: it is shown again");
        secret
    };
    let first = shown("create_webhook", &list, &form).await;
    let (s, a) = (&company.server.world.services, &company.ada.actor);
    let made = webhooks::list(s, a).await.expect("endpoints").endpoints;
    assert_eq!(made[0].events, ["connection.*"]);
    let id = made[0].id.to_string();
    let form = [("tenant", company.slug()), ("id", id.as_str())];
    let second = shown("rotate_webhook_secret", &format!("{list}/{id}"), &form).await;
    assert_ne!(first, second);
}
