//! What the functions about connections are sent, and who is led to a provider.

use super::company::Company;
use crate::service::{PROVIDER, WITH_APP, connect, set_app, unique};
use api_types::{ConnectionId, Permission, Role, connections::Sharing};
use domain::connections::{NewConnection, connect_with_secret, describe};
use reqwest::StatusCode;
use serde_json::{Value, json};
use test_support::Person;

impl Company {
    /// A connection of the member's own, whatever they may.
    async fn own_connection(&self, member: &Person) -> ConnectionId {
        let id = connect(&self.ada, &unique()).await;
        let given = "update connections set sharing = 'personal', owner_id = $2
            where connection_id = $1";
        sqlx::query(given)
            .bind(id.0)
            .bind(member.user.0)
            .execute(&self.server.world.database.pool("postgres", 1))
            .await
            .expect("given");
        id
    }
}

/// What a function about connections is sent, about new things; none, if it is no such function.
pub(super) async fn arguments(company: &Company, member: &Person, name: &str) -> Option<Value> {
    let (service, ada) = (&company.service, &company.ada);
    let description = || service.described(&unique(), "header = { name = \"x-key\" }");
    Some(match name {
        "list_connections" | "list_apis" => json!({}),
        "get_provider" | "list_provider_tools" => json!({ "provider": PROVIDER }),
        "get_connection" | "test_connection" | "disconnect_account" => {
            json!({ "id": company.own_connection(member).await })
        }
        "rename_connection" => {
            json!({ "id": company.own_connection(member).await, "label": unique() })
        }
        "change_secret" => {
            json!({ "id": company.own_connection(member).await, "secrets[0]": "another" })
        }
        "connect_account" => {
            json!({ "provider": PROVIDER, "label": unique(), "sharing": "personal", "secrets[0]": "x" })
        }
        "set_provider_app" => {
            json!({ "provider": WITH_APP, "client_id": "an app", "client_secret": "its secret" })
        }
        "remove_provider_app" => {
            set_app(ada).await;
            json!({ "provider": WITH_APP })
        }
        "describe_provider" => json!({ "description": description() }),
        "describe_simple_provider" => json!({
            "simple[id]": unique(), "simple[name]": "Simple", "simple[auth]": "bearer",
            "simple[base]": "https://api.simple.example",
        }),
        "remove_provider" => {
            let described = describe(&ada.world.services, &ada.actor, &description()).await;
            json!({ "provider": described.expect("described") })
        }
        "import_api" => json!({ "word": unique(), "source": service.document() }),
        "try_tool" => {
            let (id, tool) = service.import(ada).await;
            json!({ "api": id, "tool": tool })
        }
        "choose_operations" => {
            json!({ "id": service.import(ada).await.0, "keys[0]": "GET /ended" })
        }
        "take_over_api" => json!({ "id": service.import_with_news(ada).await }),
        "list_api_tools" | "get_api" | "sync_api" | "remove_api" => {
            json!({ "id": service.import(ada).await.0 })
        }
        _ => return None,
    })
}

#[tokio::test]
async fn whoever_may_connect_is_led_to_the_provider() {
    let company = Company::new().await;
    set_app(&company.ada).await;
    let door = format!("/t/{}/connections/{WITH_APP}/start", company.slug());
    for role in Role::ALL {
        let (_, browser) = company.member(role.as_str(), None).await;
        for (sharing, needed) in [
            ("personal", Permission::ConnectAccounts),
            ("shared", Permission::ManageConnections),
        ] {
            let form = [("label", unique()), ("sharing", sharing.into())];
            let answer = browser.post(&door).form(&form).send().await;
            let may = super::golden(needed, role);
            let wanted = if may {
                StatusCode::OK
            } else {
                StatusCode::FORBIDDEN
            };
            let status = answer.expect("an answer").status();
            assert_eq!(status, wanted, "{role}, {sharing}");
        }
    }
}

/// What is shared is not for everybody to change, and what is somebody's own is nobody else's.
#[tokio::test]
async fn a_connection_is_changed_by_those_whose_it_is() {
    let company = Company::new().await;
    let (viewer, browser) = company.member("viewer", None).await;
    let (developer, _) = company.member("developer", None).await;
    let shared = connect(&company.ada, "shared").await;
    let others = company.own_connection(&developer).await;
    let own = company.own_connection(&viewer).await;
    let answer = async |function: &str, id: ConnectionId| {
        let form =
            json!({ "tenant": company.slug(), "id": id, "label": unique(), "secrets[0]": "x" });
        let answer = browser.calling(function, &form).send().await;
        let answer = answer.expect("an answer");
        let status = answer.status();
        let body: Value = answer.json().await.unwrap_or_default();
        (status, body["refused"]["permission"].clone())
    };
    for function in ["rename_connection", "change_secret", "disconnect_account"] {
        let refused = (StatusCode::FORBIDDEN, json!("manage_connections"));
        assert_eq!(answer(function, shared).await, refused, "{function}");
        let missing = (StatusCode::NOT_FOUND, Value::Null);
        assert_eq!(answer(function, others).await, missing, "{function}");
        let (status, _) = answer(function, own).await;
        assert!(!status.is_client_error(), "{function}: {status}");
    }
    for function in ["get_connection", "test_connection"] {
        let missing = (StatusCode::NOT_FOUND, Value::Null);
        assert_eq!(answer(function, others).await, missing, "{function}");
        assert_eq!(
            answer(function, shared).await.0,
            StatusCode::OK,
            "{function}"
        );
    }
}

/// Whoever sees connections tries tools that look, and no others.
#[tokio::test]
async fn a_tool_that_changes_something_takes_more_to_try() {
    let company = Company::new().await;
    let all = company.server.world.services.toolkits.tools();
    let of_provider = |write: bool| {
        let found = all.iter().find(|tool| {
            *tool.toolkit.name() == *WITH_APP && tool.scope.ends_with(":write") == write
        });
        found.expect("a tool").spec.name.to_string()
    };
    for role in Role::ALL {
        let (_, browser) = company.member(role.as_str(), None).await;
        for (write, needed) in [
            (false, Permission::ViewConnections),
            (true, Permission::UseConnections),
        ] {
            let form = json!({ "tenant": company.slug(), "tool": of_provider(write),
                "provider": WITH_APP });
            let answer = browser.calling("try_tool", &form).send().await;
            let may = super::golden(needed, role);
            let refused = answer.expect("an answer").status() == StatusCode::FORBIDDEN;
            assert_eq!(refused, !may, "{role}, writing: {write}");
        }
    }
}

/// Whoever may import an API need not be whoever connected the account, whose secret is not theirs to lead elsewhere.
#[tokio::test]
async fn an_account_is_used_at_its_own_service_alone() {
    let company = Company::new().await;
    let (s, a) = (&company.ada.world.services, &company.ada.actor);
    let (_, browser) = company.member("developer", None).await;
    let known = company
        .service
        .described(&unique(), "header = { name = \"x-key\" }");
    let known = describe(s, a, &known).await.expect("described");
    // Where this one is, is said by whoever connects.
    let asked = format!(
        "id = \"{}\"\nname = \"Shops\"\ncategory = \"Tests\"\nabout = \"Shops.\"\n\
         docs = \"https://shops.example\"\nsetup = \"Ask.\"\n\
         [[questions]]\nid = \"shop\"\nlabel = \"Shop\"\nexample = \"acme\"\nkind = \"subdomain\"\n\
         [auth]\nkind = \"basic\"\nusername = \"Name\"\npassword = \"Password\"\n\
         [api]\nbase = \"https://{{shop}}.shops.example\"\n",
        unique()
    );
    let asked = describe(s, a, &asked).await.expect("described");
    let new = NewConnection {
        provider: asked.clone(),
        label: "Work".into(),
        sharing: Sharing::Shared,
        scopes: Vec::new(),
        answers: [("shop".to_owned(), "acme".to_owned())].into(),
        secrets: vec!["a name".into(), "a password".into()],
    };
    let connected = connect_with_secret(s, a, new).await;
    connected.expect("connected");
    let document = json!({ "openapi": "3.1.0", "info": { "title": "x", "version": "1" },
        "paths": { "/thing": { "get": { "operationId": "getThing" } } } });
    let import = async |word: &str, provider: &str| {
        let form = json!({ "tenant": company.slug(), "word": word, "provider": provider,
            "document": document.to_string(), "base": "https://elsewhere.example" });
        let answer = browser.calling("import_api", &form).send().await;
        answer.expect("an answer").status()
    };
    let refused = import("known", &known).await;
    assert_eq!(refused, StatusCode::UNPROCESSABLE_ENTITY);
    let status = import("asked", &asked).await;
    assert!(!status.is_client_error(), "{status}");
    let api = domain::apis::list(s, a).await.expect("APIs")[0].id;
    let chosen = domain::apis::choose(s, a, api, vec!["GET /thing".into()]).await;
    chosen.expect("chosen");
    let form = json!({ "tenant": company.slug(), "tool": "asked_get_thing", "api": api });
    let answer = browser.calling("try_tool", &form).send().await;
    let text = answer.expect("an answer").text().await.expect("a body");
    let told = "is used at acme.shops.example alone";
    assert!(text.contains(told), "{text}");
}

/// Clients hand out links to connect: nobody connects by the link of another.
#[tokio::test]
async fn a_link_to_connect_is_for_its_own_person() {
    let company = Company::new().await;
    let (viewer, browser) = company.member("viewer", None).await;
    for (meant_for, wanted) in [
        (Some(viewer.user.to_string()), StatusCode::OK),
        (None, StatusCode::OK),
        (Some(company.ada.user.to_string()), StatusCode::CONFLICT),
        (Some("nobody".into()), StatusCode::CONFLICT),
    ] {
        let mut form = json!({ "tenant": company.slug(), "provider": WITH_APP });
        if let Some(person) = &meant_for {
            form["meant_for"] = person.as_str().into();
        }
        let answer = browser.calling("get_provider", &form).send().await;
        let status = answer.expect("an answer").status();
        assert_eq!(status, wanted, "{meant_for:?}");
    }
}
