//! Two tenants, and what one sends to every function about the other's things.

use super::billing;
use super::elsewhere::{self, Elsewhere};
use super::hooks::{self, Hooks};
use super::limits;
use crate::service::Service;
use crate::support::{TestServer, log_in_with_secret};
use api_types::usage::Outcome;
use domain::toolkits::tasks::{self, NewTask};
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use std::collections::BTreeMap;
use test_support::Person;

/// In everything that Bob has, and in nothing else.
pub(super) const CANARY: &str = "canary";

/// Ada, who is curious, and Bob, whose things she names.
pub(super) struct Twins {
    pub(super) server: TestServer,
    pub(super) ada: Person,
    pub(super) bob: Person,
    pub(super) client: String,
    pub(super) key: String,
    /// Of the client, which logs in with it.
    pub(super) secret: String,
    /// Of an app that Bob has let in, and the app as his tenant's client.
    pub(super) grant: String,
    pub(super) app: String,
    /// What another app asks for, in Bob's tenant.
    pub(super) request: String,
    pub(super) task: String,
    pub(super) call: String,
    pub(super) role: String,
    pub(super) invitation: String,
    /// What he has at other services.
    pub(super) elsewhere: Elsewhere,
    pub(super) hooks: Hooks,
    /// What Stripe has sent him.
    pub(super) invoice: String,
    pub(super) adas_key: String,
}

impl Twins {
    pub(super) async fn new() -> Self {
        let service = Service::start().await;
        let server = service.server().await;
        let (ada, bob) = (
            server.world.owner("ada").await,
            server.world.owner("bob").await,
        );
        let s = &server.world.services;
        let name =
            api_types::input::TenantName::parse(&format!("{CANARY} tenant")).expect("a name");
        domain::tenants::rename(s, &bob.actor, name)
            .await
            .expect("renamed");
        let client = bob.client(&format!("{CANARY} client")).await;
        let key = bob.key(&client).await;
        let title = api_types::input::TaskTitle::parse(&format!("{CANARY} task")).expect("a title");
        let task = tasks::create(s, &bob.actor, NewTask::titled(title))
            .await
            .expect("a task");
        let call = domain::usage::Event {
            error: Some(CANARY.into()),
            ..bob.call(&key, "canary_tool", Outcome::Failed)
        };
        let counted = call.id;
        s.usage.record(call).await.expect("counted");
        domain::usage::roll_up(&s.db, &domain::usage::Pace::AtOnce)
            .await
            .expect("rolled up");
        let name = api_types::input::RoleName::parse(&format!("{CANARY} role")).expect("a name");
        let held = vec![api_types::Permission::ViewUsage];
        let role = domain::roles::create(s, &bob.actor, name, held).await;
        let email = format!("{CANARY}@example.com");
        let email = api_types::input::Email::parse(&email).expect("an address");
        let viewer = api_types::members::RoleChoice::BuiltIn(api_types::Role::Viewer);
        domain::invitations::invite(s, &bob.actor, email, viewer)
            .await
            .expect("invited");
        let invitation = domain::invitations::pending(s, &bob.actor).await;
        let invitation = invitation.expect("invitations")[0].id.to_string();
        domain::sso::add(s, &bob.actor, &format!("{CANARY}.example"))
            .await
            .expect("claimed");
        let secret = log_in_with_secret(&bob, client.id).await;
        let app = bob.log_in(&format!("{CANARY} app")).await.grant;
        let (_, request) = bob.asked_by(&format!("{CANARY} question")).await;
        let elsewhere = Elsewhere::of(&bob, key.key.id, &service).await;
        let hooks = Hooks::of(&bob).await;
        let invoice = billing::invoice_of(&bob, &service).await;
        let adas = ada.client("ada's").await;
        let scopes = ["account:read", "tasks:write", "connections:write"];
        let adas_key = ada.key_with(&adas, &scopes).await.secret;
        Self {
            client: client.id.to_string(),
            key: key.key.id.to_string(),
            secret: secret.to_string(),
            grant: app.id.to_string(),
            app: app.client.to_string(),
            request: request.to_string(),
            task: task.id.to_string(),
            call: counted.to_string(),
            invitation,
            role: role.expect("a role").to_string(),
            elsewhere,
            hooks,
            invoice,
            server,
            ada,
            bob,
            adas_key,
        }
    }

    /// A digest of everything that is Bob's. What was asked at his door is written down too, whoever asked, and after
    /// the answer.
    pub(super) async fn bobs_things(&self) -> Vec<Option<String>> {
        let pool = self.server.world.database.pool("postgres", 1);
        let tables: Vec<String> = sqlx::query_scalar(
            "select relname::text from pg_class where relnamespace = 'public'::regnamespace
                and relrowsecurity and relname <> 'oauth_steps' order by 1",
        )
        .fetch_all(&pool)
        .await
        .expect("the catalogue");
        let mut digests = Vec::new();
        for table in tables {
            let query = format!(
                "select md5(string_agg(t::text, ',' order by t::text)) from {table} t where tenant_id = '{}'",
                self.bob.actor.tenant()
            );
            digests.push(
                sqlx::query_scalar(AssertSqlSafe(query))
                    .fetch_one(&pool)
                    .await
                    .expect("rows"),
            );
        }
        digests
    }
}

/// What Ada sends to each function; `tenant` is added. True where an id of Bob's is named, so that
/// it must look missing even under her own tenant.
#[expect(clippy::too_many_lines, reason = "a list, one entry a function")]
pub(super) fn arguments(t: &Twins) -> BTreeMap<&'static str, (Value, bool)> {
    let (client, key, task) = (&t.client, &t.key, &t.task);
    let named = json!({ "id": t.bob.actor.tenant(), "reason": "planted" });
    let mut corrected = named.clone();
    corrected["call"] = t.call.clone().into();
    corrected["units"] = "-1".into();
    let mut all = elsewhere::arguments(&t.elsewhere);
    all.extend(hooks::arguments(&t.hooks));
    all.extend(limits::arguments(&t.key));
    all.extend(billing::arguments(&t.invoice));
    all.extend([
        ("overview", (json!({}), false)),
        ("here", (json!({}), false)),
        (
            "rename_tenant",
            (json!({ "tenant_name": "taken over" }), false),
        ),
        ("change_slug", (json!({ "slug": "taken-over" }), false)),
        (
            "delete_tenant",
            (json!({ "confirm": t.bob.actor.slug() }), false),
        ),
        ("suspend_tenant", (json!({ "suspended": "true" }), false)),
        (
            "allow_support",
            (json!({ "length": "1", "reason": "planted" }), false),
        ),
        ("end_support", (json!({}), false)),
        ("operator_tenants", (json!({}), true)),
        ("operator_tenant", (named.clone(), true)),
        ("operator_jobs", (json!({}), true)),
        ("operator_usage", (json!({}), true)),
        ("operator_plans", (json!({}), true)),
        ("operator_log", (json!({}), true)),
        ("block_tenant", (named.clone(), true)),
        ("unblock_tenant", (named.clone(), true)),
        ("correct_call", (corrected, true)),
        ("enter_tenant", (named, true)),
        ("leave_visited", (json!({}), true)),
        ("settings", (json!({}), false)),
        ("sso", (json!({}), false)),
        (
            "add_domain",
            (json!({ "domain": "planted.example" }), false),
        ),
        (
            "verify_domain",
            (json!({ "domain": "canary.example" }), true),
        ),
        (
            "remove_domain",
            (json!({ "domain": "canary.example" }), true),
        ),
        (
            "connect_sso",
            (
                json!({ "issuer": "https://planted.example", "client_id": "x",
                    "client_secret": "x", "default_role": "viewer" }),
                false,
            ),
        ),
        ("disconnect_sso", (json!({}), false)),
        ("enforce_sso", (json!({ "enforced": "false" }), false)),
        (
            "switch_identity_assertions",
            (json!({ "on": "true" }), false),
        ),
        ("require_factor", (json!({ "required": "true" }), false)),
        (
            "switch_toolkit",
            (json!({ "toolkit": "tasks", "enabled": "false" }), false),
        ),
        ("list_members", (json!({}), false)),
        (
            "invite_member",
            (
                json!({ "email": "planted@example.com", "role": "viewer" }),
                false,
            ),
        ),
        ("resend_invitation", (json!({ "id": t.invitation }), true)),
        ("revoke_invitation", (json!({ "id": t.invitation }), true)),
        (
            "change_role",
            (
                json!({ "member": t.bob.user.to_string(), "role": "viewer" }),
                true,
            ),
        ),
        (
            "remove_member",
            (json!({ "member": t.bob.user.to_string() }), true),
        ),
        (
            "transfer_tenant",
            (json!({ "member": t.bob.user.to_string() }), true),
        ),
        ("leave_tenant", (json!({}), false)),
        (
            "create_service_account",
            (json!({ "name": "planted" }), false),
        ),
        ("list_roles", (json!({}), false)),
        (
            "explain_access",
            (json!({ "who": format!("member:{}", t.bob.user) }), true),
        ),
        (
            "create_role",
            (
                json!({ "name": "planted", "permissions[]": "view_usage" }),
                false,
            ),
        ),
        (
            "update_role",
            (
                json!({ "id": t.role, "name": "changed", "permissions[]": "view_usage" }),
                true,
            ),
        ),
        ("delete_role", (json!({ "id": t.role }), true)),
        ("list_clients", (json!({}), false)),
        ("get_client", (json!({ "id": client }), true)),
        (
            "register_client",
            (json!({ "name": "planted", "kind": "other" }), false),
        ),
        (
            "update_client",
            (
                json!({ "id": client, "name": "changed", "kind": "other" }),
                true,
            ),
        ),
        ("archive_client", (json!({ "id": client }), true)),
        (
            "create_key",
            (
                json!({ "client": client, "name": "mine", "scopes[0]": "tasks:read" }),
                true,
            ),
        ),
        (
            "rotate_key",
            (json!({ "key": key, "overlap_hours": "0" }), true),
        ),
        (
            "revoke_key",
            (json!({ "client": client, "key": key }), true),
        ),
        ("get_log_in", (json!({ "id": client }), true)),
        (
            "set_log_in",
            (
                json!({ "id": client, "auth": "none",
                    "redirect_uris": "https://planted.example/callback" }),
                true,
            ),
        ),
        ("remove_log_in", (json!({ "id": client }), true)),
        (
            "issue_secret",
            (json!({ "id": client, "overlap_hours": "0" }), true),
        ),
        (
            "revoke_secret",
            (json!({ "id": client, "secret": t.secret }), true),
        ),
        ("list_grants", (json!({}), false)),
        ("end_grant", (json!({ "id": t.grant }), true)),
        ("end_own_grant", (json!({ "id": t.grant }), true)),
        // In her own tenant nothing is there to end, which is no error.
        ("disconnect_app", (json!({ "client": t.app }), false)),
        ("look_at_consent", (json!({ "id": t.request }), true)),
        ("list_conversations", (json!({}), false)),
        ("read_usage", (json!({}), false)),
        ("list_usage_exports", (json!({}), false)),
        ("list_calls", (json!({}), false)),
        ("get_call", (json!({ "id": t.call }), true)),
        ("read_audit", (json!({}), false)),
        // A row's number is no secret and every tenant has a first row, but not this many.
        ("get_audit_row", (json!({ "seq": "1000000" }), true)),
        ("list_tasks", (json!({ "filter": {} }), false)),
        ("get_task", (json!({ "id": task }), true)),
        ("create_task", (json!({ "title": "planted" }), false)),
        (
            "update_task",
            (
                json!({ "id": task, "title": "changed", "status": "done", "priority": "low" }),
                true,
            ),
        ),
        (
            "set_dependencies",
            (json!({ "id": task, "depends_on": "" }), true),
        ),
        ("complete_task", (json!({ "id": task }), true)),
        ("delete_task", (json!({ "id": task }), true)),
    ]);
    all
}
