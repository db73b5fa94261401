//! A tenant with single sign-on, as if somebody had gone the whole way.

use crate::Person;
use api_types::{Role, members::RoleChoice};
use domain::{
    sign_in_with::Secret,
    sso::{self, NewConnection},
};
use uuid::Uuid;

/// Gives a person's tenant one verified domain and a provider that was tested. Answers the domain.
///
/// # Panics
/// When the person may not.
pub async fn connected_domain(person: &Person) -> String {
    let (s, tenant) = (&person.world.services, person.actor.tenant().0);
    let domain = format!("{}.example", Uuid::new_v4().simple());
    let pool = person.world.database.pool("postgres", 1);
    let run = async |query: &'static str| {
        let done = sqlx::query(query).bind(tenant).execute(&pool).await;
        done.expect("done");
    };
    run("delete from tenant_domains where tenant_id = $1").await;
    sso::add(s, &person.actor, &domain).await.expect("claimed");
    run("update tenant_domains set verified_at = now() where tenant_id = $1").await;
    let new = NewConnection {
        issuer: "https://id.example.com".into(),
        client_id: "bulkhead".into(),
        client_secret: Some(Secret::new("secret")),
        default_role: RoleChoice::BuiltIn(Role::Viewer),
        group_claim: "groups".into(),
        groups: String::new(),
    };
    sso::connect(s, &person.actor, new)
        .await
        .expect("connected");
    run("update tenant_sso set tested_at = now() where tenant_id = $1").await;
    domain
}
