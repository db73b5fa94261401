//! Where a person's browser is sent, where it is not, and who says so (RFC 9207).

use crate::oauth::support::{App, CALLBACK, Flow, REVISIONS, Reply, parameter};
use crate::support::TestServer;
use reqwest::{StatusCode, header};

#[tokio::test]
async fn nobody_is_sent_to_an_address_that_the_program_did_not_register() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let flow = Flow::of(&server, &ada).await;
    for revision in REVISIONS {
        let flow = flow.speaking(revision);
        let app = flow.register("none").await;
        for elsewhere in [
            "https://attacker.example/callback".to_owned(),
            format!("{CALLBACK}/further"),
            format!("{CALLBACK}?more=1"),
            CALLBACK.replace("https", "http"),
        ] {
            let question = flow
                .question(&app, "account:read")
                .with("redirect_uri", &elsewhere);
            let answer = flow.ask(&question).await;
            let status = answer.status();
            assert_eq!(status, StatusCode::BAD_REQUEST, "{revision}: {elsewhere}");
            assert_eq!(answer.headers().get(header::LOCATION), None);
            let page = answer.text().await.expect("a page");
            let link = format!("href=\"{elsewhere}");
            assert!(!page.contains(&link), "{revision}: {page}");
        }
    }
}

#[tokio::test]
async fn nobody_is_sent_anywhere_by_a_program_that_is_not_known() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let flow = Flow::of(&server, &ada).await;
    let app = App::public("bh_client_of_nobody", CALLBACK);
    for revision in REVISIONS {
        let flow = flow.speaking(revision);
        let answer = flow.ask(&flow.question(&app, "account:read")).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{revision}");
        assert_eq!(answer.headers().get(header::LOCATION), None);
    }
}

#[tokio::test]
async fn a_code_is_exchanged_for_the_address_to_which_it_went() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let flow = Flow::of(&server, &ada).await;
    for revision in REVISIONS {
        let flow = flow.speaking(revision);
        let app = flow.register("none").await;
        let code = flow.code(&app, "account:read").await;
        let elsewhere = [("redirect_uri", "https://attacker.example/callback")];
        let reply = flow.exchange_with(&app, &code, &elsewhere).await;
        reply.refuses(StatusCode::BAD_REQUEST, "invalid_grant");
        let reply = flow.exchange(&app, &code).await.good();
        assert!(!reply.text("access_token").is_empty());
    }
}

/// Programs of 2026-07-28 compare it with what they expect; older ones are told it too.
#[tokio::test]
async fn every_answer_names_the_issuer_of_the_metadata_once() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let flow = Flow::of(&server, &ada).await;
    for revision in REVISIONS {
        let flow = flow.speaking(revision);
        let metadata = flow.get("/.well-known/oauth-authorization-server");
        let metadata = Reply::of(metadata).await.good();
        let flag = &metadata.body["authorization_response_iss_parameter_supported"];
        assert_eq!(flag, true, "{revision}");
        let app = flow.register("none").await;
        let told = flow.approved(&flow.question(&app, "account:read")).await;
        assert!(parameter(&told, "code").is_some(), "{told}");
        assert_eq!(parameter(&told, "iss"), Some(metadata.text("issuer")));
    }
}

#[tokio::test]
async fn a_program_learns_from_the_issuer_that_the_person_said_no() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let flow = Flow::of(&server, &ada).await;
    for revision in REVISIONS {
        let flow = flow.speaking(revision);
        let app = flow.register("none").await;
        let page = flow.page(&flow.question(&app, "account:read")).await;
        let told = flow.decide(&page, "deny", "account:read").await;
        assert!(told.as_str().starts_with(&format!("{CALLBACK}?")), "{told}");
        assert_eq!(
            parameter(&told, "error").as_deref(),
            Some("access_denied"),
            "{told}"
        );
        assert_eq!(
            parameter(&told, "state").as_deref(),
            Some("a state of the program")
        );
        assert_eq!(
            parameter(&told, "iss").as_deref(),
            Some(server.base.as_str())
        );
        assert_eq!(parameter(&told, "code"), None, "{told}");
    }
}
