//! What protects a browser (rule R13): origins, cookies, sessions, headers.

use crate::support::TestServer;
use leptos::server_fn::axum::server_fn_paths;
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Client, StatusCode, header, redirect::Policy};
use test_support::PASSWORD;

#[tokio::test]
async fn no_mutation_is_taken_from_elsewhere() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let browser = server.browser_of(&ada).await;
    let mut tried = 0;
    let functions = server_fn_paths().map(|(path, method)| {
        assert_eq!(method, "POST", "{path}");
        path
    });
    for path in functions.chain(["/oauth/consent"]) {
        let url = format!("{}{path}", server.base);
        let foreign: [&[(&str, &str)]; 4] = [
            &[],
            &[("origin", "https://evil.example")],
            &[("origin", "null")],
            &[("sec-fetch-site", "cross-site")],
        ];
        for headers in foreign {
            let mut request = browser
                .client
                .post(&url)
                .form(&[("tenant", ada.actor.slug())]);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let status = request.send().await.expect("an answer").status();
            assert_eq!(status, StatusCode::FORBIDDEN, "{path} with {headers:?}");
            tried += 1;
        }
    }
    assert!(tried > 80);
    // Nothing happened: the session still works, the tenant has its name.
    let answer = browser
        .get(&format!("/t/{}", ada.actor.slug()))
        .send()
        .await
        .expect("a page");
    assert_eq!(answer.status(), StatusCode::OK);
}

#[tokio::test]
async fn the_session_cookie_is_closed_and_changes_at_sign_in() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let client = Client::builder()
        .redirect(Policy::none())
        .build()
        .expect("a client");
    let form = [("email", ada.email.as_str()), ("password", PASSWORD)];
    let sign_in = |cookie: Option<String>| {
        let mut request = client
            .post(format!("{}/api/sign_in", server.base))
            .header(header::ORIGIN, &server.base)
            .form(&form);
        if let Some(cookie) = cookie {
            request = request.header(header::COOKIE, cookie);
        }
        async move {
            let answer = request.send().await.expect("an answer");
            let set = answer.headers().get_all(header::SET_COOKIE).iter();
            let set = set
                .filter_map(|value| value.to_str().ok())
                .find(|line| line.starts_with("bulkhead="));
            set.expect("a session cookie").to_owned()
        }
    };
    let first = sign_in(None).await;
    for flag in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(first.contains(flag), "{first}");
    }
    let id = |line: &str| line.split(';').next().unwrap_or_default().to_owned();
    let planted = id(&first);
    let second = sign_in(Some(planted.clone())).await;
    assert_ne!(
        id(&second),
        planted,
        "a planted session id survived the sign-in"
    );
    let page = |cookie: String| {
        client
            .get(format!("{}/t/{}", server.base, ada.actor.slug()))
            .header(header::COOKIE, cookie)
            .header(header::ACCEPT, "text/html")
            .send()
    };
    assert_eq!(
        page(id(&second)).await.expect("a page").status(),
        StatusCode::OK
    );
    let old = page(planted).await.expect("a redirect");
    assert!(
        old.status().is_redirection(),
        "the old id still works: {}",
        old.status()
    );
}

#[tokio::test]
async fn signing_out_ends_the_session_in_the_database() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let browser = server.browser_of(&ada).await;
    let pool = server.world.database.pool("postgres", 1);
    let sessions =
        || sqlx::query_scalar::<_, i64>("select count(*) from sessions where user_id is not null");
    assert_eq!(sessions().fetch_one(&pool).await.expect("a count"), 1);
    browser
        .post("/api/sign_out")
        .send()
        .await
        .expect("an answer");
    assert_eq!(sessions().fetch_one(&pool).await.expect("a count"), 0);
    for accept in ["text/html", "*/*"] {
        let overview =
            browser
                .get(&format!("/t/{}", ada.actor.slug()))
                .headers(HeaderMap::from_iter([(
                    header::ACCEPT,
                    HeaderValue::from_static(accept),
                )]));
        let answer = overview.send().await.expect("a redirect");
        assert_eq!(answer.status(), StatusCode::FOUND, "{accept}");
        let to = answer.headers()[header::LOCATION].to_str().expect("text");
        assert!(to.starts_with("/sign-in?next="), "{to}");
    }
}

#[tokio::test]
async fn pages_carry_the_headers_that_people_check_for() {
    let server = TestServer::start().await;
    let answer = server
        .browser()
        .get("/sign-in")
        .send()
        .await
        .expect("a page");
    assert_eq!(answer.status(), StatusCode::OK);
    let get = |name: &str| answer.headers()[name].to_str().expect("text").to_owned();
    let policy = get("content-security-policy");
    assert!(
        policy.contains("frame-ancestors 'none'") && policy.contains("'nonce-"),
        "{policy}"
    );
    assert!(
        !policy.contains("'unsafe-inline'") && !policy.contains("'unsafe-eval'"),
        "{policy}"
    );
    assert_eq!(get("x-content-type-options"), "nosniff");
    assert!(get("cache-control").contains("no-store"));
    assert!(!get("referrer-policy").is_empty());
    assert!(!get("x-request-id").is_empty());
    let nonce = policy
        .split("'nonce-")
        .nth(1)
        .and_then(|rest| rest.split('\'').next())
        .expect("a nonce")
        .to_owned();
    let body = answer.text().await.expect("a body");
    for script in body.split("<script").skip(1) {
        let tag = script.split('>').next().unwrap_or_default();
        assert!(tag.contains(&nonce), "a script without the nonce: {tag}");
    }
}

#[tokio::test]
async fn a_foreign_host_is_refused() {
    let server = TestServer::start().await;
    let answer = Client::new()
        .get(format!("{}/sign-in", server.base))
        .header(header::HOST, "evil.example")
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), StatusCode::MISDIRECTED_REQUEST);
}

#[tokio::test]
async fn sign_in_leads_only_to_our_own_pages() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    for next in [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/%2f/evil.example\r\nx:y",
    ] {
        let form = [
            ("email", ada.email.as_str()),
            ("password", PASSWORD),
            ("next", next),
        ];
        let answer = server
            .browser()
            .post("/api/sign_in")
            .header(header::ACCEPT, "text/html")
            .form(&form)
            .send()
            .await
            .expect("an answer");
        let to = answer
            .headers()
            .get(header::LOCATION)
            .and_then(|to| to.to_str().ok())
            .unwrap_or("/");
        assert!(
            to.starts_with('/') && !to.starts_with("//") && !to.contains("evil"),
            "{next} led to {to}"
        );
    }
}
