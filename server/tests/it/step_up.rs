//! Where more than a sign-in is asked for: a recent authentication, or a second factor by a tenant's policy.

use crate::accounts::{call, do_it, is_in, letter};
use crate::members::location;
use crate::second_factor::{Protected, half_in};
use crate::support::TestServer;
use app::leading_to;
use reqwest::{StatusCode, header::LOCATION};
use sqlx::PgPool;
use test_support::{PASSWORD, code_of_app};

/// No authentication in the last ten minutes.
pub async fn let_ten_minutes_pass(pool: &PgPool) {
    sqlx::query(
        r#"update sessions set record = convert_to(regexp_replace(
            convert_from(record, 'utf8'), '"authenticated":\d+', '"authenticated":1'), 'utf8')"#,
    )
    .execute(pool)
    .await
    .expect("time passes");
}

#[tokio::test]
async fn what_is_dangerous_asks_for_a_recent_authentication() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let own = Protected::new(&server, &ada).await;
    let pool = server.world.database.pool("postgres", 1);
    let_ten_minutes_pass(&pool).await;
    let address = [("email", "new@example.com")];
    let slug = ("tenant", ada.actor.slug());
    let required = [slug, ("required", "true")];
    let member = ada.user.to_string();
    let member = [slug, ("member", &member), ("role", "admin")];
    let role = [slug, ("id", member[1].1), ("name", "on call")];
    let dangerous: [(&str, &[(&str, &str)]); 11] = [
        ("remove_factor", &[]),
        ("renew_codes", &[]),
        ("begin_factor", &[]),
        ("confirm_factor", &[("code", "123456")]),
        ("change_address", &address),
        ("require_factor", &required),
        ("transfer_tenant", &member),
        ("change_role", &member),
        ("remove_member", &member),
        ("create_role", &role),
        ("update_role", &role),
    ];
    for (function, form) in dangerous {
        let (status, text) = call(&own.browser, function, form).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{function}: {text}");
        assert!(text.contains("step_up"), "{function}: {text}");
    }
    // Without JavaScript it leads to where one can.
    let answer = own
        .browser
        .post_plainly("/api/remove_factor", "/account")
        .send()
        .await
        .expect("an answer");
    let to = answer.headers()[LOCATION].to_str().expect("text");
    assert_eq!(to, "/step-up?next=%2Faccount");
    // With a factor the password is not enough.
    let (status, _) = call(&own.browser, "step_up", &[("password", PASSWORD)]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let code = code_of_app(&own.secret, 1);
    do_it(&own.browser, "step_up", &[("code", &code)]).await;
    do_it(&own.browser, "remove_factor", &[]).await;
    let letters = server.world.letters_to(&ada.email).await;
    letter(&letters, "Your second factor was removed");
    assert!(is_in(&half_in(&server, &ada).await).await);
    // And now it is the password's turn.
    let_ten_minutes_pass(&pool).await;
    let (status, _) = call(&own.browser, "step_up", &[("password", "wrong password")]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    do_it(&own.browser, "step_up", &[("password", PASSWORD)]).await;
    do_it(&own.browser, "begin_factor", &[]).await;
}

#[tokio::test]
async fn who_confirms_comes_back_to_the_dialog_that_was_open() {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let browser = server.browser_of(&ada).await;
    let_ten_minutes_pass(&server.world.database.pool("postgres", 1)).await;
    let members = format!("/t/{}/members", ada.actor.slug());
    let dialog = format!("{members}?dialog=role&member={}", ada.user);
    let member = ada.user.to_string();
    let form = [
        ("tenant", ada.actor.slug()),
        ("member", &member),
        ("role", "owner"),
    ];
    let changed = async |page: &str| {
        let request = browser.post_plainly("/api/change_role", page);
        let answer = request.form(&form).send().await.expect("an answer");
        location(&answer)
    };
    let to = changed(&dialog).await;
    assert_eq!(to, leading_to("/step-up", &dialog));
    // What an earlier refusal left in the address stays behind.
    let again = format!("{dialog}&__path=%2Fapi%2Fchange_role&__err=x");
    assert_eq!(changed(&again).await, to);
    let answer = browser.get(&to).send().await.expect("a page");
    assert!(
        answer
            .text()
            .await
            .expect("a body")
            .contains("name=\"password\"")
    );
    let form = [("password", PASSWORD), ("next", &dialog)];
    let answer = browser.post_plainly("/api/step_up", &to).form(&form);
    assert_eq!(location(&answer.send().await.expect("an answer")), dialog);
    assert_eq!(changed(&dialog).await, members);
}

#[tokio::test]
async fn a_tenant_that_wants_a_second_factor_lets_nobody_in_without() {
    let server = TestServer::start().await;
    let (ada, bob) = (
        server.world.owner("ada").await,
        server.world.owner("bob").await,
    );
    let pool = server.world.database.pool("postgres", 1);
    let plain = server.browser_of(&ada).await;
    let slug = ada.actor.slug();
    let on = [("tenant", slug), ("required", "true")];
    let (status, text) = call(&plain, "require_factor", &on).await;
    assert_eq!(status, StatusCode::CONFLICT, "{text}");
    let own = Protected::new(&server, &ada).await;
    do_it(&own.browser, "require_factor", &on).await;
    do_it(&own.browser, "overview", &[("tenant", slug)]).await;
    sqlx::query("insert into memberships (tenant_id, user_id, role) values ($1, $2, 'admin')")
        .bind(ada.actor.tenant().0)
        .bind(bob.user.0)
        .execute(&pool)
        .await
        .expect("a member");
    let bobs = server.browser_of(&bob).await;
    for path in ["", "/clients", "/usage", "/tasks", "/settings"] {
        let answer = bobs.get(&format!("/t/{slug}{path}")).send().await;
        let answer = answer.expect("an answer");
        let to = answer.headers().get(LOCATION);
        let to = to.and_then(|to| to.to_str().ok());
        assert_eq!(to, Some("/account?needed=factor"), "{path}");
    }
    let (status, _) = call(&bobs, "overview", &[("tenant", slug)]).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let off = [("tenant", slug), ("required", "false")];
    let (status, _) = call(&bobs, "require_factor", &off).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let answer = bobs.get(&format!("/t/{slug}/usage/live")).send().await;
    assert_eq!(answer.expect("an answer").status(), StatusCode::FORBIDDEN);
    // His own tenant is his own matter; with a factor the door is open.
    do_it(&bobs, "overview", &[("tenant", bob.actor.slug())]).await;
    let bob = Protected::new(&server, &bob).await;
    do_it(&bob.browser, "overview", &[("tenant", slug)]).await;
}
