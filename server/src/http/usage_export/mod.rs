//! `POST /t/{slug}/usage/export`: calls of a range of time as CSV, JSON Lines or Parquet, in pieces as they are read. Asked for
//! by a form, because it leaves a row in the audit log. A file that broke off goes on with `after`, the id of its last call.

mod lines;
mod parquet;

use super::caller::Caller;
use crate::AppState;
use api_types::Refusal;
use api_types::usage::Format;
use app::usage::query;
use axum::Form;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::usage::export::{self, Export, NewExport};
use futures::{Stream, StreamExt as _, TryStreamExt as _, stream};
use http::{HeaderName, header};
use serde::Deserialize;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime};

const ROW_COUNT: HeaderName = HeaderName::from_static("x-row-count");

/// The form, whose filters are those of the page's address.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Asked {
    format: String,
    since: String,
    until: String,
    after: String,
    tool: String,
    client: String,
    outcome: String,
    toolkit: String,
    key: String,
    member: String,
    connection: String,
}

impl Asked {
    fn read(self) -> Result<NewExport, Refusal> {
        let format = Format::parse(&self.format)
            .ok_or_else(|| Refusal::invalid("format", "csv, jsonl or parquet"))?;
        let after =
            match self.after.trim() {
                "" => None,
                id => Some(id.parse().map_err(|_| {
                    Refusal::invalid("after", "the id of the last call that you have")
                })?),
            };
        let filter = query::from_words(&[
            String::new(),
            self.tool,
            self.client,
            self.outcome,
            self.toolkit,
            self.key,
            self.member,
            self.connection,
        ]);
        Ok(NewExport {
            format,
            since: moment("since", &self.since, false)?,
            until: moment("until", &self.until, true)?,
            words: query::of(&filter),
            filter,
            after,
        })
    }
}

/// A day, or a moment (RFC 3339). A day that ends something is in it.
fn moment(name: &'static str, text: &str, ends: bool) -> Result<OffsetDateTime, Refusal> {
    let text = text.trim();
    if let Ok(day) = Date::parse(text, format_description!("[year]-[month]-[day]")) {
        let day = if ends {
            day.next_day().unwrap_or(day)
        } else {
            day
        };
        return Ok(day.midnight().assume_utc());
    }
    OffsetDateTime::parse(text, &Rfc3339)
        .map(|at| at.to_offset(time::UtcOffset::UTC))
        .map_err(|_| Refusal::invalid(name, "a day such as 2026-11-22, or a time in RFC 3339"))
}

/// The file.
pub(super) async fn file(
    State(state): State<AppState>,
    caller: Caller,
    Form(asked): Form<Asked>,
) -> Result<Response, super::ApiError> {
    let new = asked.read().map_err(domain::Error::from)?;
    let format = new.format;
    let day = |at: OffsetDateTime| at.date();
    let name = format!(
        "{}-usage-{}-{}.{}",
        caller.actor.slug(),
        day(new.since),
        day(new.until),
        format.as_str()
    );
    let goes_on = new.after.is_some();
    let export = export::begin(&state.services, &caller.actor, new).await?;
    let expected = export.expected;
    let body = match format {
        // What goes on is put behind what there is.
        Format::Csv if goes_on => Body::from_stream(told(text(export, "", lines::csv))),
        Format::Csv => Body::from_stream(told(text(export, lines::COLUMNS, lines::csv))),
        Format::Jsonl => Body::from_stream(told(text(export, "", lines::json))),
        Format::Parquet => Body::from_stream(told(parquet::file(export))),
    };
    let kind = match format {
        Format::Csv => "text/csv; charset=utf-8",
        Format::Jsonl => "application/x-ndjson",
        Format::Parquet => "application/vnd.apache.parquet",
    };
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (ROW_COUNT, expected.to_string()),
    ];
    Ok((headers, body).into_response())
}

fn text(
    export: Export,
    head: &'static str,
    line: fn(&export::ExportedCall) -> anyhow::Result<String>,
) -> impl Stream<Item = anyhow::Result<Bytes>> {
    let rows = export.batches().map(move |batch| {
        let batch = batch.map_err(|error| anyhow::anyhow!(error.for_the_log()))?;
        let lines = batch.iter().map(line).collect::<anyhow::Result<String>>()?;
        Ok(Bytes::from(lines))
    });
    stream::iter([Ok(Bytes::from_static(head.as_bytes()))]).chain(rows)
}

/// An answer that breaks off is a failed download in every browser.
fn told(
    pieces: impl Stream<Item = anyhow::Result<Bytes>> + Send + 'static,
) -> impl Stream<Item = anyhow::Result<Bytes>> + Send + 'static {
    pieces.inspect_err(|error| tracing::error!("exporting usage: {error:#}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_that_ends_a_range_is_in_it() {
        let at = |text, ends| moment("x", text, ends).map(OffsetDateTime::unix_timestamp);
        assert_eq!(at("2026-01-01", false), Ok(1_767_225_600));
        assert_eq!(at("2026-01-01", true), Ok(1_767_225_600 + 86_400));
        assert_eq!(at("2026-01-01T01:00:00+01:00", true), Ok(1_767_225_600));
        assert!(at("yesterday", true).is_err());
    }
}
