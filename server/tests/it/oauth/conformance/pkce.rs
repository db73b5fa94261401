//! No code without a challenge, no token without its verifier (RFC 7636).

use crate::oauth::support::{CALLBACK, CHALLENGE, Flow, REVISIONS, VERIFIER, parameter};
use crate::support::TestServer;
use reqwest::StatusCode;

/// A challenge and a method that are not taken; an empty one is left out.
async fn refused(challenge: &str, method: &str) {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let flow = Flow::of(&server, &ada).await;
    for revision in REVISIONS {
        let flow = flow.speaking(revision);
        let app = flow.register("none").await;
        let question = flow
            .question(&app, "account:read")
            .with("code_challenge", challenge)
            .with("code_challenge_method", method);
        let answer = flow.ask(&question).await;
        assert_eq!(answer.status(), StatusCode::FOUND, "{revision}: {answer:?}");
        let told = flow.led(&answer);
        assert!(told.as_str().starts_with(&format!("{CALLBACK}?")), "{told}");
        assert_eq!(
            parameter(&told, "error").as_deref(),
            Some("invalid_request"),
            "{told}"
        );
        assert!(parameter(&told, "error_description").is_some(), "{told}");
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

#[tokio::test]
async fn a_program_without_a_challenge_is_refused() {
    refused("", "").await;
}

#[tokio::test]
async fn a_challenge_that_is_the_verifier_itself_is_refused() {
    refused(VERIFIER, "plain").await;
}

/// A method that is left out means `plain` (section 4.3).
#[tokio::test]
async fn a_challenge_without_a_method_is_refused() {
    refused(CHALLENGE, "").await;
}

#[tokio::test]
async fn a_challenge_of_an_unknown_method_is_refused() {
    refused(CHALLENGE, "S512").await;
}

#[tokio::test]
async fn another_verifier_is_refused_and_leaves_the_code_good() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let flow = Flow::of(&server, &ada).await;
    for revision in REVISIONS {
        let flow = flow.speaking(revision);
        let app = flow.register("none").await;
        let code = flow.code(&app, "account:read").await;
        let guessed = "a-verifier-that-somebody-else-has-made-up-0001";
        let reply = flow
            .exchange_with(&app, &code, &[("code_verifier", guessed)])
            .await;
        reply.refuses(StatusCode::BAD_REQUEST, "invalid_grant");
        flow.exchange(&app, &code).await.good();
    }
}
