//! Answers as bytes. Results are serialised straight into the response, parts that never change are spliced in.

use crate::{Era, Fault, Id};
use serde::Serialize;
use serde_json::value::RawValue;

/// What a result says beyond its own content. Clients of the handshake know `_meta` alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct Extras<'a> {
    /// `complete` or `input_required`.
    pub result_type: &'static str,
    /// `_meta`, as JSON.
    pub meta: Option<&'a RawValue>,
    /// For how many milliseconds the client may keep the result.
    pub ttl_ms: Option<u64>,
}

/// A result as a modern client wants it: with its type, who made it and how long it keeps.
#[derive(Serialize)]
struct Modern<'a, T> {
    #[serde(rename = "resultType")]
    result_type: &'static str,
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    meta: Option<&'a RawValue>,
    #[serde(rename = "ttlMs", skip_serializing_if = "Option::is_none")]
    ttl_ms: Option<u64>,
    /// What a tenant sees is its own.
    #[serde(rename = "cacheScope", skip_serializing_if = "Option::is_none")]
    cache_scope: Option<&'static str>,
    #[serde(flatten)]
    content: T,
}

/// A result of the handshake's revisions that has `_meta`.
#[derive(Serialize)]
struct Legacy<'a, T> {
    #[serde(rename = "_meta")]
    meta: &'a RawValue,
    #[serde(flatten)]
    content: T,
}

/// The response that carries a result.
pub fn result<T: Serialize>(
    era: Era,
    id: Id<'_>,
    content: T,
    extras: Extras<'_>,
) -> serde_json::Result<Vec<u8>> {
    let mut out = begin(Some(id), "result");
    match era {
        Era::Legacy(_) => match extras.meta {
            None => serde_json::to_writer(&mut out, &content)?,
            Some(meta) => serde_json::to_writer(&mut out, &Legacy { meta, content })?,
        },
        Era::Modern => serde_json::to_writer(
            &mut out,
            &Modern {
                result_type: extras.result_type,
                meta: extras.meta,
                ttl_ms: extras.ttl_ms,
                cache_scope: extras.ttl_ms.map(|_| "private"),
                content,
            },
        )?,
    }
    out.push(b'}');
    Ok(out)
}

/// The response that carries a fault. The id is left out if it could not be read.
pub fn fault(id: Option<Id<'_>>, fault: &Fault) -> Vec<u8> {
    let mut out = begin(id, "error");
    if serde_json::to_writer(&mut out, fault).is_err() {
        // A fault is plain data; this cannot be reached, and half an answer must not leave.
        return br#"{"jsonrpc":"2.0","error":{"code":-32603,"message":"Internal error"}}"#.to_vec();
    }
    out.push(b'}');
    out
}

/// What a response to this request says, without saying to which: from its `result` or `error` on.
pub fn without_id<'a>(id: Id<'_>, response: &'a [u8]) -> Option<&'a [u8]> {
    response.strip_prefix(head(Some(id)).as_slice())
}

/// The same as the response to another request.
pub fn to_another(id: Id<'_>, said: &[u8]) -> Vec<u8> {
    let mut out = head(Some(id));
    out.extend_from_slice(said);
    out
}

fn begin(id: Option<Id<'_>>, member: &str) -> Vec<u8> {
    let mut out = head(id);
    out.push(b'"');
    out.extend_from_slice(member.as_bytes());
    out.extend_from_slice(br#"":"#);
    out
}

fn head(id: Option<Id<'_>>) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    out.extend_from_slice(br#"{"jsonrpc":"2.0","#);
    if let Some(id) = id {
        out.extend_from_slice(br#""id":"#);
        out.extend_from_slice(id.as_json().as_bytes());
        out.push(b',');
    }
    out
}
