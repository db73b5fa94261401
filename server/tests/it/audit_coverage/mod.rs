//! Every function that a browser can call either leaves exactly one row in the audit log, or is listed here
//! with the reason why it leaves none (rule R36). The functions are read from what is registered, so that a new
//! one without a case fails.

mod cases;
mod elsewhere;
mod hooks;
mod limits;
mod log_ins;
mod things;

use crate::service::Service;
use crate::support::{Browser, everything, functions};
use cases::cases;
use serde_json::Value;
use sqlx::PgPool;
use std::collections::BTreeSet;
use things::things;

/// Functions that take a letter or a code leave their rows elsewhere.
const ON_ACCOUNTS: &str = "see `every_act_on_an_account_leaves_one_row`";

/// What is done at Stripe leaves a row for whoever did it, and one of this server's for what came of it.
const AT_STRIPE: &str = "see `billing::every_act_at_stripe_leaves_its_row`";
/// What only operators do leaves a row in two logs.
const OF_OPERATORS: &str = "see the domain's tests of `operator`";

/// Functions that change nothing that is audited, and why.
const NOT_AUDITED: &[(&str, &str)] = &[
    ("home", "reads"),
    ("here", "reads"),
    ("overview", "reads"),
    ("settings", "reads"),
    ("list_clients", "reads"),
    ("get_client", "reads"),
    ("read_usage", "reads"),
    ("list_usage_exports", "reads"),
    ("list_calls", "reads"),
    ("get_call", "reads"),
    ("read_audit", "reads"),
    ("get_audit_row", "reads"),
    ("list_members", "reads"),
    ("list_roles", "reads"),
    ("explain_access", "reads"),
    ("look_at_invitation", "reads"),
    ("deleted_tenants", "reads"),
    ("account", "reads"),
    ("who_am_i", "reads"),
    ("find_reset", "reads"),
    ("find_step_up", "reads"),
    ("step_up", "a session; changes no right"),
    ("sign_in_with_code", "begins a session; changes no right"),
    ("find_second_step", "reads"),
    ("begin_passkey_sign_in", "a challenge; changes nothing"),
    ("begin_passkey_check", "a challenge; changes nothing"),
    ("begin_passkey", "a challenge; changes nothing"),
    ("sign_in_with_passkey", "begins a session; changes no right"),
    ("add_passkey", ON_ACCOUNTS),
    ("rename_passkey", ON_ACCOUNTS),
    ("remove_passkey", ON_ACCOUNTS),
    ("sso", "reads"),
    ("sign_in_providers", "reads"),
    (
        "verify_domain",
        "see `sso::people_come_by_their_companys_provider_and_are_members_at_once`",
    ),
    ("newcomer", "reads"),
    (
        "sign_up_with",
        "see `sign_in_with::somebody_new_signs_up_and_comes_back`",
    ),
    ("forgot_password", "a letter; changes nothing"),
    ("look_at_consent", "reads"),
    ("connected_apps", "reads"),
    (
        "disconnect_app",
        "a row for each log-in and one for the consent: see `log_ins::disconnecting_an_app_leaves_a_row_for_each_thing`",
    ),
    ("get_log_in", "reads"),
    ("list_grants", "reads"),
    ("list_conversations", "reads"),
    ("list_tasks", "reads"),
    ("get_task", "reads"),
    ("list_connections", "reads"),
    ("get_provider", "reads"),
    ("get_connection", "reads"),
    (
        "test_connection",
        "asks the provider; see `elsewhere::a_connection_that_works_again_leaves_a_row`",
    ),
    ("list_provider_tools", "reads"),
    ("list_api_tools", "reads"),
    ("try_tool", "a call, as clients make them"),
    ("list_apis", "reads"),
    ("get_api", "reads"),
    ("sync_api", "a newer document waits; no tool changes"),
    ("read_limits", "reads"),
    ("read_plan", "reads"),
    (
        "start_trial",
        "see `limits::the_page_of_the_plan_says_what_stops_and_changes_it`",
    ),
    ("get_billing", "reads"),
    ("preview_plan", "reads"),
    ("get_invoice", "reads"),
    ("list_billed_calls", "reads"),
    ("change_plan", AT_STRIPE),
    ("cancel_subscription", AT_STRIPE),
    ("resume_subscription", AT_STRIPE),
    ("repair_billing", AT_STRIPE),
    ("list_webhooks", "reads"),
    ("get_webhook", "reads"),
    ("list_deliveries", "reads"),
    ("get_delivery", "reads"),
    (
        "test_webhook",
        "a delivery, which is listed; changes no right",
    ),
    ("resend_delivery", "tells again what was told"),
    ("resend_deliveries", "tells again what was told"),
    ("set_theme", "a cookie"),
    ("operator_tenants", "reads"),
    ("operator_tenant", "reads"),
    ("operator_jobs", "reads"),
    ("operator_usage", "reads"),
    ("operator_plans", "reads"),
    ("operator_log", "reads"),
    ("block_tenant", OF_OPERATORS),
    ("unblock_tenant", OF_OPERATORS),
    ("correct_call", OF_OPERATORS),
    ("enter_tenant", OF_OPERATORS),
    ("leave_visited", OF_OPERATORS),
    (
        "end_support",
        "see the domain's `operator::visits::the_end_of_the_consent_ends_a_visit_at_once`",
    ),
    ("send_confirmation", "sends a letter"),
    ("begin_factor", "a secret that protects nothing yet"),
    ("confirm_address", ON_ACCOUNTS),
    ("choose_password", ON_ACCOUNTS),
    ("end_one_session", ON_ACCOUNTS),
    ("confirm_factor", ON_ACCOUNTS),
    ("renew_codes", ON_ACCOUNTS),
    ("remove_factor", ON_ACCOUNTS),
    ("require_factor", ON_ACCOUNTS),
    ("sign_in", "begins a session; changes no right"),
    ("sign_out", "ends a session; changes no right"),
    ("create_task", "a tenant's data"),
    ("update_task", "a tenant's data"),
    ("set_dependencies", "a tenant's data"),
    ("complete_task", "a tenant's data"),
    ("delete_task", "a tenant's data"),
];

/// The acts of all tenants, in the order in which they were recorded.
pub async fn acts(pool: &PgPool) -> Vec<String> {
    sqlx::query_scalar("select act from audit_events order by at, tenant_id, seq")
        .fetch_all(pool)
        .await
        .expect("rows")
}

async fn call(browser: &Browser, name: &str, arguments: &Value) -> reqwest::StatusCode {
    let request = browser.post(&format!("/api/{name}")).form(arguments);
    request.send().await.expect("an answer").status()
}

#[tokio::test]
async fn every_function_leaves_one_row_or_says_why_not() {
    let service = Service::start().await;
    let server = service.server().await;
    let pool = server.world.database.pool("postgres", 1);
    let mut used = BTreeSet::new();
    for name in functions() {
        if let Some((known, _)) = NOT_AUDITED.iter().find(|(known, _)| *known == name) {
            used.insert(*known);
            continue;
        }
        // So many people do not sign in from one address; that is not what is tried.
        let forgotten = sqlx::query("delete from sign_in_guesses");
        forgotten.execute(&pool).await.expect("forgotten");
        // Somebody with one tenant: an act on one's account leaves a row in each.
        let ada = server.world.owner("ada").await;
        let cases = cases(&things(&ada, &service).await);
        let (known, case) = cases
            .get_key_value(name)
            .unwrap_or_else(|| panic!("no case for {name}: which row does it leave, or why none?"));
        used.insert(known);
        let browser = server.browser_of(&ada).await;
        let before = acts(&pool).await;
        let status = call(&browser, name, &case.arguments).await;
        assert!(
            status.is_success() || status.is_redirection(),
            "{name}: {status}"
        );
        let after = acts(&pool).await;
        assert_eq!(after[before.len()..], [case.act], "{name}");
    }
    let eve = server.world.owner("eve").await;
    let listed = NOT_AUDITED.len() + cases(&things(&eve, &service).await).len();
    assert_eq!(used.len(), listed, "a case names no function");
}

#[tokio::test]
async fn without_its_row_no_function_changes_anything() {
    let service = Service::start().await;
    let server = service.server().await;
    let ada = server.world.owner("ada").await;
    let pool = server.world.database.pool("postgres", 1);
    let cases = cases(&things(&ada, &service).await);
    let browser = server.browser_of(&ada).await;
    sqlx::query("revoke insert on audit_events from bulkhead_runtime")
        .execute(&pool)
        .await
        .expect("revoked");
    let before = everything(&pool).await;
    for name in functions() {
        let Some(case) = cases.get(name) else {
            continue;
        };
        let status = call(&browser, name, &case.arguments).await;
        assert!(status.is_server_error(), "{name}: {status}");
        assert_eq!(everything(&pool).await, before, "{name} changed something");
    }
}
