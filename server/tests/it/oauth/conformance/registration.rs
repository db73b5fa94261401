//! How a program becomes known: by registering itself, by an administrator's hand, by a document of its own.

use super::documents::{Documents, as_chatgpt};
use crate::accounts::do_it;
use crate::oauth::support::{App, CALLBACK, Flow, REVISIONS, Reply, since};
use crate::support::TestServer;
use api_types::mcp_clients::ClientView;
use reqwest::{StatusCode, header};
use serde_json::{Value, json};

#[tokio::test]
async fn a_public_program_registers_itself_and_comes_to_a_token() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let flow = Flow::of(&server, &ada).await;
    for revision in REVISIONS {
        let flow = flow.speaking(revision);
        let wanted = json!({
            "redirect_uris": [CALLBACK],
            "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
        });
        let mut metadata = wanted.clone();
        metadata["client_name"] = "A program".into();
        let reply = flow.register_with(&metadata).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{revision}: {reply:?}");
        assert!(reply.header("cache-control").contains("no-store"));
        for (member, value) in wanted.as_object().expect("members") {
            assert_eq!(&reply.body[member], value, "{revision}: {member}");
        }
        assert_eq!(reply.body.get("client_secret"), None);
        let app = App::public(&reply.text("client_id"), CALLBACK);
        let token = flow.tokens(&app, "account:read").await.text("access_token");
        assert_eq!(flow.opens(&token).await, StatusCode::OK, "{revision}");
    }
}

#[tokio::test]
async fn a_program_that_can_keep_a_secret_is_given_one_and_comes_to_a_token() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let flow = Flow::of(&server, &ada).await;
    for revision in REVISIONS {
        let flow = flow.speaking(revision);
        let app = flow.register("client_secret_basic").await;
        assert!(
            app.secret
                .as_deref()
                .is_some_and(|secret| secret.len() > 20)
        );
        let token = flow.tokens(&app, "account:read").await.text("access_token");
        assert_eq!(flow.opens(&token).await, StatusCode::OK, "{revision}");
    }
}

#[tokio::test]
async fn a_program_that_needs_what_is_not_offered_is_not_registered() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let flow = Flow::of(&server, &ada).await;
    for revision in REVISIONS {
        let flow = flow.speaking(revision);
        let metadata = json!({
            "client_name": "A program of another time",
            "redirect_uris": [CALLBACK],
            "grant_types": ["password"],
            "response_types": [],
            "token_endpoint_auth_method": "private_key_jwt",
        });
        let reply = flow.register_with(&metadata).await;
        reply.refuses(StatusCode::BAD_REQUEST, "invalid_client_metadata");
    }
}

/// Lets a registered client log in, as an administrator does on its page.
async fn entered(flow: &Flow<'_>, client: &ClientView) -> App {
    let id = client.id.to_string();
    let form = [
        ("tenant", flow.slug.as_str()),
        ("id", &id),
        ("auth", "client_secret"),
        ("redirect_uris", CALLBACK),
    ];
    let text = do_it(&flow.browser, "set_log_in", &form).await;
    let created: Value = serde_json::from_str(&text).expect("JSON");
    App {
        id: created["oauth_id"].as_str().expect("an id").into(),
        secret: created["secret"].as_str().map(str::to_owned),
        method: "client_secret_basic",
        callback: CALLBACK.into(),
    }
}

#[tokio::test]
async fn a_program_that_was_entered_by_hand_needs_no_registration() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let flow = Flow::of(&server, &ada).await;
    for revision in since("2025-11-25") {
        let flow = flow.speaking(revision);
        let app = entered(&flow, &ada.client(revision).await).await;
        assert!(app.id.starts_with("bh_client_"), "{app:?}");
        let token = flow.tokens(&app, "account:read").await.text("access_token");
        assert_eq!(flow.opens(&token).await, StatusCode::OK, "{revision}");
    }
}

#[tokio::test]
async fn a_document_like_chatgpts_is_read_and_means_what_it_says() {
    let documents = Documents::start(as_chatgpt).await;
    let server = TestServer::with_oauth(|settings| settings.inner_documents = true).await;
    let ada = server.world.owner("ada").await;
    let flow = Flow::of(&server, &ada).await;
    for revision in since("2025-11-25") {
        let flow = flow.speaking(revision);
        let metadata = flow.get("/.well-known/oauth-authorization-server");
        let metadata = Reply::of(metadata).await.good();
        assert_eq!(metadata.body["client_id_metadata_document_supported"], true);
        let app = App::public(&documents.address(), CALLBACK);
        let code = flow.code(&app, "account:read").await;
        // The document says that the program signs what it shows: without that nobody is it.
        let reply = flow.exchange(&app, &code).await;
        reply.refuses(StatusCode::UNAUTHORIZED, "invalid_client");
    }
    assert!(documents.reads() > 0);
}

#[tokio::test]
async fn a_document_that_speaks_for_another_program_is_not_believed() {
    let of_another = |address: &str| {
        json!({
            "client_id": address.replace("client.json", "other.json"),
            "client_name": "Another program",
            "redirect_uris": [CALLBACK],
            "token_endpoint_auth_method": "none",
        })
    };
    let documents = Documents::start(of_another).await;
    let server = TestServer::with_oauth(|settings| settings.inner_documents = true).await;
    let ada = server.world.owner("ada").await;
    let flow = Flow::of(&server, &ada).await;
    for revision in since("2025-11-25") {
        let flow = flow.speaking(revision);
        let app = App::public(&documents.address(), CALLBACK);
        let answer = flow.ask(&flow.question(&app, "account:read")).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{revision}");
        assert_eq!(answer.headers().get(header::LOCATION), None);
    }
    assert!(documents.reads() > 0);
}
