//! An operator inside a tenant that lets them look at it. The session says in which tenant; each request asks anew
//! whether it still may.

use super::{Operator, log, recognise, store};
use crate::{
    Actor, Origin, Result, Services, TenantTx,
    audit::{self, Event},
    members::SignedIn,
};
use anyhow::Context as _;
use api_types::{Refusal, TenantId, audit::Act, operator::OperatorAct};
use tower_sessions::Session;

/// The name under which a session holds that its person answered with their second factor in it.
const FACTOR: &str = "factor";

/// The name under which a session holds the tenant that its operator looks at.
const VISITED: &str = "visited";

/// Notes that the session's person has answered with their second factor.
pub async fn note_factor(session: &Session) -> Result<()> {
    let noted = session.insert(FACTOR, true).await;
    Ok(noted.context("noting a second factor")?)
}

/// Whether the session's person has answered with their second factor, and the tenant that they look at as an operator.
pub async fn visited(session: &Session) -> Result<(bool, Option<TenantId>)> {
    let factor: Option<bool> = session.get(FACTOR).await.context("reading a session")?;
    if factor != Some(true) {
        return Ok((false, None));
    }
    let tenant = session.get(VISITED).await.context("reading a session")?;
    Ok((true, tenant))
}

/// Enters a tenant that lets the operator look at it. Answers where it is.
pub async fn enter(
    s: &Services,
    o: &Operator,
    session: &Session,
    tenant: TenantId,
) -> Result<String> {
    leave(s, o, session).await?;
    let (mut tx, named) = open(s, tenant).await?;
    // Whoever takes it back waits until this is done, so that nobody enters after the end.
    if !store::support::hold(&mut tx, tenant).await? {
        return Err(Refusal::NotFound.into());
    }
    if store::is_member(&mut tx, tenant, o.user).await? {
        let message = "you belong to this tenant: go there as the member that you are";
        return Err(Refusal::conflict(message).into());
    }
    record(&mut tx, o, OperatorAct::Enter, tenant, &named).await?;
    tx.commit().await?;
    let entered = session.insert(VISITED, tenant).await;
    entered.context("entering a tenant")?;
    Ok(named.slug)
}

/// Leaves the tenant that the session's operator looks at. Whose access has ended meanwhile is out already: the act that
/// ended it says so.
pub async fn leave(s: &Services, o: &Operator, session: &Session) -> Result<Option<TenantId>> {
    let visited: Option<TenantId> = session.remove(VISITED).await.context("leaving a tenant")?;
    let Some(tenant) = visited else {
        return Ok(None);
    };
    match open(s, tenant).await {
        Ok((mut tx, named)) => {
            record(&mut tx, o, OperatorAct::Leave, tenant, &named).await?;
            tx.commit().await?;
        }
        Err(crate::Error::Refused(_)) => {}
        Err(error) => return Err(error),
    }
    Ok(Some(tenant))
}

/// Who an operator is in the tenant with this slug, which is not theirs: nobody, unless it lets them look at it and they
/// have entered.
pub(crate) async fn visitor(s: &Services, who: SignedIn, slug: &str) -> Result<Actor> {
    let tenant = who.visits.ok_or(Refusal::NotFound)?;
    let o = recognise(s, who.user, true, Origin::default()).await?;
    let (tx, named) = open(s, tenant).await?;
    tx.commit().await?;
    if named.slug != slug {
        return Err(Refusal::NotFound.into());
    }
    Ok(o.actor(tenant, named.slug))
}

/// A tenant that lets the operator look at it now.
async fn open(s: &Services, tenant: TenantId) -> Result<(TenantTx, store::Named)> {
    let mut tx = s.db.tenant_tx(tenant).await?;
    let named = store::named(&mut tx, tenant).await?;
    let named = named.filter(|named| !named.deleted);
    let named = named.ok_or(Refusal::NotFound)?;
    if store::support::current(&mut tx, tenant).await?.is_none() {
        return Err(Refusal::NotFound.into());
    }
    Ok((tx, named))
}

async fn record(
    tx: &mut TenantTx,
    o: &Operator,
    act: OperatorAct,
    tenant: TenantId,
    named: &store::Named,
) -> Result<()> {
    log::add(tx, o, act, tenant, &named.name, None).await?;
    let told = if act == OperatorAct::Enter {
        Act::SupportEntered
    } else {
        Act::SupportLeft
    };
    let event = Event::new(told, tenant, &named.slug);
    audit::record(tx, &o.actor(tenant, named.slug.clone()), event).await
}
