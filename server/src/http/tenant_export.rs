//! `POST /t/{slug}/export`: everything that the tenant has, as a file, in pieces as they are read. Asked for
//! by a form, because it leaves a row in the audit log.

use super::caller::Caller;
use crate::AppState;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures::TryStreamExt as _;
use http::header;
use time::OffsetDateTime;

pub(super) async fn jsonl(
    State(state): State<AppState>,
    caller: Caller,
) -> Result<Response, super::ApiError> {
    let export = domain::tenants::begin_export(&state.services, &caller.actor).await?;
    let today = OffsetDateTime::now_utc().date();
    let name = format!("{}-{today}.jsonl", caller.actor.slug());
    // An answer that breaks off is a failed download in every browser.
    let lines = export.lines().map_err(|error| {
        let error = error.for_the_log();
        tracing::error!(error, "exporting a tenant");
        std::io::Error::other("the export broke off")
    });
    let headers = [
        (header::CONTENT_TYPE, "application/x-ndjson".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, Body::from_stream(lines)).into_response())
}
