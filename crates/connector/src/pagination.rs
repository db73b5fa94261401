//! Pages. What a tool gives as `next_page` is opaque to whoever calls, and comes back from anybody: it sets what the
//! pagination names, or what a provider's own link to the next page changed in the query, and nothing else. Where a
//! request goes, and how, is the operation's business alone.

use crate::body::Draft;
use crate::{Answer, Api, Input, Operation, Pagination, Place, Request, Wrong, path, query};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::form_urlencoded;

/// The longest page, in bytes.
const LONGEST: usize = 8000;

/// What is in a page.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Next {
    /// A cursor, or the last item's id.
    At(Value),
    /// The number of the page, or how many come before.
    Number(u64),
    /// What a link changed.
    Link {
        /// In the query.
        query: Vec<(String, String)>,
        /// Below the operation's path.
        below: Option<String>,
    },
}

impl Pagination {
    /// The parameter that is set.
    pub(crate) fn send(&self) -> Option<&str> {
        match self {
            Self::Link | Self::NextUrl { .. } => None,
            Self::Cursor { send, .. }
            | Self::Page { send, .. }
            | Self::Offset { send, .. }
            | Self::After { send, .. } => Some(send),
        }
    }
}

/// Makes a request ask for this page.
pub(crate) fn apply(
    operation: &Operation,
    api: &Api,
    draft: &mut Draft,
    page: &Value,
) -> Result<(), Wrong> {
    let strange = || Wrong::new("page must be the next_page of an answer of this tool");
    let next = page.as_str().and_then(decode).ok_or_else(strange)?;
    let pagination = operation.pagination.as_ref().ok_or_else(strange)?;
    match (pagination, next) {
        (Pagination::Link | Pagination::NextUrl { .. }, Next::Link { query, below }) => {
            let fixed = operation
                .fixed
                .iter()
                .filter_map(|(name, _)| name.strip_prefix("query:"));
            let mut ours = fixed.chain(api.query.keys().map(String::as_str));
            if ours.any(|name| query.iter().any(|(set, _)| set == name)) {
                return Err(strange());
            }
            draft
                .query
                .retain(|(name, _)| !query.iter().any(|(set, _)| set == name));
            draft.query.extend(query);
            match below {
                Some(below) if is_below(&below) => {
                    let path = format!("{}/{below}", draft.url.path());
                    draft.url.set_path(&path);
                    Ok(())
                }
                Some(_) => Err(strange()),
                None => Ok(()),
            }
        }
        (Pagination::Page { send, .. } | Pagination::Offset { send, .. }, Next::Number(number)) => {
            set(draft, send, number.into())
        }
        (
            Pagination::Cursor { send, .. } | Pagination::After { send, .. },
            Next::At(at @ (Value::String(_) | Value::Number(_))),
        ) => set(draft, send, at),
        _ => Err(strange()),
    }
}

fn set(draft: &mut Draft, send: &str, value: Value) -> Result<(), Wrong> {
    if let Some(path) = send.strip_prefix("body:") {
        return path::write(&mut draft.body, path, value);
    }
    query::replace(&mut draft.query, send, crate::request::text(&value)?);
    Ok(())
}

fn decode(page: &str) -> Option<Next> {
    if page.len() > LONGEST {
        return None;
    }
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(page).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// Plain segments, none of which leads upwards.
fn is_below(path: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~');
    let is_plain = |segment: &str| {
        !matches!(segment, "" | "." | "..") && segment.len() <= 200 && segment.bytes().all(plain)
    };
    path.split('/').all(is_plain)
}

/// The page after this answer. `items` are its items before anything was cut from them.
pub(crate) fn next(
    operation: &Operation,
    asked: &Request,
    answer: &Answer,
    json: &Value,
    items: &[Value],
) -> Option<String> {
    let next = match operation.pagination.as_ref()? {
        Pagination::Link => link(asked, &link_header(answer.headers)?)?,
        Pagination::NextUrl { read } => link(asked, path::read(json, read)?.as_str()?)?,
        Pagination::Cursor { read, .. } => {
            let at = path::read(json, read)?;
            let is_last = is_last(json, read) || at == "" || !(at.is_string() || at.is_number());
            (!is_last).then(|| Next::At(at.clone()))?
        }
        Pagination::Page { send, first, size } => {
            let at = asked_number(operation, asked, send).unwrap_or(u64::from(*first));
            is_full(operation, asked, size, items).then_some(Next::Number(at.checked_add(1)?))?
        }
        Pagination::Offset { send, size } => {
            let at = asked_number(operation, asked, send).unwrap_or(0);
            let next = at.checked_add(items.len() as u64)?;
            is_full(operation, asked, size, items).then_some(Next::Number(next))?
        }
        Pagination::After { read, more, .. } => {
            let more = more
                .as_ref()
                .map(|more| path::read(json, more) == Some(&Value::Bool(true)));
            let at = path::read(items.last()?, read)?;
            let is_id = at.is_string() || at.is_number();
            let goes_on = more.unwrap_or_else(|| is_full(operation, asked, "limit", items));
            (is_id && goes_on).then(|| Next::At(at.clone()))?
        }
    };
    let page = BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(&next).ok()?);
    (page.len() <= LONGEST).then_some(page)
}

/// A cursor of the last page is often there nevertheless, and a member beside it tells.
fn is_last(json: &Value, read: &str) -> bool {
    let (parent, _) = read.rsplit_once('.').unwrap_or_default();
    let beside = path::read(json, parent);
    ["hasNextPage", "has_next_page", "has_more", "hasMore"]
        .iter()
        .any(|name| beside.and_then(|beside| beside.get(name)) == Some(&Value::Bool(false)))
}

/// Whether there are as many items as were asked for; any at all, where that is not known.
fn is_full(operation: &Operation, asked: &Request, size: &str, items: &[Value]) -> bool {
    let input = operation.inputs.iter().find(|input| input.name == size);
    let asked = input.and_then(|input| {
        let given = match input.place {
            Place::Body => asked_number(operation, asked, &format!("body:{}", input.sent())),
            _ => asked_number(operation, asked, input.sent()),
        };
        given.or_else(|| input.default.as_ref()?.as_u64())
    });
    !items.is_empty() && asked.is_none_or(|size| items.len() as u64 >= size)
}

/// The number that this parameter had.
fn asked_number(operation: &Operation, asked: &Request, send: &str) -> Option<u64> {
    let Some(way) = send.strip_prefix("body:") else {
        let (_, value) = asked.url.query_pairs().find(|(name, _)| name == send)?;
        return value.parse().ok();
    };
    let (kind, bytes) = asked.body.as_ref()?;
    if kind.contains("form") {
        let (_, value) = form_urlencoded::parse(bytes).find(|(name, _)| name == way)?;
        return value.parse().ok();
    }
    let body: Value = serde_json::from_slice(bytes).ok()?;
    let of = if operation.graphql.is_some() {
        "variables"
    } else {
        ""
    };
    path::read(path::read(&body, of)?, way)?.as_u64()
}

/// What a link changes. What it repeats, which may be a secret, is not told.
fn link(asked: &Request, link: &str) -> Option<Next> {
    let next = asked.url.join(link).ok()?;
    if next.origin() != asked.url.origin() {
        return None;
    }
    let known = query::pairs(&asked.url);
    let mut query = query::pairs(&next);
    query.retain(|pair| !known.contains(pair));
    let below = next.path().strip_prefix(asked.url.path());
    let below = below
        .and_then(|rest| rest.strip_prefix('/'))
        .filter(|rest| is_below(rest));
    (below.is_some() || !query.is_empty()).then(|| Next::Link {
        query,
        below: below.map(str::to_owned),
    })
}

/// The address of `rel="next"` (RFC 8288).
fn link_header(headers: &[(String, String)]) -> Option<String> {
    let links = headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("link"));
    let mut all = links.flat_map(|(_, value)| value.split('<').skip(1));
    all.find_map(|link| {
        let (address, parameters) = link.split_once('>')?;
        let parameters = parameters.to_ascii_lowercase();
        let is_next = parameters.split([';', ',']).any(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap_or_default();
            let mut relations = value.trim().trim_matches('"').split_ascii_whitespace();
            name.trim() == "rel" && relations.any(|relation| relation == "next")
        });
        // Sentry always has a next page, and says that it is empty.
        let is_empty = parameters.contains("results=\"false\"");
        (is_next && !is_empty).then(|| address.trim().to_owned())
    })
}

/// Whether the input of this name can be the size of a page.
pub(crate) fn is_size(input: &Input) -> bool {
    input.kind == "integer" && matches!(input.place, Place::Query | Place::Body)
}
