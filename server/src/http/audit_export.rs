//! `/t/{slug}/audit/export.jsonl` and `export.csv`: the audit log as a file, in pieces as they are read. The number of
//! rows is told ahead, in the header `x-row-count`.

use super::caller::Caller;
use crate::AppState;
use api_types::audit::AuditFilter;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use domain::audit::chain::Entry;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use http::{HeaderName, header};
use serde::Deserialize;
use time::OffsetDateTime;

const ROW_COUNT: HeaderName = HeaderName::from_static("x-row-count");

/// The names of the columns, which are those of the JSONL.
const COLUMNS: &str = "seq,at,actor_kind,actor_id,actor_name,act,object_kind,object_id,object_name,before,after,\
                       address,request_id,prev,hash\r\n";

/// The filter, as the page's address has it.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub(super) struct Words {
    range: String,
    actor: String,
    act: String,
    object: String,
    search: String,
}

/// Every row with its hash, one JSON object a line: what `bulkhead verify-audit` reads.
pub(super) async fn jsonl(
    State(state): State<AppState>,
    caller: Caller,
) -> Result<Response, super::ApiError> {
    let all = AuditFilter::default();
    file(&state, caller, &all, "jsonl", "", json_line).await
}

/// The rows that the filter shows, for a spreadsheet.
pub(super) async fn csv(
    State(state): State<AppState>,
    caller: Caller,
    Query(words): Query<Words>,
) -> Result<Response, super::ApiError> {
    let Words {
        range,
        actor,
        act,
        object,
        search,
    } = &words;
    let filter = app::audit::query::from_words(range, actor, act, object, search);
    file(&state, caller, &filter, "csv", COLUMNS, |row| {
        Ok(csv_line(row))
    })
    .await
}

async fn file(
    state: &AppState,
    caller: Caller,
    filter: &AuditFilter,
    ending: &'static str,
    head: &'static str,
    line: fn(&Entry) -> anyhow::Result<String>,
) -> Result<Response, super::ApiError> {
    let services = state.services.clone();
    let export = domain::audit::begin_export(&services, &caller.actor, filter).await?;
    let count = export.rows;
    let today = OffsetDateTime::now_utc().date();
    let name = format!("{}-audit-{today}.{ending}", caller.actor.slug());
    let rows = export.rows(services, caller.actor).map(move |batch| {
        let batch = batch.map_err(|error| anyhow::anyhow!(error.for_the_log()))?;
        batch.iter().map(line).collect::<anyhow::Result<String>>()
    });
    let pieces = stream::iter([Ok(head.to_owned())])
        .chain(rows)
        .map_ok(Bytes::from)
        // The answer breaks off, which every browser shows as a failed download.
        .inspect_err(|error: &anyhow::Error| tracing::error!("exporting an audit log: {error:#}"));
    let kind = if ending == "csv" {
        "text/csv; charset=utf-8"
    } else {
        "application/x-ndjson"
    };
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (ROW_COUNT, count.to_string()),
    ];
    Ok((headers, Body::from_stream(pieces)).into_response())
}

fn json_line(row: &Entry) -> anyhow::Result<String> {
    Ok(serde_json::to_string(row)? + "\n")
}

fn csv_line(row: &Entry) -> String {
    let id = |id: Option<uuid::Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    let json =
        |json: Option<&serde_json::value::RawValue>| json.map_or("", |json| json.get()).to_owned();
    let cells = [
        row.seq.to_string(),
        row.at.clone(),
        row.actor_kind.clone(),
        id(row.actor_id),
        row.actor_name.clone(),
        row.act.clone(),
        row.object_kind.clone(),
        row.object_id.clone(),
        row.object_name.clone(),
        json(row.before.as_deref()),
        json(row.after.as_deref()),
        row.address.clone().unwrap_or_default(),
        id(row.request_id),
        row.prev.to_string(),
        row.hash.to_string(),
    ];
    cells.map(|cell| quoted(&cell)).join(",") + "\r\n"
}

/// RFC 4180. What a spreadsheet would take for a formula begins with an apostrophe: names are what people typed.
fn quoted(cell: &str) -> String {
    let guard = if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        "'"
    } else {
        ""
    };
    if guard.is_empty() && !cell.contains([',', '"', '\n', '\r']) {
        return cell.to_owned();
    }
    format!("\"{guard}{}\"", cell.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_cell_is_one_cell_and_no_formula() {
        assert_eq!(quoted("lab"), "lab");
        assert_eq!(quoted("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(quoted("=1+1"), "\"'=1+1\"");
    }
}
