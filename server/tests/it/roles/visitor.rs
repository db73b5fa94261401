//! An operator who looks at a tenant with its consent, and every function: those that look answer as they do a viewer,
//! and no other does anything.

use super::company::Company;
use crate::accounts::{call, do_it};
use crate::operator::{listen, run_by};
use crate::second_factor::Protected;
use crate::service::{connect, unique};
use api_types::{operator::SupportLength, roles};
use app::access::{DECLARED, LOOKING, Needs};
use reqwest::StatusCode;

#[test]
fn whatever_looks_is_declared() {
    for name in LOOKING {
        let needs = DECLARED.iter().find(|(known, _)| known == name);
        let (_, needs) = needs.unwrap_or_else(|| panic!("{name} is not declared"));
        assert!(
            matches!(needs, Needs::Member | Needs::Permission(_)),
            "{name}"
        );
    }
}

#[tokio::test]
async fn an_operator_who_looks_does_nothing_else() {
    let company = Company::new().await;
    let (listener, url) = listen().await;
    let grace = company.server.world.owner("grace").await;
    let server = run_by(&company.server.world, &grace, listener, &url).await;
    let own = Protected::new(&server, &grace).await;
    let (s, a) = (&company.server.world.services, &company.ada.actor);
    domain::operator::allow_support(s, a, SupportLength::Days, "a look")
        .await
        .expect("allowed");
    let id = a.tenant().to_string();
    do_it(&own.browser, "enter_tenant", &[("id", &id)]).await;
    // Things are made for somebody who belongs to the tenant, whoever asks for them.
    let member = company.person("viewer", None).await;
    let visitor = (member, own.browser);
    let support = roles::support();
    let mut looked = 0;
    for (name, needs) in DECLARED {
        let needed = match needs {
            Needs::Permission(permission) => Some(*permission),
            Needs::Member => None,
            _ => continue,
        };
        let (status, told) = match *name {
            "here" | "leave_tenant" => call(&visitor.1, name, &[("tenant", company.slug())]).await,
            // Somebody's own looks missing to everybody else.
            "get_connection" => {
                let shared = connect(&company.ada, &unique()).await.to_string();
                let form = [("tenant", company.slug()), ("id", &shared)];
                call(&visitor.1, name, &form).await
            }
            name => {
                let (status, body) = company.call(&visitor, name).await;
                (status, body.to_string())
            }
        };
        let holds = needed.is_none_or(|needed| support.allows(needed));
        if LOOKING.contains(name) && holds {
            assert!(status.is_success(), "{name}: {status} {told}");
            looked += 1;
        } else {
            assert_eq!(status, StatusCode::FORBIDDEN, "{name}: {told}");
            let refused = told.contains("looks_only") || told.contains("forbidden");
            assert!(refused, "{name}: {told}");
        }
    }
    assert_eq!(
        looked,
        LOOKING.len(),
        "something looks that support does not hold"
    );
    for path in ["export", "sso/test", "connections/github/start"] {
        let path = format!("/t/{}/{path}", company.slug());
        let answer = visitor.1.post(&path).form(&[("x", "y")]).send().await;
        let status = answer.expect("an answer").status();
        assert_eq!(status, StatusCode::FORBIDDEN, "{path}");
    }
    let pool = company.server.world.database.pool("postgres", 1);
    let acts: Vec<String> = sqlx::query_scalar(
        "select act from audit_events where actor_kind = 'operator' or (tenant_id = $1 and actor_id = $2)",
    )
    .bind(a.tenant().0)
    .bind(grace.user.0)
    .fetch_all(&pool)
    .await
    .expect("rows");
    assert_eq!(acts, ["tenant.support_entered"]);
}
