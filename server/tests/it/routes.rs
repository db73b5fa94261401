//! Every route has a case against another tenant: read from the routers' source.

use ::oauth::{AUTHORIZATION_SERVER_WELL_KNOWN, OPENID_WELL_KNOWN, WELL_KNOWN};
use std::{fs, path::Path};

/// Routes that are neither pages nor server functions, and where they are tried. Those of MCP are no routes of the
/// router: `no_tool_or_resource_reaches_another_tenant` and `a_key_at_another_tenants_address_is_an_unknown_key`.
const ROUTES: &[(&str, &str)] = &[
    ("/livez", "no tenant"),
    ("/readyz", "no tenant"),
    ("/api/{*unknown}", "no tenant"),
    ("/pkg/{*file}", "no tenant"),
    ("/favicon.svg", "no tenant"),
    ("/robots.txt", "no tenant"),
    ("/sign-in/with/{provider}", "no tenant"),
    ("/sign-in/with/{provider}/callback", "no tenant"),
    ("/sign-in/sso/start", "tenants are told by an address"),
    (
        "/sign-in/sso/{tenant}/callback",
        "lies_replays_and_other_tenants_answers_sign_nobody_in",
    ),
    (
        "/t/{slug}/sso/test",
        "the_sso_test_of_another_tenant_is_missing",
    ),
    ("/leaked-keys", "the same answer for every key"),
    (
        "/t/{slug}/usage/live",
        "the_streams_of_another_tenant_are_missing",
    ),
    (
        "/t/{slug}/audit/live",
        "the_streams_of_another_tenant_are_missing",
    ),
    (
        "/t/{slug}/oauth/live",
        "the_streams_of_another_tenant_are_missing",
    ),
    (
        "/t/{slug}/connections/live",
        "the_streams_of_another_tenant_are_missing",
    ),
    (
        "/t/{slug}/webhooks/live",
        "the_streams_of_another_tenant_are_missing",
    ),
    (
        "/t/{slug}/billing/live",
        "the_streams_of_another_tenant_are_missing",
    ),
    (
        "/t/{slug}/billing/checkout",
        "the_way_to_pay_for_another_tenant_is_missing",
    ),
    (
        "/t/{slug}/billing/portal",
        "the_way_to_pay_for_another_tenant_is_missing",
    ),
    (
        "/webhooks/stripe",
        "signed by Stripe: what_is_not_stripes_changes_nothing",
    ),
    (
        "/t/{slug}/connections/{provider}/start",
        "the_way_to_a_provider_of_another_tenant_is_missing",
    ),
    (
        "/connections/{provider}/callback",
        "an_answer_for_another_tenants_attempt_connects_nothing",
    ),
    (
        "/t/{slug}/audit/export.jsonl",
        "the_audit_log_of_another_tenant_is_missing",
    ),
    (
        "/t/{slug}/audit/export.csv",
        "the_audit_log_of_another_tenant_is_missing",
    ),
    (
        "/t/{slug}/export",
        "the_export_of_another_tenant_is_missing",
    ),
    (
        "/t/{slug}/usage/export",
        "the_calls_of_another_tenant_are_missing",
    ),
    ("/.well-known/oauth-protected-resource", "no tenant"),
    ("/.well-known/oauth-protected-resource/mcp", "no tenant"),
    (
        "/.well-known/oauth-protected-resource/t/{slug}/mcp",
        "public, and the same for every slug",
    ),
    (
        "/.well-known/oauth-authorization-server{place}",
        "no tenant",
    ),
    ("/.well-known/openid-configuration{place}", "no tenant"),
    ("/mcp/.well-known/openid-configuration", "no tenant"),
    (
        "/t/{slug}/mcp/.well-known/openid-configuration",
        "public, and the same for every slug",
    ),
    ("/oauth/jwks", "no tenant"),
    ("/oauth/authorize", "nobody_lets_an_app_into_another_tenant"),
    ("/oauth/consent", "nobody_lets_an_app_into_another_tenant"),
    ("/oauth/token", "an_app_of_another_tenant_gets_nothing"),
    ("/oauth/revoke", "an_app_of_another_tenant_gets_nothing"),
    ("/oauth/introspect", "an_app_of_another_tenant_gets_nothing"),
    ("/oauth/register", "no tenant"),
    (
        "/oauth/register/{client_id}",
        "of no tenant: tokens open it",
    ),
];

/// What routes are made of besides text.
const NAMED: &[(&str, &str)] = &[
    (
        "AUTHORIZATION_SERVER_WELL_KNOWN",
        AUTHORIZATION_SERVER_WELL_KNOWN,
    ),
    ("OPENID_WELL_KNOWN", OPENID_WELL_KNOWN),
    ("WELL_KNOWN", WELL_KNOWN),
];

#[test]
fn every_route_has_a_case() {
    let mut found = Vec::new();
    routes_in(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http"),
        &mut found,
    );
    assert!(found.len() >= 5, "only {found:?}");
    for route in &found {
        assert!(
            ROUTES.iter().any(|(known, _)| known == route),
            "no case for the route {route}"
        );
    }
    for (known, _) in ROUTES {
        assert!(
            found.iter().any(|route| route == known),
            "a case for no route: {known}"
        );
    }
}

fn routes_in(dir: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            routes_in(&path, found);
        } else {
            let text = fs::read_to_string(&path).expect("text");
            let compact: String = text.split_whitespace().collect();
            // A method of our own has that name, too.
            let compact = compact.replace("self.route(", "");
            found.extend(compact.split(".route(").skip(1).map(address));
        }
    }
}

/// The address of a route: a text, a name, or a text with names in it.
fn address(call: &str) -> String {
    let named = |name: &str| NAMED.iter().find(|(known, _)| *known == name);
    if let Some(text) = call.strip_prefix('"') {
        return text.split('"').next().unwrap_or_default().into();
    }
    if let Some(text) = call.strip_prefix("&format!(\"") {
        let text = text.split('"').next().unwrap_or_default();
        let filled = NAMED.iter().fold(text.to_owned(), |text, (name, value)| {
            text.replace(&format!("{{{name}}}"), value)
        });
        return filled.replace("{{", "{").replace("}}", "}");
    }
    let name = call.split(',').next().unwrap_or_default();
    let (_, value) = named(name).unwrap_or_else(|| panic!("what is the route {name}?"));
    (*value).into()
}
