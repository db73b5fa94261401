//! What a tenant says about the operator's looking at it.

use crate::UiError;
use leptos::prelude::*;

/// Lets the operator look at the tenant for some hours.
#[server(endpoint = "allow_support")]
pub async fn allow_support(tenant: String, length: String, reason: String) -> Result<(), UiError> {
    use crate::request;
    use api_types::{Refusal, operator::SupportLength};
    let (s, a) = request::caller(&tenant).await?;
    a.require(api_types::Permission::AllowSupport)?;
    request::require_recent_auth().await?;
    request::keep(&[("length", &length), ("reason", &reason)]);
    let known = SupportLength::parse(&length);
    let length = known.ok_or_else(|| Refusal::invalid("length", "choose for how long"))?;
    domain::operator::allow_support(&s, &a, length, &reason).await?;
    request::back_to(
        &tenant,
        "settings",
        "The operator can look at this tenant now.",
    )
}

/// Takes it back.
#[server(endpoint = "end_support")]
pub async fn end_support(tenant: String) -> Result<(), UiError> {
    use crate::request;
    let (s, a) = request::caller(&tenant).await?;
    domain::operator::end_support(&s, &a).await?;
    request::back_to(
        &tenant,
        "settings",
        "The operator can no longer look at this tenant.",
    )
}
