//! What the server says of itself, and the way of a public program from there to a tool.

use crate::oauth::support::{CALLBACK, Flow, REVISIONS, Reply, SCOPES, claims, parameter, since};
use crate::support::{MODERN, TestServer};
use reqwest::StatusCode;
use serde_json::{Value, json};

fn holds(list: &Value, wanted: &[&str]) -> bool {
    let list = list.as_array().expect("a list");
    wanted.iter().all(|one| list.contains(&json!(one)))
}

#[tokio::test]
async fn the_metadata_tells_where_everything_is_and_what_is_taken() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let flow = Flow::of(&server, &ada).await;
    let issuer = server.base.as_str();
    for revision in REVISIONS {
        let flow = flow.speaking(revision);
        let reply = Reply::of(flow.get("/.well-known/oauth-authorization-server")).await;
        assert_eq!(reply.status, StatusCode::OK, "{revision}: {reply:?}");
        let media_type = reply.header("content-type");
        assert!(media_type.starts_with("application/json"), "{media_type}");
        let said = &reply.body;
        assert_eq!(said["issuer"], issuer);
        for (name, path) in [
            ("authorization_endpoint", "/oauth/authorize"),
            ("token_endpoint", "/oauth/token"),
            ("registration_endpoint", "/oauth/register"),
            ("revocation_endpoint", "/oauth/revoke"),
            ("introspection_endpoint", "/oauth/introspect"),
            ("jwks_uri", "/oauth/jwks"),
        ] {
            assert_eq!(said[name], format!("{issuer}{path}"), "{name}");
        }
        assert_eq!(said["response_types_supported"], json!(["code"]));
        assert_eq!(said["code_challenge_methods_supported"], json!(["S256"]));
        assert_eq!(said["client_id_metadata_document_supported"], true);
        assert_eq!(said["authorization_response_iss_parameter_supported"], true);
        let grants = ["authorization_code", "refresh_token"];
        assert!(holds(&said["grant_types_supported"], &grants), "{said}");
        let methods = ["none", "client_secret_basic", "client_secret_post"];
        let listed = &said["token_endpoint_auth_methods_supported"];
        assert!(holds(listed, &methods), "{said}");
    }
}

/// From 2025-11-25 on, a program may try OpenID Connect's address too, and either one with the resource's path.
#[tokio::test]
async fn the_metadata_is_at_every_address_that_programs_try() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let flow = Flow::of(&server, &ada).await;
    let tenants = format!("/t/{}/mcp", flow.slug);
    for revision in since("2025-11-25") {
        let flow = flow.speaking(revision);
        let plain = Reply::of(flow.get("/.well-known/oauth-authorization-server")).await;
        for name in ["oauth-authorization-server", "openid-configuration"] {
            for path in ["", "/mcp", tenants.as_str()] {
                let reply = Reply::of(flow.get(&format!("/.well-known/{name}{path}"))).await;
                assert_eq!(reply.status, StatusCode::OK, "{revision}: {name}{path}");
                for (member, value) in plain.body.as_object().expect("a document") {
                    assert_eq!(&reply.body[member], value, "{revision}: {name}{path}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_public_program_comes_to_a_token_and_the_token_to_a_tool() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let flow = Flow::of(&server, &ada).await;
    for revision in REVISIONS {
        let flow = flow.speaking(revision);
        let app = flow.register("none").await;
        let told = flow.approved(&flow.question(&app, SCOPES)).await;
        assert!(told.as_str().starts_with(&format!("{CALLBACK}?")), "{told}");
        assert_eq!(
            parameter(&told, "state").as_deref(),
            Some("a state of the program")
        );
        assert_eq!(
            parameter(&told, "iss").as_deref(),
            Some(server.base.as_str())
        );
        assert_eq!(parameter(&told, "error"), None, "{told}");
        let code = parameter(&told, "code").expect("a code");

        let reply = flow.exchange(&app, &code).await.good();
        assert!(reply.header("content-type").starts_with("application/json"));
        assert_eq!(reply.header("cache-control"), "no-store");
        assert_eq!(reply.header("pragma"), "no-cache");
        assert!(reply.text("token_type").eq_ignore_ascii_case("bearer"));
        assert!(reply.body["expires_in"].as_u64() > Some(0), "{reply:?}");
        assert_eq!(reply.text("scope"), SCOPES);
        let token = reply.text("access_token");
        assert_eq!(claims(&token)["aud"], flow.resource(), "{revision}");
        works(&flow, &token).await;
    }
}

/// The first steps of a program at the endpoint.
async fn works(flow: &Flow<'_>, token: &str) {
    let hello = if flow.revision == MODERN {
        flow.mcp(token, "server/discover", json!({})).await
    } else {
        let about = json!({ "protocolVersion": flow.revision, "capabilities": {},
            "clientInfo": { "name": "t", "version": "1" } });
        let hello = flow.mcp(token, "initialize", about).await;
        assert_eq!(hello.body["result"]["protocolVersion"], flow.revision);
        hello
    };
    assert_eq!(hello.status, StatusCode::OK, "{hello:?}");
    let listed = flow.mcp(token, "tools/list", json!({})).await;
    assert_eq!(listed.status, StatusCode::OK, "{listed:?}");
    let tools = listed.body["result"]["tools"].as_array().expect("tools");
    assert!(tools.iter().any(|tool| tool["name"] == "create_task"));
    let called = flow.call(token, "whoami", json!({})).await;
    let tenant = &called.body["result"]["structuredContent"]["tenant"];
    assert_eq!(tenant, flow.slug.as_str(), "{called:?}");
}
