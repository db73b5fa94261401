//! Invitations: how people come into a tenant. A link by mail, for one address, once, for a week;
//! the database keeps its digest alone. Whoever follows it has shown that the address is theirs.

mod store;

use crate::{
    Actor, Origin, RefuseOn as _, Result, Services, TenantTx, accounts,
    actor::Who,
    audit::{self, Event},
    mail, members,
    plans::{self, Counted},
    roles, throttle, users,
};
use api_types::{
    InvitationId, MemberRole, Permission, Refusal, TenantId, UserId,
    audit::Act,
    input::{Email, Password, PersonName},
    members::{InvitationView, Offer, RoleChoice},
};
use serde::Serialize;
use sqlx::PgConnection;
use store::Invitation;
pub(crate) use store::revoke_of;
use uuid::Uuid;
use vault::Token;

/// How long a link works.
pub const DAYS: i32 = 7;

const DOMAIN: &str = "bulkhead/invitation/v1";

/// The invitations that wait for an answer, the newest first.
pub async fn pending(s: &Services, a: &Actor) -> Result<Vec<InvitationView>> {
    a.require(Permission::ViewMembers)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let pending = store::pending(&mut tx, a.tenant()).await?;
    tx.commit().await?;
    Ok(pending)
}

/// Invites the holder of an address, with a role that holds no more than the caller's.
pub async fn invite(s: &Services, a: &Actor, email: Email, choice: RoleChoice) -> Result<()> {
    a.require(Permission::ManageMembers)?;
    let inviter = a.user().ok_or(Refusal::NotFound)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let role = roles::chosen(&mut tx, a.tenant(), choice).await?;
    roles::may_give(a, &role)?;
    if store::is_member(&mut tx, a.tenant(), email.as_str()).await? {
        return Err(Refusal::invalid("email", "belongs to this tenant already").into());
    }
    let (id, token) = (InvitationId(Uuid::now_v7()), vault::random_token());
    let digest = token.digest(DOMAIN);
    let twice = || Refusal::invalid("email", "is invited already; send that invitation again");
    store::insert(&mut tx, a.tenant(), id, &email, &role, &digest, inviter)
        .await
        .refuse_on("open_invitation_per_address", twice)?;
    send(s, &mut tx, a, id, &token).await?;
    let sent = Event::new(Act::InvitationSent, id, email.as_str()).after(&Facts::of(&role))?;
    audit::record(&mut tx, a, sent).await?;
    // Now that the log is held, nobody else is invited.
    plans::require_room(s, &mut tx, a.tenant(), Counted::InvitedSeats).await?;
    tx.commit().await
}

/// Sends an invitation again, with a new link for another week; the old link is dead.
pub async fn resend(s: &Services, a: &Actor, id: InvitationId) -> Result<()> {
    a.require(Permission::ManageMembers)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let invitation = open(&mut tx, a.tenant(), id).await?;
    roles::may_give(a, &invitation.role)?;
    throttle::count_invitation_again(&mut tx, a.tenant(), &invitation.email).await?;
    let token = vault::random_token();
    store::renew(&mut tx, a.tenant(), id, &token.digest(DOMAIN)).await?;
    send(s, &mut tx, a, id, &token).await?;
    let sent = Event::new(Act::InvitationResent, id, &invitation.email);
    audit::record(&mut tx, a, sent.after(&Facts::of(&invitation.role))?).await?;
    tx.commit().await
}

/// Takes an invitation back: its link is dead.
pub async fn revoke(s: &Services, a: &Actor, id: InvitationId) -> Result<()> {
    a.require(Permission::ManageMembers)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let invitation = open(&mut tx, a.tenant(), id).await?;
    store::revoke(&mut tx, a.tenant(), id).await?;
    let revoked = Event::new(Act::InvitationRevoked, id, &invitation.email);
    audit::record(&mut tx, a, revoked.before(&Facts::of(&invitation.role))?).await?;
    tx.commit().await
}

/// What the holder of a link is offered, and who they are so far.
pub async fn offer(s: &Services, user: Option<UserId>, token: &str) -> Result<Offer> {
    let Presented { mut tx, invitation } = presented(s, token).await?;
    let signed_in_as = match user {
        Some(user) => Some(users::address_of(&mut tx, user).await?),
        None => None,
    };
    let has_account = users::is_known(&mut tx, &invitation.email).await?;
    tx.commit().await?;
    Ok(Offer {
        tenant_name: invitation.tenant_name,
        email: invitation.email,
        role: invitation.role.name().into(),
        invited_by: invitation.invited_by,
        signed_in_as,
        has_account,
    })
}

/// Whether an invitation waits for an address.
pub(crate) async fn is_waiting(db: &mut PgConnection, email: &str) -> Result<bool> {
    store::is_waiting(db, email).await
}

/// Joins with the account that is signed in, whose address must be the invited one. Answers the
/// tenant's slug.
pub async fn accept(
    s: &Services,
    user: UserId,
    origin: impl Into<Origin>,
    token: &str,
) -> Result<String> {
    let mut presented = presented(s, token).await?;
    let email = users::address_of(&mut presented.tx, user).await?;
    presented.require_address(&email)?;
    join(s, presented, user, origin.into()).await
}

/// The invitation that a link belongs to, for somebody who has shown elsewhere that the invited address is theirs. They
/// are to be created in its transaction, and [`join`] then.
pub(crate) async fn presented_to(s: &Services, email: &str, token: &str) -> Result<Presented> {
    let presented = presented(s, token).await?;
    presented.require_address(email)?;
    Ok(presented)
}

/// Joins with a new account for the invited address. Answers the person and the tenant's slug.
pub async fn accept_as_new(
    s: &Services,
    origin: impl Into<Origin>,
    token: &str,
    name: PersonName,
    password: Password,
) -> Result<(UserId, String)> {
    let origin = origin.into();
    let digest = digest(token);
    throttle::count_guess(&s.db, origin.address(), &audit::hex::text(&digest)).await?;
    let hash = s.passwords.hash(password.reveal().into()).await?;
    let mut presented = presented(s, token).await?;
    let user = UserId(Uuid::now_v7());
    let email = Email::parse(&presented.invitation.email)?;
    users::insert_invited(&mut presented.tx, user, &email, &name, &hash).await?;
    let slug = join(s, presented, user, origin).await?;
    Ok((user, slug))
}

/// An invitation whose link somebody has, held until its transaction ends.
pub(crate) struct Presented {
    pub(crate) tx: TenantTx,
    invitation: Invitation,
}

impl Presented {
    /// Refuses whoever is known by another address than the invited one.
    fn require_address(&self, email: &str) -> std::result::Result<(), Refusal> {
        let invited = &self.invitation.email;
        if email == invited {
            return Ok(());
        }
        Err(Refusal::conflict(format!(
            "this invitation is for {invited}, and you are signed in as {email}: sign in with the right \
             account"
        )))
    }
}

/// Makes somebody a member by what they have presented, and ends the transaction. Answers the tenant's slug.
pub(crate) async fn join(
    s: &Services,
    presented: Presented,
    user: UserId,
    origin: Origin,
) -> Result<String> {
    let Presented { mut tx, invitation } = presented;
    let Invitation {
        tenant, id, role, ..
    } = invitation;
    if !members::join(&mut tx, tenant, user, &role).await? {
        return Err(Refusal::conflict("you belong to this tenant already").into());
    }
    // The link went to this address and to no other.
    accounts::set_confirmed(&mut tx, user).await?;
    store::accept(&mut tx, tenant, id).await?;
    let accepted = Event::new(Act::InvitationAccepted, id, invitation.email);
    let accepted = accepted.after(&Facts::of(&role))?;
    let slug = invitation.slug;
    let member = Actor::new(tenant, slug.clone(), Who::Member { user, role }).seen_from(origin);
    audit::record(&mut tx, &member, accepted).await?;
    plans::require_room(s, &mut tx, tenant, Counted::Seats).await?;
    tx.commit().await?;
    Ok(slug)
}

/// The invitation that a link belongs to, held so that it is accepted once. What was never sent,
/// is over, taken back or used looks the same.
async fn presented(s: &Services, token: &str) -> Result<Presented> {
    let digest = digest(token);
    let found = store::by_digest(&mut *s.db.global().await?, &digest).await?;
    let (tenant, id) = found.ok_or(Refusal::NotFound)?;
    let mut tx = s.db.tenant_tx(tenant).await?;
    let invitation = store::lock(&mut tx, tenant, id).await?;
    let invitation = invitation.filter(|one| !one.expired && one.digest == digest);
    let invitation = invitation.ok_or(Refusal::NotFound)?;
    Ok(Presented { tx, invitation })
}

async fn open(tx: &mut TenantTx, tenant: TenantId, id: InvitationId) -> Result<Invitation> {
    Ok(store::lock(tx, tenant, id)
        .await?
        .ok_or(Refusal::NotFound)?)
}

async fn send(
    s: &Services,
    tx: &mut TenantTx,
    a: &Actor,
    id: InvitationId,
    token: &Token,
) -> Result<()> {
    let invitation = open(tx, a.tenant(), id).await?;
    throttle::count_invitation(tx, a.tenant(), &invitation.email).await?;
    let link = format!("{}/invitations?token={}", s.public_url, token.reveal());
    let letter = mail::templates::invitation(
        &Email::parse(&invitation.email)?,
        &invitation.tenant_name,
        &invitation.invited_by,
        invitation.role.name(),
        &link,
    );
    mail::enqueue(s, tx, &letter).await
}

fn digest(token: &str) -> vault::Digest {
    vault::digest(DOMAIN, token.as_bytes())
}

/// An invitation as the audit log shows it.
#[derive(Serialize)]
struct Facts {
    role: String,
}

impl audit::Facts for Facts {}

impl Facts {
    fn of(role: &MemberRole) -> Self {
        Self {
            role: role.name().into(),
        }
    }
}
