//! Groups of a tenant's provider that give roles of the tenant's own.

use super::Place;
use crate::accounts::{call, do_it};
use crate::sign_in_with::issuer::CLIENT;
use reqwest::StatusCode;
use serde_json::{Value, json};
use test_support::Person;

async fn make_role(place: &Place, ada: &Person, name: &str, permission: &str) -> String {
    let browser = place.server.browser_of(ada).await;
    let slug = ada.actor.slug();
    let form = [
        ("tenant", slug),
        ("name", name),
        ("permissions[]", permission),
    ];
    do_it(&browser, "create_role", &form).await;
    let roles = do_it(&browser, "list_roles", &[("tenant", slug)]).await;
    let roles: Value = serde_json::from_str(&roles).expect("JSON");
    let mut roles = roles["roles"].as_array().expect("roles").iter();
    let role = roles
        .find(|one| one["role"]["name"] == name)
        .expect("the role");
    role["role"]["id"].as_str().expect("an id").to_owned()
}

/// The name of the role of the tenant's own that somebody holds.
async fn own_role(place: &Place, email: &str) -> Option<String> {
    sqlx::query_scalar(
        "select r.name from memberships m join users u using (user_id)
        join roles r on r.role_id = m.role_id where u.email = $1",
    )
    .bind(email)
    .fetch_optional(&place.server.world.database.pool("postgres", 1))
    .await
    .expect("rows")
}

async fn connect(
    place: &Place,
    who: &Person,
    slug: &str,
    role: &str,
    groups: &str,
) -> (StatusCode, String) {
    let browser = place.server.browser_of(who).await;
    let base = place.issuer.base();
    let form = [
        ("tenant", slug),
        ("issuer", base.as_str()),
        ("client_id", CLIENT),
        ("default_role", role),
        ("groups", groups),
    ];
    call(&browser, "connect_sso", &form).await
}

#[tokio::test]
async fn groups_give_roles_of_the_tenants_own_which_stay_as_long() {
    let place = Place::new().await;
    let (ada, browser) = place.company("").await;
    let slug = ada.actor.slug();
    let night = make_role(&place, &ada, "Night shift", "view_tasks").await;
    let guest = make_role(&place, &ada, "Guest", "view_usage").await;
    let groups = "Ops = night SHIFT\nStaff = developer";
    let (status, text) = connect(&place, &ada, slug, &guest, groups).await;
    assert!(status.is_success() || status.is_redirection(), "{text}");
    let view = place.view(&browser, slug).await;
    let first = &view["connection"]["groups"][0]["role"];
    assert_eq!(first["custom"]["name"], "Night shift");
    let page = browser.get(&format!("/t/{slug}/sso")).send().await;
    let page = page.expect("a page").text().await.expect("a body");
    assert!(
        page.contains("Ops = Night shift") && page.contains(&guest),
        "{page}"
    );
    let email = "grace@example.com";
    let grace = async |groups: Value| {
        let claims = json!({ "sub": "g", "email": email, "groups": groups });
        place.sign_in(&place.server.browser(), email, claims).await;
        own_role(&place, email).await
    };
    assert_eq!(grace(json!(["Ops"])).await.as_deref(), Some("Night shift"));
    assert_eq!(grace(json!(["Staff"])).await, None);
    assert_eq!(place.role(&ada, email).await.as_deref(), Some("developer"));
    assert_eq!(grace(json!([])).await.as_deref(), Some("Guest"));
    grace(json!(["Staff"])).await;
    // Nobody holds them, but the provider gives them.
    for role in [&night, &guest] {
        let form = [("tenant", slug), ("id", role.as_str())];
        let (status, text) = call(&browser, "delete_role", &form).await;
        assert!(
            status == StatusCode::CONFLICT && text.contains("single sign-on"),
            "{text}"
        );
    }
    connect(&place, &ada, slug, "viewer", "").await;
    for role in [&night, &guest] {
        do_it(&browser, "delete_role", &[("tenant", slug), ("id", role)]).await;
    }
}

#[tokio::test]
async fn nobody_lets_a_group_give_what_they_do_not_hold() {
    let place = Place::new().await;
    let (ada, _) = place.company("").await;
    let slug = ada.actor.slug();
    let keys = make_role(&place, &ada, "Keys", "manage_keys").await;
    make_role(&place, &ada, "Security", "manage_security").await;
    let foreign = place.server.world.owner("eve").await;
    make_role(&place, &foreign, "Elsewhere", "view_tasks").await;
    // Bob may set single sign-on up, and no more than a viewer otherwise.
    let bob = place.server.world.owner("bob").await;
    let pool = place.server.world.database.pool("postgres", 1);
    sqlx::query(
        "with role as (
            update roles set permissions = permissions || array['view_members', 'view_clients',
                'view_usage', 'view_tasks', 'view_connections', 'connect_accounts'] where name = 'Security' returning tenant_id, role_id
        )
        insert into memberships (tenant_id, user_id, role, role_id)
        select tenant_id, $1, 'custom', role_id from role",
    )
    .bind(bob.user.0)
    .execute(&pool)
    .await
    .expect("a member");
    for (role, groups) in [
        ("viewer", "Ops = keys"),
        ("viewer", "Ops = admin"),
        (keys.as_str(), ""),
    ] {
        let (status, text) = connect(&place, &bob, slug, role, groups).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{role} {groups}: {text}");
    }
    let (status, text) = connect(&place, &bob, slug, "viewer", "Ops = security").await;
    assert!(status.is_success() || status.is_redirection(), "{text}");
    for (role, groups) in [
        ("owner", ""),
        ("viewer", "Ops = elsewhere"),
        ("viewer", "Ops = owner"),
    ] {
        let (status, text) = connect(&place, &ada, slug, role, groups).await;
        assert_eq!(
            status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{role} {groups}: {text}"
        );
    }
}
