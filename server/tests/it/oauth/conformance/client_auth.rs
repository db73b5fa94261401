//! How a program proves that it is itself: as it was registered, and in no other way.

use crate::oauth::support::{App, Flow, REVISIONS, Reply};
use crate::support::TestServer;
use reqwest::StatusCode;

/// A refusal asks for Basic where Basic was tried (RFC 6749, section 5.2).
fn is_nobody(reply: &Reply, tried: &App) {
    reply.refuses(StatusCode::UNAUTHORIZED, "invalid_client");
    let asks = reply.header("www-authenticate").starts_with("Basic");
    assert_eq!(asks, tried.method == "client_secret_basic", "{reply:?}");
}

#[tokio::test]
async fn a_wrong_secret_is_refused_and_leaves_the_code_good() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let flow = Flow::of(&server, &ada).await;
    for revision in REVISIONS {
        let flow = flow.speaking(revision);
        let app = flow.register("client_secret_basic").await;
        let code = flow.code(&app, "account:read").await;
        let pretender = app.by(app.method, "not the secret");
        is_nobody(&flow.exchange(&pretender, &code).await, &pretender);
        flow.exchange(&app, &code).await.good();
    }
}

#[tokio::test]
async fn a_secret_in_the_form_is_taken_from_a_program_that_registered_so() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let flow = Flow::of(&server, &ada).await;
    for revision in REVISIONS {
        let flow = flow.speaking(revision);
        let app = flow.register("client_secret_post").await;
        let reply = flow.tokens(&app, "account:read").await;
        let token = reply.text("access_token");
        assert_eq!(flow.opens(&token).await, StatusCode::OK, "{revision}");
    }
}

#[tokio::test]
async fn a_program_that_proves_itself_in_another_way_than_it_registered_is_refused() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let flow = Flow::of(&server, &ada).await;
    for (registered, tried) in [
        ("client_secret_basic", ["client_secret_post", "none"]),
        ("client_secret_post", ["client_secret_basic", "none"]),
        ("none", ["client_secret_basic", "client_secret_post"]),
    ] {
        let app = flow.register(registered).await;
        let secret = app.secret.clone().unwrap_or("made-up".into());
        for revision in REVISIONS {
            let flow = flow.speaking(revision);
            let code = flow.code(&app, "account:read").await;
            for method in tried {
                let other = app.by(method, &secret);
                is_nobody(&flow.exchange(&other, &code).await, &other);
            }
            flow.exchange(&app, &code).await.good();
        }
    }
}
