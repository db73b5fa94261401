//! What each function is sent, and the act that it leaves.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use test_support::{PASSWORD, Person};

/// What a call leaves: the act, and the function's arguments.
pub(super) struct Case {
    pub(super) act: &'static str,
    pub(super) arguments: Value,
}

/// Things of Ada's that the cases act on; each may be used up.
pub(super) struct Things {
    pub(super) slug: String,
    pub(super) client: String,
    pub(super) key: String,
    pub(super) other_key: String,
    pub(super) role: String,
    pub(super) invitation: String,
    pub(super) member: String,
    /// Of an invitation to somebody new, and of one for Ada herself to another tenant.
    pub(super) tokens: [String; 2],
    pub(super) deleted: String,
    /// A domain of Ada's, verified, with a connection that was tested.
    pub(super) domain: String,
    /// Of an identity of Ada's.
    pub(super) subject: String,
}

pub(super) async fn things(ada: &Person) -> Things {
    let s = &ada.world.services;
    let role = api_types::input::RoleName::parse("on call").expect("a name");
    let held = vec![api_types::Permission::ViewTenant];
    let role = domain::roles::create(s, &ada.actor, role, held).await;
    let bob = ada.world.owner("bob").await;
    let pool = ada.world.database.pool("postgres", 1);
    let join = "insert into memberships (tenant_id, user_id, role) values ($1, $2, 'owner')";
    let join = sqlx::query(join)
        .bind(ada.actor.tenant().0)
        .bind(bob.user.0);
    join.execute(&pool).await.expect("a second owner");
    let fresh = format!("{}@example.com", uuid::Uuid::now_v7().simple());
    let tokens = [
        invited(&ada.world, &ada.actor, &fresh).await,
        invited(&ada.world, &bob.actor, &ada.email).await,
    ];
    let pending = domain::invitations::pending(s, &ada.actor).await;
    let deleted = ada.world.owner("gone").await;
    let join = sqlx::query("update memberships set user_id = $2 where tenant_id = $1");
    let join = join.bind(deleted.actor.tenant().0).bind(ada.user.0);
    join.execute(&pool).await.expect("Ada's");
    domain::tenants::delete(s, &deleted.actor, deleted.actor.slug())
        .await
        .expect("deleted");
    let domain = test_support::connected_domain(ada).await;
    let subject = uuid::Uuid::now_v7().to_string();
    let link = "insert into identities values ('https://id.example.com', $1, $2, 'x', 'ada')";
    let link = sqlx::query(link).bind(&subject).bind(ada.user.0);
    link.execute(&pool).await.expect("linked");
    let client = ada
        .client(&format!("c{}", uuid::Uuid::now_v7().simple()))
        .await;
    Things {
        slug: ada.actor.slug().into(),
        key: ada.key(&client).await.key.id.to_string(),
        other_key: ada.key(&client).await.key.id.to_string(),
        client: client.id.to_string(),
        role: role.expect("a role").to_string(),
        invitation: pending.expect("invitations")[0].id.to_string(),
        member: bob.user.to_string(),
        tokens,
        deleted: deleted.actor.slug().into(),
        subject,
        domain,
    }
}

/// Invites an address, and reads the link's token from the letter.
pub(super) async fn invited(
    world: &test_support::World,
    by: &domain::Actor,
    email: &str,
) -> String {
    let address = api_types::input::Email::parse(email).expect("an address");
    let viewer = api_types::members::RoleChoice::BuiltIn(api_types::Role::Viewer);
    domain::invitations::invite(&world.services, by, address, viewer)
        .await
        .expect("invited");
    world.invitation_token(email).await
}

#[expect(clippy::too_many_lines, reason = "a list, one entry a function")]
pub(super) fn cases(t: &Things) -> BTreeMap<&'static str, Case> {
    let case = |act, arguments| Case { act, arguments };
    let fresh = uuid::Uuid::now_v7().simple().to_string();
    let (tenant, client) = (&t.slug, &t.client);
    BTreeMap::from([
        (
            "sign_up",
            case(
                "tenant.created",
                json!({ "name": "Eve", "email": format!("{fresh}@example.com"),
                    "password": PASSWORD, "tenant_name": fresh }),
            ),
        ),
        (
            "create_tenant",
            case(
                "tenant.created",
                json!({ "tenant_name": "Lab", "slug": "" }),
            ),
        ),
        (
            "rename_tenant",
            case(
                "tenant.renamed",
                json!({ "tenant": tenant, "tenant_name": "New" }),
            ),
        ),
        (
            "switch_toolkit",
            case(
                "toolkit.switched",
                json!({ "tenant": tenant, "toolkit": "tasks", "enabled": "false" }),
            ),
        ),
        (
            "register_client",
            case(
                "client.registered",
                json!({ "tenant": tenant, "name": fresh, "kind": "other" }),
            ),
        ),
        (
            "update_client",
            case(
                "client.changed",
                json!({ "tenant": tenant, "id": client, "name": fresh, "kind": "other" }),
            ),
        ),
        (
            "archive_client",
            case("client.archived", json!({ "tenant": tenant, "id": client })),
        ),
        (
            "create_key",
            case(
                "api_key.created",
                json!({ "tenant": tenant, "client": client, "name": "k", "scopes[0]": "tasks:read" }),
            ),
        ),
        (
            "rotate_key",
            case(
                "api_key.rotated",
                json!({ "tenant": tenant, "key": t.key, "overlap_hours": "0" }),
            ),
        ),
        (
            "revoke_key",
            case(
                "api_key.revoked",
                json!({ "tenant": tenant, "client": client, "key": t.other_key }),
            ),
        ),
        (
            "change_slug",
            case(
                "tenant.moved",
                json!({ "tenant": tenant, "slug": &fresh[..30] }),
            ),
        ),
        (
            "suspend_tenant",
            case(
                "tenant.suspended",
                json!({ "tenant": tenant, "suspended": "true" }),
            ),
        ),
        (
            "delete_tenant",
            case(
                "tenant.deleted",
                json!({ "tenant": tenant, "confirm": tenant }),
            ),
        ),
        (
            "restore_tenant",
            case("tenant.restored", json!({ "slug": t.deleted })),
        ),
        (
            "create_role",
            case(
                "role.created",
                json!({ "tenant": tenant, "name": "reader", "permissions[]": "view_usage" }),
            ),
        ),
        (
            "update_role",
            case(
                "role.changed",
                json!({ "tenant": tenant, "id": t.role, "name": "x", "permissions[]": "view_usage" }),
            ),
        ),
        (
            "delete_role",
            case("role.deleted", json!({ "tenant": tenant, "id": t.role })),
        ),
        (
            "invite_member",
            case(
                "invitation.sent",
                json!({ "tenant": tenant, "email": format!("{fresh}@example.org"), "role": "viewer" }),
            ),
        ),
        (
            "resend_invitation",
            case(
                "invitation.resent",
                json!({ "tenant": tenant, "id": t.invitation }),
            ),
        ),
        (
            "revoke_invitation",
            case(
                "invitation.revoked",
                json!({ "tenant": tenant, "id": t.invitation }),
            ),
        ),
        (
            "accept_invitation",
            case("invitation.accepted", json!({ "token": t.tokens[1] })),
        ),
        (
            "join_with_new_account",
            case(
                "invitation.accepted",
                json!({ "token": t.tokens[0], "name": "New", "password": PASSWORD }),
            ),
        ),
        (
            "change_role",
            case(
                "member.role_changed",
                json!({ "tenant": tenant, "member": t.member, "role": "viewer" }),
            ),
        ),
        (
            "remove_member",
            case(
                "member.removed",
                json!({ "tenant": tenant, "member": t.member }),
            ),
        ),
        (
            "leave_tenant",
            case("member.left", json!({ "tenant": tenant })),
        ),
        (
            "transfer_tenant",
            case(
                "tenant.transferred",
                json!({ "tenant": tenant, "member": t.member }),
            ),
        ),
        (
            "create_service_account",
            case(
                "member.service_account_made",
                json!({ "tenant": tenant, "name": "jobs" }),
            ),
        ),
        (
            "change_address",
            case(
                "person.address_change_requested",
                json!({ "email": format!("new{fresh}@example.com") }),
            ),
        ),
        (
            "end_other_sessions",
            case("person.session_ended", json!({})),
        ),
        (
            "rename_person",
            case("person.renamed", json!({ "name": "Ada L." })),
        ),
        (
            "add_domain",
            case(
                "tenant.sso_domain_added",
                json!({ "tenant": tenant, "domain": format!("{fresh}.example") }),
            ),
        ),
        (
            "remove_domain",
            case(
                "tenant.sso_domain_removed",
                json!({ "tenant": tenant, "domain": t.domain }),
            ),
        ),
        (
            "connect_sso",
            case(
                "tenant.sso_connected",
                json!({ "tenant": tenant, "issuer": "https://id.example.com", "client_id": "new",
                    "client_secret": "s", "default_role": "viewer" }),
            ),
        ),
        (
            "disconnect_sso",
            case("tenant.sso_disconnected", json!({ "tenant": tenant })),
        ),
        (
            "enforce_sso",
            case(
                "tenant.sso_enforcement_changed",
                json!({ "tenant": tenant, "enforced": "true" }),
            ),
        ),
        (
            "unlink_identity",
            case(
                "person.identity_unlinked",
                json!({ "issuer": "https://id.example.com", "subject": t.subject }),
            ),
        ),
        (
            "change_password",
            case(
                "person.password_changed",
                json!({ "current": PASSWORD, "password": PASSWORD }),
            ),
        ),
    ])
}
