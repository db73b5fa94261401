//! The pages of limits and of the plan, without scripts.

use crate::support::{Browser, TestServer};
use api_types::usage::Outcome;
use domain::{plans, usage};
use reqwest::{Response, StatusCode};
use serde_json::json;

async fn page(browser: &Browser, path: &str) -> String {
    let answer = browser.get(path).send().await.expect("a page");
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    plain(&answer.text().await.expect("a body"))
}

/// The words of a page, without the marks between them.
fn plain(html: &str) -> String {
    html.replace("<!>", "")
        .replace("&#x27;", "'")
        .replace("&quot;", "\"")
}

async fn act(browser: &Browser, name: &str, page: &str, form: serde_json::Value) -> Response {
    let request = browser.post_plainly(&format!("/api/{name}"), page);
    request.form(&form).send().await.expect("an answer")
}

#[tokio::test]
async fn the_page_of_limits_says_what_is_used_and_changes_what_may_be() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let slug = ada.actor.slug().to_owned();
    let key = ada.key(&ada.client("agent").await).await;
    for _ in 0..3 {
        let call = ada.call(&key, "tasks_list", Outcome::Ok);
        server
            .world
            .services
            .usage
            .record(call)
            .await
            .expect("a row");
    }
    usage::roll_up(&server.world.services.db, &usage::Pace::AtOnce)
        .await
        .expect("rolled up");
    let browser = server.browser_of(&ada).await;
    let path = format!("/t/{slug}/limits");
    let text = page(&browser, &path).await;
    assert!(text.contains("Nothing limits them."), "{text}");
    let form =
        json!({ "tenant": slug, "monthly_units": "1,000", "is_hard": "true", "loops": "stop" });
    let answer = act(&browser, "change_limits", &path, form).await;
    assert_eq!(answer.status(), StatusCode::FOUND);
    let text = page(&browser, &path).await;
    for words in [
        "3 of 1,000 (0.3%)",
        "Calls are refused after 1,000 units: this tenant's quota of this month is used up.",
        "agents are warned, then stopped",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let dialog = format!("{path}?dialog=limit&key={}", key.key.id);
    assert!(page(&browser, &dialog).await.contains("may use in a month"));
    let form = json!({ "tenant": slug, "id": key.key.id, "key_units": "10" });
    let answer = act(&browser, "limit_key", &path, form).await;
    assert_eq!(answer.status(), StatusCode::FOUND);
    assert!(page(&browser, &path).await.contains("3 of 10 (30%)"));
    let asked = page(&browser, &format!("{path}?units=2&per_minute=1")).await;
    assert!(
        asked.contains("A quota of 2 units would have refused 1 of them"),
        "{asked}"
    );
    assert!(
        asked.contains("1 call a minute would have refused up to"),
        "{asked}"
    );
    // What is wrong is said beside the field, which keeps what was typed.
    let form = json!({ "tenant": slug, "monthly_units": "many", "is_hard": "true" });
    let answer = act(&browser, "change_limits", &path, form).await;
    let back = answer.headers()["location"]
        .to_str()
        .expect("text")
        .to_owned();
    let back = back.trim_start_matches(&server.base).to_owned();
    let text = page(&browser, &back).await;
    assert!(
        text.contains("A whole number, or nothing.") && text.contains("value=\"many\""),
        "{text}"
    );
}

#[tokio::test]
async fn the_page_of_the_plan_says_what_stops_and_changes_it() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let slug = ada.actor.slug().to_owned();
    super::give(&ada, plans::Standing::active("free")).await;
    let browser = server.browser_of(&ada).await;
    let path = format!("/t/{slug}/plan");
    let text = page(&browser, &path).await;
    for words in [
        "Free: free",
        "10,000 a month, no more",
        "Try Pro for 14 days",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let form = json!({ "tenant": slug, "plan": "pro" });
    let answer = act(&browser, "start_trial", &path, form).await;
    assert_eq!(answer.status(), StatusCode::FOUND);
    let text = page(&browser, &path).await;
    assert!(
        text.contains("The trial ends on") && text.contains("Pro: 49.00 USD a month"),
        "{text}"
    );
    super::give(&ada, plans::Standing::active("pro")).await;
    let text = page(&browser, &path).await;
    assert!(
        text.contains("Change to Free when the month is over"),
        "{text}"
    );
    assert!(text.contains("They are told nothing more"), "{text}");
    let form = json!({ "tenant": slug, "plan": "free" });
    act(&browser, "schedule_plan", &path, form).await;
    let text = page(&browser, &path).await;
    assert!(
        text.contains("the plan becomes Free.") && text.contains("Keep the present plan"),
        "{text}"
    );
    act(&browser, "keep_plan", &path, json!({ "tenant": slug })).await;
    assert!(!page(&browser, &path).await.contains("the plan becomes"));
    let acts: Vec<String> = sqlx::query_scalar(
        "select act from audit_events where actor_kind = 'member' and act like 'tenant.plan%' order by seq",
    )
    .fetch_all(&server.world.database.pool("postgres", 1))
    .await
    .expect("rows");
    assert_eq!(acts, ["tenant.plan_changed"; 3]);
}
