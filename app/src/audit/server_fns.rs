//! What a browser can ask about the audit log.

use crate::UiError;
use api_types::audit::{AuditPage, AuditRow};
use leptos::prelude::*;

/// One page of the log. The words are those of the address.
#[server(endpoint = "read_audit")]
pub async fn read_audit(
    tenant: String,
    #[server(default)] range: String,
    #[server(default)] actor: String,
    #[server(default)] act: String,
    #[server(default)] object: String,
    #[server(default)] search: String,
    #[server(default)] before: String,
) -> Result<AuditPage, UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    let filter = super::query::from_words(&range, &actor, &act, &object, &search);
    Ok(domain::audit::page(&s, &a, &filter, before.parse().ok()).await?)
}

/// One row of the log.
#[server(endpoint = "get_audit_row")]
pub async fn get_audit_row(tenant: String, seq: String) -> Result<AuditRow, UiError> {
    let (s, a) = crate::request::caller(&tenant).await?;
    let seq = seq.parse().map_err(|_| api_types::Refusal::NotFound)?;
    Ok(domain::audit::row(&s, &a, seq).await?)
}
