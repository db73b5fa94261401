//! What a browser can ask about its person's sessions.

use crate::UiError;
use leptos::prelude::*;

/// Ends one of the person's sessions.
#[server(endpoint = "end_one_session")]
pub async fn end_one_session(session: String) -> Result<(), UiError> {
    use crate::request;
    let id = session.parse().map_err(|_| api_types::Refusal::NotFound)?;
    let (services, user) = (request::services()?, request::person().await?);
    domain::sessions::end(&services, user, request::origin(), id).await?;
    request::notice("The session has ended.");
    Ok(())
}

/// Ends all of the person's sessions but this one.
#[server(endpoint = "end_other_sessions")]
pub async fn end_other_sessions() -> Result<(), UiError> {
    use crate::request;
    let (services, user) = (request::services()?, request::person().await?);
    let kept = request::session_id()?;
    domain::sessions::end_others(&services, user, request::origin(), kept).await?;
    request::notice("Your other sessions have ended.");
    Ok(())
}
