//! What the cases act on.

use super::elsewhere::Elsewhere;
use super::hooks::Hooks;
use crate::service::Service;
use crate::support::log_in_with_secret;
use test_support::Person;

/// Things of Ada's that the cases act on; each may be used up.
pub(super) struct Things {
    pub(super) slug: String,
    pub(super) client: String,
    pub(super) key: String,
    pub(super) other_key: String,
    /// A secret that the client logs in with.
    pub(super) secret: String,
    /// A log-in that Ada has allowed.
    pub(super) grant: String,
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
    /// What she has at other services.
    pub(super) elsewhere: Elsewhere,
    pub(super) hooks: Hooks,
}

pub(super) async fn things(ada: &Person, service: &Service) -> Things {
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
    let secret = log_in_with_secret(ada, client.id).await;
    super::limits::pay(ada).await;
    Things {
        slug: ada.actor.slug().into(),
        key: ada.key(&client).await.key.id.to_string(),
        other_key: ada.key(&client).await.key.id.to_string(),
        secret: secret.to_string(),
        grant: ada.log_in("an app").await.grant.id.to_string(),
        client: client.id.to_string(),
        role: role.expect("a role").to_string(),
        invitation: pending.expect("invitations")[0].id.to_string(),
        member: bob.user.to_string(),
        tokens,
        deleted: deleted.actor.slug().into(),
        subject,
        elsewhere: Elsewhere::of(ada, service).await,
        hooks: Hooks::of(ada).await,
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
