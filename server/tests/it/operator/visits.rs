//! An operator in a tenant, through HTTP: missing without its consent, and never more than a guest who looks.

use super::{Instance, page};
use crate::accounts::{call, do_it};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::time::Duration;

impl Instance {
    /// Ada lets the operator look.
    async fn allow(&self) {
        let adas = self.server.browser_of(&self.ada).await;
        let form = [
            ("tenant", self.slug()),
            ("length", "8"),
            ("reason", "It is slow"),
        ];
        do_it(&adas, "allow_support", &form).await;
    }

    async fn enter(&self) {
        do_it(&self.own.browser, "enter_tenant", &[("id", &self.id())]).await;
    }

    /// Every page of Ada's tenant, as far as they have no id.
    fn pages(&self) -> Vec<String> {
        let paths = [
            "",
            "/clients",
            "/connections",
            "/apis",
            "/webhooks",
            "/usage",
            "/tasks",
            "/audit",
            "/members",
            "/roles",
            "/access",
            "/sso",
            "/settings",
            "/grants",
            "/oauth",
        ];
        let at = |path: &&str| format!("/t/{}{path}", self.slug());
        paths.iter().map(at).collect()
    }
}

#[tokio::test]
async fn without_consent_an_operator_finds_nothing_in_a_tenant() {
    let instance = Instance::new().await;
    let (operator, slug, id) = (&instance.own.browser, instance.slug(), instance.id());
    let missing = async || {
        for path in instance.pages() {
            let (status, text) = page(operator, &path).await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
            assert!(!text.contains("ada's team"), "{path}: {text}");
        }
        for function in ["here", "overview", "settings", "list_members", "read_usage"] {
            let (status, text) = call(operator, function, &[("tenant", slug)]).await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{function}: {text}");
        }
        for door in ["usage/live", "audit/live", "audit/export.jsonl"] {
            let (status, _) = page(operator, &format!("/t/{slug}/{door}")).await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{door}");
        }
    };
    missing().await;
    let (status, text) = call(operator, "enter_tenant", &[("id", &id)]).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "{text}");
    missing().await;
    // With consent they have to enter first, which the tenant's log tells.
    instance.allow().await;
    missing().await;
}

#[tokio::test]
async fn with_consent_every_page_says_who_looks_and_the_end_is_at_once() {
    let instance = Instance::new().await;
    let (operator, slug) = (&instance.own.browser, instance.slug());
    let (_, text) = page(operator, &format!("/operator/tenants/{}", instance.id())).await;
    assert!(!text.contains("Enter tenant"), "{text}");
    instance.allow().await;
    let (_, text) = page(operator, &format!("/operator/tenants/{}", instance.id())).await;
    assert!(
        text.contains("Enter tenant") && text.contains("It is slow"),
        "{text}"
    );
    instance.enter().await;
    for path in [
        "",
        "/clients",
        "/connections",
        "/usage",
        "/tasks",
        "/members",
        "/settings",
    ] {
        let (status, text) = page(operator, &format!("/t/{slug}{path}")).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert!(
            text.contains("You look at ada") && text.contains("Leave tenant"),
            "{path}: {text}"
        );
    }
    // Nothing that is her own, and nothing to change.
    let (_, text) = page(operator, &format!("/t/{slug}/settings")).await;
    assert!(!text.contains("Leave this tenant"), "{text}");
    assert!(!text.contains("Another tenant"), "{text}");
    assert!(
        text.contains("our role support lacks the permission"),
        "{text}"
    );
    let adas = instance.server.browser_of(&instance.ada).await;
    do_it(&adas, "end_support", &[("tenant", slug)]).await;
    let (status, _) = page(operator, &format!("/t/{slug}")).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (status, _) = call(operator, "overview", &[("tenant", slug)]).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_stream_ends_with_the_consent() {
    let instance = Instance::new().await;
    let (operator, slug) = (&instance.own.browser, instance.slug());
    instance.allow().await;
    instance.enter().await;
    let door = format!("/t/{slug}/usage/live");
    let mut stream = operator.get(&door).send().await.expect("a stream");
    assert_eq!(stream.status(), StatusCode::OK);
    let (status, _) = page(operator, &format!("/t/{slug}/audit/live")).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let adas = instance.server.browser_of(&instance.ada).await;
    do_it(&adas, "end_support", &[("tenant", slug)]).await;
    let ended = tokio::time::timeout(Duration::from_secs(10), async {
        while let Ok(Some(_)) = stream.chunk().await {}
    });
    ended.await.expect("the stream ends");
}

#[tokio::test]
async fn leaving_and_signing_out_are_told() {
    let instance = Instance::new().await;
    let operator = &instance.own.browser;
    let pool = instance.server.world.database.pool("postgres", 1);
    let acts = async || -> Vec<String> {
        let query = "select act from audit_events where actor_kind = 'operator' order by at";
        sqlx::query_scalar(query)
            .fetch_all(&pool)
            .await
            .expect("rows")
    };
    instance.allow().await;
    instance.enter().await;
    let told = do_it(operator, "leave_visited", &[]).await;
    let told: Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!(told, json!(format!("/operator/tenants/{}", instance.id())));
    let (status, _) = page(operator, &format!("/t/{}", instance.slug())).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    instance.enter().await;
    do_it(operator, "sign_out", &[]).await;
    assert_eq!(
        acts().await,
        [
            "tenant.support_entered",
            "tenant.support_left",
            "tenant.support_entered",
            "tenant.support_left"
        ]
    );
}

#[tokio::test]
async fn giving_access_asks_for_a_recent_authentication() {
    let instance = Instance::new().await;
    let adas = instance.server.browser_of(&instance.ada).await;
    let pool = instance.server.world.database.pool("postgres", 1);
    crate::step_up::let_ten_minutes_pass(&pool).await;
    let form = [
        ("tenant", instance.slug()),
        ("length", "1"),
        ("reason", "x"),
    ];
    let (status, text) = call(&adas, "allow_support", &form).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{text}");
    assert!(text.contains("step_up"), "{text}");
    let password = [("password", test_support::PASSWORD)];
    do_it(&adas, "step_up", &password).await;
    do_it(&adas, "allow_support", &form).await;
}
