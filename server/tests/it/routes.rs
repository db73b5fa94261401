//! Every route has a case against another tenant: read from the routers' source.

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
        "the_usage_stream_of_another_tenant_is_missing",
    ),
    (
        "/t/{slug}/audit/live",
        "the_audit_log_of_another_tenant_is_missing",
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
    ("/.well-known/oauth-protected-resource", "no tenant"),
    ("/.well-known/oauth-protected-resource/mcp", "no tenant"),
    (
        "/.well-known/oauth-protected-resource/t/{slug}/mcp",
        "public, and the same for every slug",
    ),
];

#[test]
fn every_route_has_a_case() {
    let mut found = Vec::new();
    routes_in(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http"),
        &mut found,
    );
    assert!(found.len() >= 5, "only {found:?}");
    for route in found {
        assert!(
            ROUTES.iter().any(|(known, _)| *known == route),
            "no case for the route {route}"
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
            found.extend(
                compact
                    .split(".route(\"")
                    .skip(1)
                    .filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())),
            );
        }
    }
}
