//! The operator's console through HTTP: there for operators, and for nobody else.

mod corrections;
mod visits;

use crate::accounts::{call, do_it};
use crate::process::{Server, data_dir};
use crate::second_factor::Protected;
use crate::step_up::let_ten_minutes_pass;
use crate::support::{Browser, TestServer};
use api_types::Refusal;
use app::access::{DECLARED, Needs};
use domain::toolkits::Registry;
use reqwest::StatusCode;
use serde_json::{Value, json};
use server::config::PublicUrl;
use std::time::{Duration, Instant};
use test_support::{Database, Person, World, code_of_app};
use tokio::net::TcpListener;

/// An instance that Grace runs, with Ada's tenant in it.
pub struct Instance {
    pub server: TestServer,
    pub grace: Person,
    pub ada: Person,
    /// Grace, who signed in when she had no second factor yet.
    pub before: Browser,
    /// Grace, by her second factor.
    pub own: Protected,
}

impl Instance {
    pub async fn new() -> Self {
        let (listener, url) = listen().await;
        let registry = Registry::built_in().expect("the built-in toolkits");
        let world = World::with(registry, &url, 5).await;
        let (grace, ada) = (world.owner("grace").await, world.owner("ada").await);
        let server = run_by(&world, &grace, listener, &url).await;
        let before = server.browser_of(&grace).await;
        let own = Protected::new(&server, &grace).await;
        Self {
            server,
            grace,
            ada,
            before,
            own,
        }
    }

    pub fn slug(&self) -> &str {
        self.ada.actor.slug()
    }

    pub fn id(&self) -> String {
        self.ada.actor.tenant().to_string()
    }
}

/// A port, and the address of a server that listens on it.
pub async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    (listener, PublicUrl::of_address(address).to_string())
}

/// A server over the world that this person runs, whose address is confirmed.
pub async fn run_by(
    world: &World,
    person: &Person,
    listener: TcpListener,
    url: &str,
) -> TestServer {
    sqlx::query("update users set email_verified_at = now() where user_id = $1")
        .bind(person.user.0)
        .execute(&world.database.pool("postgres", 1))
        .await
        .expect("confirmed");
    let address = listener.local_addr().expect("an address");
    let world = world.with_operators(url, &person.email);
    TestServer::over(world, listener, address)
}

pub async fn page(browser: &Browser, path: &str) -> (StatusCode, String) {
    let answer = browser.get(path).send().await.expect("a page");
    (answer.status(), answer.text().await.expect("a body"))
}

/// What a person sees of a page: what stands in its body, without scripts, comments and tags.
fn seen(page: &str) -> String {
    let body = page.split_once("<body").expect("a body").1;
    let mut words = String::new();
    let mut rest = body;
    while let Some((before, tag)) = rest.split_once('<') {
        words.push_str(before.split_once('>').map_or(before, |(_, text)| text));
        rest = if tag.starts_with("script") {
            tag.split_once("</script>").map_or("", |(_, rest)| rest)
        } else {
            tag.split_once('>').map_or("", |(_, rest)| rest)
        };
    }
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn the_console_is_a_missing_page_to_everybody_else() {
    let instance = Instance::new().await;
    let (server, id) = (&instance.server, instance.id());
    let nobody = server.browser();
    let adas = server.browser_of(&instance.ada).await;
    let half_in = server.browser_of(&instance.grace).await;
    let pages = [
        "/operator".to_owned(),
        format!("/operator/tenants/{id}"),
        "/operator/usage".into(),
        "/operator/plans".into(),
        "/operator/jobs".into(),
        "/operator/log".into(),
    ];
    for (who, browser) in [
        ("nobody", &nobody),
        ("an owner", &adas),
        ("an operator between two steps", &half_in),
        ("an operator without a second factor", &instance.before),
    ] {
        let (status, missing) = page(browser, "/nothing/here").await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        for path in &pages {
            let (status, text) = page(browser, path).await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{path} to {who}");
            assert_eq!(seen(&text), seen(&missing), "{path} to {who}");
            assert!(!text.contains("ada's team"), "{path} to {who}: {text}");
        }
        for (name, needs) in DECLARED {
            if *needs != Needs::Operator {
                continue;
            }
            let form = [
                ("id", id.as_str()),
                ("reason", "x"),
                ("call", "x"),
                ("units", "1"),
            ];
            let (status, text) = call(browser, name, &form).await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{name} to {who}: {text}");
            let told: Value = serde_json::from_str(&text).expect("JSON");
            assert_eq!(told, json!({ "refused": Refusal::NotFound }), "{name}");
        }
    }
    for path in &pages {
        let (status, text) = page(&instance.own.browser, path).await;
        assert_eq!(status, StatusCode::OK, "{path}: {text}");
    }
}

#[tokio::test]
async fn an_operator_signs_in_with_a_code_and_finds_the_console() {
    let instance = Instance::new().await;
    let server = &instance.server;
    let again = server.browser_of(&instance.grace).await;
    let code = code_of_app(&instance.own.secret, 1);
    do_it(&again, "sign_in_with_code", &[("code", &code)]).await;
    let (status, text) = page(&again, "/operator").await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        text.contains("ada's team") && text.contains(instance.slug()),
        "{text}"
    );
    // From her own tenant the way there is shown; to Ada it is not.
    let home = |person: &Person| format!("/t/{}", person.actor.slug());
    let (_, text) = page(&again, &home(&instance.grace)).await;
    assert!(text.contains("Operator console"), "{text}");
    let adas = server.browser_of(&instance.ada).await;
    let (_, text) = page(&adas, &home(&instance.ada)).await;
    assert!(!text.contains("Operator console"));
}

#[tokio::test]
async fn whoever_had_signed_in_before_their_second_factor_answers_with_it_once() {
    let instance = Instance::new().await;
    let before = &instance.before;
    assert_eq!(page(before, "/operator").await.0, StatusCode::NOT_FOUND);
    let code = code_of_app(&instance.own.secret, 1);
    do_it(before, "step_up", &[("code", &code)]).await;
    assert_eq!(page(before, "/operator").await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_suspended_tenant_shows_the_reason_and_cannot_resume_itself() {
    let instance = Instance::new().await;
    let (server, slug, id) = (&instance.server, instance.slug(), instance.id());
    let operator = &instance.own.browser;
    let key = instance
        .ada
        .key(&instance.ada.client("ci").await)
        .await
        .secret;
    let listed = || server.mcp_at("/mcp", &key, "tools/list", json!({}));
    assert_eq!(listed().await.status(), StatusCode::OK);
    let form = [
        ("id", id.as_str()),
        ("reason", "Mails that nobody asked for"),
    ];
    do_it(operator, "block_tenant", &form).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let refused = listed().await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let adas = server.browser_of(&instance.ada).await;
    for path in ["", "/tasks", "/settings"] {
        let (_, text) = page(&adas, &format!("/t/{slug}{path}")).await;
        assert!(
            text.contains("Mails that nobody asked for"),
            "{path}: {text}"
        );
    }
    for suspended in ["true", "false"] {
        let own = [("tenant", slug), ("suspended", suspended)];
        do_it(&adas, "suspend_tenant", &own).await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(listed().await.status(), StatusCode::FORBIDDEN);
    do_it(operator, "unblock_tenant", &[("id", &id)]).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(listed().await.status(), StatusCode::OK);
    let (_, log) = page(operator, "/operator/log").await;
    assert!(log.contains("Mails that nobody asked for"), "{log}");
    let (_, log) = page(&adas, &format!("/t/{slug}/audit")).await;
    assert!(log.contains("Operator grace"), "{log}");
}

#[tokio::test]
async fn what_changes_something_asks_for_a_recent_authentication() {
    let instance = Instance::new().await;
    let (server, id) = (&instance.server, instance.id());
    let operator = &instance.own.browser;
    let_ten_minutes_pass(&server.world.database.pool("postgres", 1)).await;
    let form = [
        ("id", id.as_str()),
        ("reason", "x"),
        ("call", "x"),
        ("units", "1"),
    ];
    for function in [
        "block_tenant",
        "unblock_tenant",
        "correct_call",
        "enter_tenant",
    ] {
        let (status, text) = call(operator, function, &form).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{function}: {text}");
        assert!(text.contains("step_up"), "{function}: {text}");
    }
    let tenant = format!("/operator/tenants/{id}");
    let answer = operator.post_plainly("/api/block_tenant", &tenant);
    let answer = answer.form(&form).send().await.expect("an answer");
    let to = answer.headers()["location"].to_str().expect("text");
    assert_eq!(to, app::leading_to("/step-up", &tenant));
    // Looking does not.
    let (status, _) = page(operator, &tenant).await;
    assert_eq!(status, StatusCode::OK);
    let code = code_of_app(&instance.own.secret, 1);
    do_it(operator, "step_up", &[("code", &code)]).await;
    do_it(operator, "block_tenant", &form).await;
}

#[tokio::test]
async fn a_form_without_scripts_leads_back_to_the_tenant_with_what_was_wrong() {
    let instance = Instance::new().await;
    let tenant = format!("/operator/tenants/{}", instance.id());
    let operator = &instance.own.browser;
    let post = async |reason: &str| {
        let dialog = format!("{tenant}?dialog=suspend");
        let request = operator.post_plainly("/api/block_tenant", &dialog);
        let form = [("id", instance.id()), ("reason", reason.to_owned())];
        let answer = request.form(&form).send().await.expect("an answer");
        let to = answer.headers()["location"]
            .to_str()
            .expect("text")
            .to_owned();
        page(operator, to.trim_start_matches(&instance.server.base))
            .await
            .1
    };
    assert!(post("").await.contains("Please say why."));
    assert!(
        post("Spam")
            .await
            .contains("Suspended by the operator since")
    );
}

#[tokio::test]
async fn the_jobs_of_a_server_are_written_down() {
    let data = data_dir();
    let mut server = Server::start_with(&data, |_| {});
    let pool = Database::of_server(data.path()).pool("postgres", 1);
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let rows: Vec<(String, Option<String>)> =
            sqlx::query_as("select job, last_error from job_runs order by job")
                .fetch_all(&pool)
                .await
                .expect("rows");
        let known = |job: &str| rows.iter().any(|(name, _)| name == job);
        if [
            "roll up usage",
            "send mail",
            "send webhooks",
            "sign the ends of audit logs",
        ]
        .into_iter()
        .all(known)
        {
            assert!(rows.iter().all(|(_, error)| error.is_none()), "{rows:?}");
            break;
        }
        assert!(Instant::now() < deadline, "{rows:?}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    pool.close().await;
    assert_eq!(server.stop(), Some(0));
}
