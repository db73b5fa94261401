//! Operators: who of those who are signed in runs this instance, and what one may ask in a tenant that lets them look.

use super::{is_page, known_person, origin, services, session::session};
use crate::{UiError, access};
use api_types::{Refusal, TenantId};
use axum::http::request::Parts;
use domain::{
    Services,
    operator::{self, Operator},
};
use leptos::prelude::use_context;

/// Whoever runs this instance. To everybody else there is nothing here.
pub async fn operator() -> Result<(Services, Operator), UiError> {
    let services = services()?;
    let user = known_person().await?.ok_or(Refusal::NotFound)?;
    let (by_factor, _) = operator::visited(&session()?).await?;
    let operator = operator::recognise(&services, user, by_factor, origin()).await?;
    Ok((services, operator))
}

/// The same for what changes something: they have shown lately that it is them.
pub async fn operator_lately() -> Result<(Services, Operator), UiError> {
    let known = operator().await?;
    super::require_recent_auth().await?;
    Ok(known)
}

/// Whether the person is shown the way to the console.
pub async fn is_operator() -> Result<bool, UiError> {
    let services = services()?;
    if services.operators.is_nobody() {
        return Ok(false);
    }
    let Some(user) = known_person().await? else {
        return Ok(false);
    };
    let (by_factor, _) = operator::visited(&session()?).await?;
    let known = operator::recognise(&services, user, by_factor, origin()).await;
    match known {
        Ok(_) => Ok(true),
        Err(domain::Error::Refused(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Notes that the person has just answered with their second factor.
pub async fn note_factor() -> Result<(), UiError> {
    Ok(operator::note_factor(&session()?).await?)
}

/// The tenant that the session's person looks at as an operator.
pub(super) async fn visited() -> Result<Option<TenantId>, UiError> {
    let (_, tenant) = operator::visited(&session()?).await?;
    Ok(tenant)
}

/// Enters a tenant that lets the operator look at it. Answers where it is.
pub async fn enter(tenant: TenantId) -> Result<String, UiError> {
    let (services, operator) = operator_lately().await?;
    let slug = operator::enter(&services, &operator, &session()?, tenant).await?;
    Ok(format!("/t/{slug}"))
}

/// Leaves the tenant that the operator looks at. Answers which one.
pub async fn leave() -> Result<Option<TenantId>, UiError> {
    let (services, operator) = operator().await?;
    Ok(operator::leave(&services, &operator, &session()?).await?)
}

/// Refuses an operator in somebody else's tenant whatever is not a page or one of the functions that pages ask.
pub(super) fn require_looking() -> Result<(), UiError> {
    let function = use_context::<Parts>().and_then(|parts| {
        let name = parts.uri.path().strip_prefix("/api/");
        name.map(str::to_owned)
    });
    let looks = match function {
        Some(name) => access::LOOKING.contains(&name.as_str()),
        None => is_page(),
    };
    if looks {
        return Ok(());
    }
    Err(Refusal::LooksOnly.into())
}
