//! A tenant for every role to act in, and what each function is sent.

use super::{billing, elsewhere, hooks, limits};
use crate::service::Service;
use crate::support::{Browser, TestServer, log_in_with_secret};
use api_types::{
    Permission, Role,
    input::{RoleName, TaskTitle},
    operator::SupportLength,
};
use domain::toolkits::tasks::{self, NewTask};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use test_support::{Person, new_key};

/// A tenant with things to act on, owned by Ada.
pub(super) struct Company {
    pub(super) server: TestServer,
    pub(super) service: Service,
    pub(super) ada: Person,
}

impl Company {
    pub(super) async fn new() -> Self {
        let service = Service::start().await;
        let server = service.server().await;
        let ada = server.world.owner("ada").await;
        Self {
            server,
            service,
            ada,
        }
    }

    pub(super) fn slug(&self) -> &str {
        self.ada.actor.slug()
    }

    /// Another person, who holds this role here; `custom` names one of the tenant's own.
    pub(super) async fn member(
        &self,
        role: &str,
        custom: Option<api_types::RoleId>,
    ) -> (Person, Browser) {
        let person = self.person(role, custom).await;
        let browser = self.server.browser_of(&person).await;
        (person, browser)
    }

    pub(super) async fn person(&self, role: &str, custom: Option<api_types::RoleId>) -> Person {
        let person = self.server.world.owner("somebody").await;
        let pool = self.server.world.database.pool("postgres", 1);
        sqlx::query(
            "insert into memberships (tenant_id, user_id, role, role_id) values ($1, $2, $3, $4)",
        )
        .bind(self.ada.actor.tenant().0)
        .bind(person.user.0)
        .bind(role)
        .bind(custom.map(|id| id.0))
        .execute(&pool)
        .await
        .expect("a membership");
        person
    }

    pub(super) async fn set_role(&self, person: &Person, role: Role) {
        let pool = self.server.world.database.pool("postgres", 1);
        sqlx::query("update memberships set role = $3 where tenant_id = $1 and user_id = $2")
            .bind(self.ada.actor.tenant().0)
            .bind(person.user.0)
            .bind(role.as_str())
            .execute(&pool)
            .await
            .expect("a role");
        sqlx::query("update tenants set delete_after = null")
            .execute(&pool)
            .await
            .expect("restored");
    }

    /// No invitation has been sent today, and no app has registered itself.
    async fn let_a_day_pass(&self) {
        sqlx::query("delete from sign_in_guesses")
            .execute(&self.server.world.database.pool("postgres", 1))
            .await
            .expect("a day passes");
    }

    /// New things, and what each function is sent about them, so that each call could succeed.
    #[expect(clippy::too_many_lines, reason = "a list, one entry a function")]
    pub(super) async fn arguments(&self) -> BTreeMap<&'static str, Value> {
        self.let_a_day_pass().await;
        let (s, ada) = (&self.server.world.services, &self.ada);
        let unique = uuid::Uuid::new_v4().simple().to_string();
        let client = ada.client(&unique).await;
        let key =
            domain::api_keys::create(s, &ada.actor, client.id, new_key(&["tasks:read"])).await;
        let secret = log_in_with_secret(ada, client.id).await.to_string();
        let grant = ada.log_in(&unique).await.grant.id.to_string();
        let (client, key) = (
            client.id.to_string(),
            key.expect("a key").key.id.to_string(),
        );
        let own = ada.client(&format!("{unique} called")).await;
        let call = ada.call(&ada.key(&own).await, "list", api_types::usage::Outcome::Ok);
        let called = call.id.to_string();
        s.usage.record(call).await.expect("counted");
        let title = TaskTitle::parse("x").expect("a title");
        let task = tasks::create(s, &ada.actor, NewTask::titled(title)).await;
        let task = task.expect("a task").id.to_string();
        let name = RoleName::parse(&unique[..20]).expect("a name");
        let role = domain::roles::create(s, &ada.actor, name, vec![Permission::ManageRoles]).await;
        let role = role.expect("a role").to_string();
        let name = RoleName::parse(&unique[..15]).expect("a name");
        let least = domain::roles::create(s, &ada.actor, name, vec![Permission::ViewTenant]).await;
        let least = least.expect("a role");
        let email = format!("{}@example.com", &unique[..9]);
        let email = api_types::input::Email::parse(&email).expect("an address");
        let choice = api_types::members::RoleChoice::Custom(least);
        domain::invitations::invite(s, &ada.actor, email, choice)
            .await
            .expect("invited");
        let pending = domain::invitations::pending(s, &ada.actor).await;
        let invitation = pending.expect("invitations")[0].id.to_string();
        let member = self.person("custom", Some(least)).await.user.to_string();
        let least = least.to_string();
        let domain = test_support::connected_domain(ada).await;
        domain::operator::allow_support(s, &ada.actor, SupportLength::Days, "x")
            .await
            .expect("allowed");
        BTreeMap::from([
            ("settings", json!({})),
            ("overview", json!({})),
            ("change_slug", json!({ "slug": self.slug() })),
            ("delete_tenant", json!({ "confirm": self.slug() })),
            ("rename_tenant", json!({ "tenant_name": "Analytical" })),
            (
                "switch_toolkit",
                json!({ "toolkit": "tasks", "enabled": "true" }),
            ),
            ("suspend_tenant", json!({ "suspended": "true" })),
            ("allow_support", json!({ "length": "1", "reason": "x" })),
            ("end_support", json!({})),
            ("require_factor", json!({ "required": "false" })),
            ("sso", json!({})),
            (
                "add_domain",
                json!({ "domain": format!("{unique}.example") }),
            ),
            ("verify_domain", json!({ "domain": domain })),
            ("remove_domain", json!({ "domain": domain })),
            (
                "connect_sso",
                json!({ "issuer": "https://id.example.com", "client_id": "x", "default_role": "billing" }),
            ),
            ("disconnect_sso", json!({})),
            ("enforce_sso", json!({ "enforced": "false" })),
            ("switch_identity_assertions", json!({ "on": "true" })),
            ("read_audit", json!({})),
            ("get_audit_row", json!({ "seq": "1" })),
            ("list_members", json!({})),
            (
                "invite_member",
                json!({ "email": format!("{unique}@example.com"), "role": least }),
            ),
            ("resend_invitation", json!({ "id": invitation })),
            ("revoke_invitation", json!({ "id": invitation })),
            ("change_role", json!({ "member": member, "role": least })),
            ("remove_member", json!({ "member": member })),
            ("transfer_tenant", json!({ "member": member })),
            ("create_service_account", json!({ "name": "jobs" })),
            ("list_roles", json!({})),
            ("explain_access", json!({})),
            (
                "create_role",
                json!({ "name": &unique[..19], "permissions[]": "manage_roles" }),
            ),
            (
                "update_role",
                json!({ "id": role, "name": &unique[..18], "permissions[]": "manage_roles" }),
            ),
            ("delete_role", json!({ "id": role })),
            ("list_clients", json!({})),
            ("get_client", json!({ "id": client })),
            (
                "register_client",
                json!({ "name": &unique[..17], "kind": "other" }),
            ),
            (
                "update_client",
                json!({ "id": client, "name": &unique[..16], "kind": "other" }),
            ),
            ("archive_client", json!({ "id": client })),
            (
                "create_key",
                json!({ "client": client, "name": "k", "scopes[0]": "tasks:read" }),
            ),
            ("rotate_key", json!({ "key": key, "overlap_hours": "0" })),
            ("revoke_key", json!({ "client": client, "key": key })),
            ("get_log_in", json!({ "id": client })),
            (
                "set_log_in",
                json!({ "id": client, "auth": "none", "redirect_uris": "https://app.example/callback" }),
            ),
            ("remove_log_in", json!({ "id": client })),
            (
                "issue_secret",
                json!({ "id": client, "overlap_hours": "1" }),
            ),
            ("revoke_secret", json!({ "id": client, "secret": secret })),
            ("list_grants", json!({})),
            ("end_grant", json!({ "id": grant })),
            ("list_conversations", json!({})),
            ("read_usage", json!({})),
            ("list_usage_exports", json!({})),
            ("list_calls", json!({})),
            ("get_call", json!({ "id": called })),
            ("list_tasks", json!({ "filter": {} })),
            ("get_task", json!({ "id": task })),
            ("create_task", json!({ "title": "x" })),
            (
                "update_task",
                json!({ "id": task, "title": "y", "status": "todo", "priority": "low" }),
            ),
            ("complete_task", json!({ "id": task })),
            ("delete_task", json!({ "id": task })),
            ("set_dependencies", json!({ "id": task, "depends_on": "" })),
        ])
    }

    /// Calls a function with new things.
    pub(super) async fn call(
        &self,
        (person, browser): &(Person, Browser),
        name: &str,
    ) -> (StatusCode, Value) {
        let arguments = match elsewhere::arguments(self, person, name).await {
            None => hooks::arguments(self, name).await,
            some => some,
        };
        let arguments = match arguments {
            None => billing::arguments(self, name).await,
            some => some,
        };
        // Always, for it lets the tenant have chosen no plan.
        let of_limits = limits::arguments(self, name).await;
        let arguments = match arguments.or(of_limits) {
            None => self.arguments().await.remove(name),
            some => some,
        };
        let mut arguments = arguments.unwrap_or_else(|| panic!("no call for {name}"));
        arguments["tenant"] = self.slug().into();
        let request = browser.calling(name, &arguments);
        let answer = request.send().await.expect("an answer");
        (answer.status(), answer.json().await.unwrap_or_default())
    }

    /// Calls it and checks that it does it, or that it refuses for exactly that permission.
    pub(super) async fn check(
        &self,
        who: &str,
        member: &(Person, Browser),
        name: &str,
        needed: Permission,
        may: bool,
    ) {
        let (status, body) = self.call(member, name).await;
        if may {
            assert!(
                status.is_success() || status.is_redirection(),
                "{who} may {name}, but: {status} {body}"
            );
        } else {
            assert_eq!(status, StatusCode::FORBIDDEN, "{who}, {name}: {body}");
            let missing = &body["refused"]["permission"];
            assert_eq!(*missing, json!(needed.as_str()), "{who}, {name}: {body}");
        }
    }
}
