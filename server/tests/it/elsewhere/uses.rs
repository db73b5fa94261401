//! What is remembered of calls: the account that was used, on its page.

use super::Scene;
use api_types::{connections::Sharing, usage::Outcome};
use domain::connections;
use serde_json::json;
use uuid::Uuid;

#[tokio::test]
async fn calls_stand_on_the_page_of_the_account_that_they_used() {
    let (scene, ada, id) = Scene::connected().await;
    let other = ada.connect("other", "Other", Sharing::Shared).await;
    let call = async |tool: &str, arguments| scene.call(&ada.key, tool, arguments).await;
    call("shop_get_thing", json!({ "id": "1", "connection": "Acme" }))
        .await
        .good();
    call(
        "shop_get_odd",
        json!({ "how": "broken", "connection": "Acme" }),
    )
    .await
    .failed();
    // Neither of these has used anything.
    call("shop_get_thing", json!({ "id": "1" })).await.failed();
    call("shop_get_thing", json!({ "connection": "Acme" }))
        .await
        .failed();

    let pool = scene.server.world.database.pool("postgres", 1);
    let rows = "select tool, connection_id from usage_events order by event_id";
    let rows: Vec<(String, Option<Uuid>)> =
        sqlx::query_as(rows).fetch_all(&pool).await.expect("rows");
    let used: Vec<_> = rows
        .iter()
        .map(|(tool, used)| (tool.as_str(), *used))
        .collect();
    let wanted = [
        ("shop_get_thing", Some(id.0)),
        ("shop_get_odd", Some(id.0)),
        ("shop_get_thing", None),
        ("shop_get_thing", None),
    ];
    assert_eq!(used, wanted);

    let uses = connections::flush_uses(ada.s()).await;
    assert_eq!(uses.expect("written"), 1);
    let detail = ada.detail(id).await;
    assert!(detail.connection.last_used_at.is_some());
    let users: Vec<_> = detail
        .users
        .iter()
        .map(|user| (&*user.client, user.calls))
        .collect();
    assert_eq!(users, [(&*ada.client.name, 2)]);
    let calls: Vec<_> = detail
        .calls
        .iter()
        .map(|call| (&*call.tool, &*call.client, call.outcome))
        .collect();
    let wanted = [
        ("shop_get_odd", "agent", Outcome::ToolError),
        ("shop_get_thing", "agent", Outcome::Ok),
    ];
    assert_eq!(calls, wanted);
    let error = detail.calls[0].error.clone().expect("words");
    assert!(error.contains("not today"), "{error}");
    let detail = ada.detail(other).await;
    assert_eq!((detail.users, detail.calls), (vec![], vec![]));
    assert_eq!(detail.connection.last_used_at, None);
}
