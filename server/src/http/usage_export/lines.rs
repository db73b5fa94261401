//! Calls as lines: of CSV, and of JSON.

use super::super::audit_export::quoted;
use domain::usage::export::ExportedCall;
use uuid::Uuid;

/// The names of the columns, which are those of the JSON too.
pub(super) const COLUMNS: &str = "event_id,occurred_at,toolkit,tool,client_id,client,credential_id,member_id,connection_id,era,\
                                  outcome,units,duration_us,request_bytes,response_bytes,error,request_id,corrects\r\n";

pub(super) fn json(call: &ExportedCall) -> anyhow::Result<String> {
    Ok(serde_json::to_string(call)? + "\n")
}

pub(super) fn csv(call: &ExportedCall) -> anyhow::Result<String> {
    let id = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    let at = call
        .occurred_at
        .format(&time::format_description::well_known::Rfc3339)?;
    let cells = [
        call.event_id.to_string(),
        at,
        quoted(&call.toolkit),
        quoted(&call.tool),
        call.client_id.to_string(),
        quoted(call.client.as_deref().unwrap_or_default()),
        call.credential_id.to_string(),
        id(call.member_id),
        id(call.connection_id),
        call.era.clone(),
        call.outcome.clone(),
        // A number, also one below nothing.
        call.units.to_string(),
        call.duration_us.to_string(),
        call.request_bytes.to_string(),
        call.response_bytes.to_string(),
        quoted(call.error.as_deref().unwrap_or_default()),
        call.request_id.to_string(),
        id(call.corrects),
    ];
    Ok(cells.join(",") + "\r\n")
}
