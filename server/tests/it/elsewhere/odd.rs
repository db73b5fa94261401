//! Answers that services ought not to give.

use super::stub::Stub;
use axum::{
    Json,
    body::{Body, Bytes},
    http::{HeaderName, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use futures::stream;
use serde_json::json;
use std::{io, time::Duration};

/// 50 MiB.
pub const LARGE: usize = 50 << 20;

/// The answer that is asked for by its name.
pub async fn answer(stub: &Stub, how: &str) -> Response {
    let told = |status: StatusCode| (status, Json(json!({ "message": "not today" })));
    match how {
        "limited" => (
            [(header::RETRY_AFTER, "3")],
            told(StatusCode::TOO_MANY_REQUESTS),
        )
            .into_response(),
        "broken" => told(StatusCode::INTERNAL_SERVER_ERROR).into_response(),
        "down" => told(StatusCode::SERVICE_UNAVAILABLE).into_response(),
        "refused" => told(StatusCode::UNAUTHORIZED).into_response(),
        "forbidden" => told(StatusCode::FORBIDDEN).into_response(),
        "led-away" => {
            let to = (header::LOCATION, "http://127.0.0.1:9/elsewhere");
            (StatusCode::SEE_OTHER, [to]).into_response()
        }
        "slow" => {
            tokio::time::sleep(Duration::from_secs(1)).await;
            Json(json!({ "at": "last" })).into_response()
        }
        "hanging" => std::future::pending().await,
        "endless" => long(stub, &[], b"[".to_vec(), vec![b' '; 64 << 10]),
        "large" => {
            let length = (header::CONTENT_LENGTH, LARGE.to_string());
            long(stub, &[length], b"[".to_vec(), vec![b' '; 64 << 10])
        }
        "packed" => {
            let packed = (header::CONTENT_ENCODING, "gzip".to_owned());
            let (first, again) = zeros();
            long(stub, &[packed], first, again)
        }
        "garbled" => "{\"half\": ".into_response(),
        _ => broken_off(),
    }
}

/// An answer whose connection ends in its middle.
pub fn broken_off() -> Response {
    let begun = Ok(Bytes::from_static(b"{\"half\": "));
    let body = stream::iter([begun, Err(io::Error::other("the end"))]);
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (kind, Body::from_stream(body)).into_response()
}

/// The first, and then the second again and again.
fn long(stub: &Stub, headers: &[(HeaderName, String)], first: Vec<u8>, again: Vec<u8>) -> Response {
    let (stub, again) = (stub.clone(), Bytes::from(again));
    let pieces = stream::unfold(Some(Bytes::from(first)), move |first| {
        let piece = first.unwrap_or_else(|| again.clone());
        stub.gave(piece.len());
        async move { Some((Ok::<_, io::Error>(piece), None)) }
    });
    let mut answer = Body::from_stream(pieces).into_response();
    let kind = (header::CONTENT_TYPE, "application/json".to_owned());
    for (name, value) in headers.iter().chain([&kind]) {
        answer
            .headers_mut()
            .insert(name, value.parse().expect("a value"));
    }
    answer
}

/// A gzip file (RFC 1952) of zeros that never ends: its beginning, and what follows again and again. 13 bytes of it
/// unpack to 2,064.
fn zeros() -> (Vec<u8>, Vec<u8>) {
    // RFC 1951: not the last block, fixed codes, the byte 0; then 258 bytes from one before, as 13 bits.
    let mut bits = vec![0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0];
    while bits.len() < 8 * 39 {
        bits.extend([1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0]);
    }
    let byte = |bits: &[u8]| bits.iter().rev().fold(0, |byte, bit| byte << 1 | bit);
    let bytes: Vec<u8> = bits.chunks_exact(8).map(byte).collect();
    let head = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    (
        [&head[..], &bytes[..26]].concat(),
        bytes[26..39].repeat(100),
    )
}
