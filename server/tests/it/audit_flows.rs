//! The rows of acts that take several steps: letters, an app, another browser (see `audit_coverage`).

use crate::accounts::do_it;
use crate::support::{Browser, TestServer};
use api_types::TenantId;
use serde_json::Value;
use sqlx::PgPool;
use test_support::{PASSWORD, Person, code_of_app};

/// The token in the newest letter to somebody.
async fn token(pool: &PgPool, email: &str) -> String {
    let letters: Vec<String> =
        sqlx::query_scalar("select payload from outbox order by created_at desc, job_id desc")
            .fetch_all(pool)
            .await
            .expect("letters");
    let with_link = |letter: &&String| letter.contains(email) && letter.contains("token=");
    let letter = letters.iter().find(with_link).expect("a letter");
    let rest = letter.split("token=").nth(1).expect("a link");
    rest.chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect()
}

async fn acts(pool: &PgPool, tenant: TenantId) -> Vec<String> {
    sqlx::query_scalar("select act from audit_events where tenant_id = $1 order by seq")
        .bind(tenant.0)
        .fetch_all(pool)
        .await
        .expect("acts")
}

async fn account(browser: &Browser) -> Value {
    let text = do_it(browser, "account", &[]).await;
    serde_json::from_str(&text).expect("an account")
}

async fn signs_in(browser: &Browser, person: &Person) {
    let form = [("email", person.email.as_str()), ("password", PASSWORD)];
    do_it(browser, "sign_in", &form).await;
}

#[tokio::test]
async fn acts_on_ones_account_leave_one_row_each() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let pool = server.world.database.pool("postgres", 1);
    let (here, there) = (server.browser_of(&ada).await, server.browser());

    do_it(&here, "begin_factor", &[]).await;
    let secret = account(&here).await["factor"]["Enrolling"]["secret"].clone();
    let code = code_of_app(secret.as_str().expect("a secret"), 0);
    do_it(&here, "confirm_factor", &[("code", &code)]).await;
    let codes: Vec<String> =
        serde_json::from_str(&do_it(&here, "renew_codes", &[]).await).expect("codes");
    signs_in(&there, &ada).await;
    do_it(&there, "sign_in_with_code", &[("code", &codes[0])]).await;
    do_it(&here, "remove_factor", &[]).await;

    signs_in(&there, &ada).await;
    let sessions = account(&here).await["sessions"].clone();
    let sessions = sessions.as_array().expect("sessions");
    let other = sessions.iter().find(|one| one["current"] == false);
    let id = other.expect("another session")["id"].clone();
    do_it(
        &here,
        "end_one_session",
        &[("session", id.as_str().expect("an id"))],
    )
    .await;

    let new = "ada.new@example.com";
    do_it(&here, "change_address", &[("email", new)]).await;
    let link = token(&pool, new).await;
    do_it(&here, "confirm_address", &[("token", &link)]).await;
    do_it(&there, "forgot_password", &[("email", new)]).await;
    let link = token(&pool, new).await;
    let form = [
        ("token", link.as_str()),
        ("password", "another long phrase"),
    ];
    do_it(&there, "choose_password", &form).await;

    let wanted = [
        "tenant.created",
        "person.second_factor_added",
        "person.recovery_codes_renewed",
        "person.recovery_code_used",
        "person.second_factor_removed",
        "person.session_ended",
        "person.address_change_requested",
        "person.address_changed",
        "person.password_reset",
    ];
    assert_eq!(acts(&pool, ada.actor.tenant()).await, wanted);
}

#[tokio::test]
async fn joining_and_restoring_leave_one_row_each() {
    let server = TestServer::start().await;
    let (ada, bob) = (
        server.world.owner("ada").await,
        server.world.owner("bob").await,
    );
    let pool = server.world.database.pool("postgres", 1);
    let adas = server.browser_of(&ada).await;
    let slug = ada.actor.slug();
    for email in [bob.email.as_str(), "eve@example.com"] {
        let form = [("tenant", slug), ("email", email), ("role", "viewer")];
        do_it(&adas, "invite_member", &form).await;
    }
    let link = token(&pool, &bob.email).await;
    let bobs = server.browser_of(&bob).await;
    do_it(&bobs, "accept_invitation", &[("token", &link)]).await;
    let link = token(&pool, "eve@example.com").await;
    let form = [
        ("token", link.as_str()),
        ("name", "Eve"),
        ("password", PASSWORD),
    ];
    do_it(&server.browser(), "join_with_new_account", &form).await;
    do_it(
        &adas,
        "delete_tenant",
        &[("tenant", slug), ("confirm", slug)],
    )
    .await;
    do_it(&adas, "restore_tenant", &[("slug", slug)]).await;
    let wanted = [
        "tenant.created",
        "invitation.sent",
        "invitation.sent",
        "invitation.accepted",
        "invitation.accepted",
        "tenant.deleted",
        "tenant.restored",
    ];
    assert_eq!(acts(&pool, ada.actor.tenant()).await, wanted);
}

#[tokio::test]
async fn a_confirmed_address_leaves_a_row() {
    let server = TestServer::start().await;
    let pool = server.world.database.pool("postgres", 1);
    let browser = server.browser();
    let form = [
        ("name", "Eve"),
        ("email", "eve@example.com"),
        ("password", PASSWORD),
        ("tenant_name", "Eve's team"),
    ];
    do_it(&browser, "sign_up", &form).await;
    let link = token(&pool, "eve@example.com").await;
    do_it(&browser, "confirm_address", &[("token", &link)]).await;
    let done: Vec<String> = sqlx::query_scalar("select act from audit_events order by seq")
        .fetch_all(&pool)
        .await
        .expect("acts");
    assert_eq!(done, ["tenant.created", "person.address_confirmed"]);
}
