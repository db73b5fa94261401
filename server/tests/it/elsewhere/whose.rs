//! Whose account a call uses, and what is told to who has none.

use super::{NOTHING, Scene, Tenant};
use crate::oauth::support::Flow;
use api_types::connections::Sharing;
use serde_json::{Value, json};
use test_support::Person;

fn thing() -> Value {
    json!({ "id": "1" })
}

#[tokio::test]
async fn who_has_connected_nothing_is_led_to_the_page_where_one_connects() {
    let scene = Scene::new().await;
    let ada = scene.tenant("ada").await;
    let (url, page) = (format!("{}/mcp", scene.server.base), ada.page("new/acme"));
    let params = || json!({ "name": "shop_get_thing", "arguments": thing() });
    let opens_pages = || json!({ "elicitation": { "url": {} } });
    let told = scene
        .ask(&url, &ada.key, opens_pages(), "tools/call", params())
        .await;
    let result = told.result();
    assert_eq!(result["resultType"], "input_required", "{told:?}");
    let asked = &result["inputRequests"]["connect"];
    assert_eq!(asked["method"], "elicitation/create", "{asked}");
    assert_eq!(asked["params"]["mode"], "url");
    assert_eq!(asked["params"]["url"], page);

    // Whoever cannot open it is told in words: clients of other capabilities and of older revisions, and one that was
    // asked and has not connected.
    let mut answered = params();
    answered["inputResponses"] = json!({ "connect": { "action": "accept" } });
    for told in [
        scene
            .ask(&url, &ada.key, NOTHING(), "tools/call", params())
            .await,
        scene
            .ask(
                &url,
                &ada.key,
                json!({ "elicitation": { "form": {} } }),
                "tools/call",
                params(),
            )
            .await,
        scene
            .ask(
                &url,
                &ada.key,
                opens_pages(),
                "tools/call",
                answered.clone(),
            )
            .await,
        scene
            .call_by_legacy(&ada.key, "shop_get_thing", thing())
            .await,
    ] {
        let words = told.failed();
        assert!(
            words.contains("not connected") && words.contains(&page),
            "{words}"
        );
    }
    assert_eq!(scene.stub.calls().len(), 0);

    ada.connect("ada", "Acme", Sharing::Shared).await;
    let told = scene
        .ask(&url, &ada.key, opens_pages(), "tools/call", answered)
        .await;
    assert_eq!(told.good()["account"], "ada");
    let told = scene
        .call_by_legacy(&ada.key, "shop_get_thing", thing())
        .await;
    assert_eq!(told.good()["account"], "ada");
}

/// An access token of a program that this person has let in to Ada's tenant.
async fn log_in(scene: &Scene, ada: &Tenant, person: &Person) -> (String, String) {
    let mut flow = Flow::of(&scene.server, person).await;
    flow.slug = ada.actor().slug().into();
    let app = flow.register("none").await;
    let reply = flow.tokens(&app, "connections:write").await;
    (flow.resource(), reply.text("access_token"))
}

#[tokio::test]
async fn a_personal_account_is_used_by_its_owners_log_ins_and_by_nobody_else() {
    let scene = Scene::new().await;
    let ada = scene.tenant("ada").await;
    let (bob, actor) = ada.member(&scene, "bob").await;
    let adas = log_in(&scene, &ada, &ada.person).await;
    let bobs = log_in(&scene, &ada, &bob).await;
    let who = (&actor, bob.user);
    ada.connect_as(who, "bob", "Bob's", Sharing::Personal).await;
    let key = (format!("{}/mcp", scene.server.base), ada.key.clone());
    let call = async |(url, token): &(String, String), connection: Option<&str>| {
        let mut arguments = thing();
        if let Some(label) = connection {
            arguments["connection"] = label.into();
        }
        let params = json!({ "name": "shop_get_thing", "arguments": arguments });
        scene.ask(url, token, NOTHING(), "tools/call", params).await
    };
    for _ in 0..2 {
        assert_eq!(call(&bobs, None).await.good()["account"], "bob");
        for other in [&adas, &key] {
            let told = call(other, None).await;
            assert!(told.failed().contains("not connected"), "{told:?}");
            let told = call(other, Some("Bob's")).await;
            assert!(told.failed().contains("no Shop account"), "{told:?}");
        }
    }
    ada.connect("team", "Team", Sharing::Shared).await;
    assert_eq!(call(&bobs, None).await.good()["account"], "bob");
    let told = call(&bobs, Some("Team")).await;
    assert_eq!(told.good()["account"], "team");
    for other in [&adas, &key] {
        assert_eq!(call(other, None).await.good()["account"], "team");
        let told = call(other, Some("Bob's")).await;
        assert!(told.failed().contains("no Shop account"), "{told:?}");
    }
    // Neither the tokens nor the key have left this server.
    for asked in scene.stub.ledger() {
        let asked = format!("{asked:?}");
        let own = [&adas.1, &bobs.1, &key.1];
        assert!(own.iter().all(|own| !asked.contains(*own)), "{asked}");
    }
}

#[tokio::test]
async fn of_several_accounts_one_has_to_be_named_as_it_is_called() {
    let scene = Scene::new().await;
    let ada = scene.tenant("ada").await;
    ada.connect("work", "Work", Sharing::Shared).await;
    ada.connect("home", "At home", Sharing::Shared).await;
    let call = async |connection: Value| {
        let arguments = json!({ "id": "1", "connection": connection });
        scene.call(&ada.key, "shop_get_thing", arguments).await
    };
    for none in [Value::Null, json!("")] {
        let told = call(none).await;
        let words = told.failed();
        let all = ["\"Work\"", "\"At home\"", "argument connection"];
        assert!(all.iter().all(|word| words.contains(word)), "{words}");
    }
    let told = call(json!("Elsewhere")).await;
    let words = told.failed();
    assert!(
        words.contains("no Shop account called \"Elsewhere\""),
        "{words}"
    );
    assert_eq!(scene.stub.calls().len(), 0);
    assert_eq!(call(json!("Work")).await.good()["account"], "work");
    assert_eq!(call(json!(" at HOME ")).await.good()["account"], "home");
}
