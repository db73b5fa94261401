//! `/t/{slug}/audit/export.jsonl` and `export.csv`: the audit log as a file, in pieces as they are read. The number of
//! rows is told ahead, in the header `x-row-count`, and so is the length, by which browsers show progress.

use super::caller::Caller;
use crate::AppState;
use api_types::audit::AuditFilter;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use domain::audit::Export;
use domain::audit::chain::Entry;
use futures::{Stream, StreamExt as _, TryStreamExt as _, stream};
use http::{HeaderName, HeaderValue, header};
use serde::Deserialize;
use time::OffsetDateTime;

const ROW_COUNT: HeaderName = HeaderName::from_static("x-row-count");

/// Longer files begin at once and do not tell their length.
const MEASURED_ROWS: i64 = 50_000;

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
    let (services, actor) = (state.services.clone(), caller.actor);
    let export = domain::audit::begin_export(&services, &actor, filter).await?;
    let count = export.rows;
    let today = OffsetDateTime::now_utc().date();
    let name = format!("{}-audit-{today}.{ending}", actor.slug());
    let pieces = move |export: Export| {
        let rows = export
            .rows(services.clone(), actor.clone())
            .map(move |batch| {
                let batch = batch.map_err(|error| anyhow::anyhow!(error.for_the_log()))?;
                batch.iter().map(line).collect::<anyhow::Result<String>>()
            });
        stream::iter([Ok(head.to_owned())]).chain(rows)
    };
    let length = match count {
        ..=MEASURED_ROWS => Some(length(pieces(export.clone())).await?),
        _ => None,
    };
    // An answer that breaks off is a failed download in every browser.
    let body = pieces(export)
        .map_ok(Bytes::from)
        .inspect_err(|error| tracing::error!("exporting an audit log: {error:#}"));
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
    let mut response = (headers, Body::from_stream(body)).into_response();
    if let Some(length) = length {
        let length = HeaderValue::from(length);
        response
            .headers_mut()
            .insert(header::CONTENT_LENGTH, length);
    }
    Ok(response)
}

/// How long the file will be, so that browsers show how far a download is. Rows never change, so reading them
/// twice gives the same twice.
async fn length(pieces: impl Stream<Item = anyhow::Result<String>>) -> anyhow::Result<usize> {
    let count = |sum: usize, piece: String| async move { Ok(sum + piece.len()) };
    pieces.try_fold(0, count).await
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
pub(super) fn quoted(cell: &str) -> String {
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
