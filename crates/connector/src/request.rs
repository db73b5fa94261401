//! From arguments to a request.

use crate::arguments::{self, Values};
use crate::body::Draft;
use crate::query::{self, escape};
use crate::{Account, Api, Input, Method, Operation, Placement, Provider, Wrong, address};
use crate::{pagination, path};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;
use url::Url;

/// A request. Its `Debug` shows neither values of headers nor the query, as secrets stand there.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// How.
    pub method: Method,
    /// Where.
    pub url: Url,
    /// Names in lower case; without the body's content type.
    pub headers: Vec<(String, String)>,
    /// The content type and the bytes.
    pub body: Option<(String, Vec<u8>)>,
}

impl fmt::Debug for Request {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut url = self.url.clone();
        url.set_query(None);
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        out.debug_struct("Request")
            .field("method", &self.method)
            .field("url", &url.as_str())
            .field("headers", &names)
            .field(
                "body",
                &self.body.as_ref().map(|(kind, bytes)| (kind, bytes.len())),
            )
            .finish()
    }
}

impl Operation {
    /// The request of a call, but for the secret. Names what is wrong with the arguments.
    pub fn request(
        &self,
        base: &Url,
        api: &Api,
        arguments: &Map<String, Value>,
    ) -> Result<Request, Wrong> {
        let values = arguments::read(self, arguments)?;
        let mut draft = Draft::new(self.url(base, &values)?);
        start(&mut draft, api, self.file);
        for (input, value) in &values {
            draft
                .place(self, input, value)
                .map_err(|wrong| wrong.at(&input.name))?;
        }
        for (name, value) in &self.fixed {
            match name.strip_prefix("query:") {
                Some(name) => query::replace(&mut draft.query, name, text(value)?),
                None => path::write(&mut draft.body, name, value.clone())?,
            }
        }
        if self.pagination.is_some()
            && let Some(page) = arguments.get("page").filter(|page| !page.is_null())
        {
            pagination::apply(self, api, &mut draft, page)?;
        }
        draft.finish(self)
    }

    /// Where the request goes: to the base, or to the other host that the operation itself names.
    fn url(&self, base: &Url, values: &Values) -> Result<Url, Wrong> {
        let (start, template) = match whole(&self.path) {
            Some((origin, template)) => (address::web_url(origin, true)?, template),
            None => (base.clone(), self.path.as_str()),
        };
        let mut segments = Vec::new();
        for segment in template.split('/') {
            segments.push(fill(segment, values)?);
        }
        let path = format!(
            "{}{}",
            start.path().trim_end_matches('/'),
            segments.join("/")
        );
        let path = if path.is_empty() { "/" } else { &path };
        let mut url = start;
        url.set_query(None);
        url.set_fragment(None);
        url.set_path(path);
        // Whatever a parser of addresses makes of dots, backslashes and the like: it is not what was meant.
        if url.path() == path {
            Ok(url)
        } else {
            Err(Wrong::new(
                "its path would be read differently than it is written",
            ))
        }
    }
}

/// The origin and the path of a whole address.
pub(crate) fn whole(path: &str) -> Option<(&str, &str)> {
    let after = path
        .strip_prefix("https://")
        .or_else(|| path.strip_prefix("http://"))?;
    let scheme = path.len() - after.len();
    let end = after.find('/').unwrap_or(after.len());
    Some(path.split_at(scheme + end))
}

/// One segment with its inputs filled in.
fn fill(segment: &str, values: &Values) -> Result<String, Wrong> {
    let mut filled = String::new();
    let mut rest = segment;
    while let Some((before, word)) = rest.split_once('{') {
        let (name, after) = word.split_once('}').unwrap_or((word, ""));
        let is_it = |(input, _): &&(&Input, Value)| input.is_word(name);
        let value = values.iter().find(is_it).map(|(_, value)| text(value));
        let value = value.ok_or_else(|| Wrong::new(format!("{name} is missing")))?;
        let value = value.map_err(|wrong| wrong.at(name))?;
        if value.is_empty() {
            return Err(Wrong::new(format!("{name} must not be empty")));
        }
        filled.push_str(before);
        filled.push_str(&escape(&value));
        rest = after;
    }
    if rest.len() < segment.len() && matches!(filled.as_str(), "." | "..") && rest.is_empty() {
        return Err(Wrong::new("a part of a path must not be . or .."));
    }
    filled.push_str(rest);
    Ok(filled)
}

/// A plain value as text.
pub(crate) fn text(value: &Value) -> Result<String, Wrong> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        Value::Array(list) => {
            let all: Result<Vec<_>, _> = list.iter().map(text).collect();
            Ok(all?.join(","))
        }
        _ => Err(Wrong::new("it must be text, a number or a boolean")),
    }
}

/// What every request of an API has.
fn start(draft: &mut Draft, api: &Api, is_file: bool) {
    let accept = if is_file { "*/*" } else { "application/json" };
    draft.headers.push(("accept".into(), accept.into()));
    for (name, value) in &api.headers {
        set_header(&mut draft.headers, name, value.clone());
    }
    for (name, value) in &api.query {
        query::replace(&mut draft.query, name, value.clone());
    }
}

/// Gives a header this value alone.
pub(crate) fn set_header(headers: &mut Vec<(String, String)>, name: &str, value: String) {
    headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
    headers.push((name.to_ascii_lowercase(), value));
}

impl Placement {
    /// Puts the secret into the header or into the query. Control characters, which no secret has, are left out.
    pub fn apply(&self, request: &mut Request, secret: &str) {
        let secret: String = secret.chars().filter(|c| !c.is_control()).collect();
        match self {
            Self::Header { name, prefix } => {
                set_header(&mut request.headers, name, format!("{prefix}{secret}"));
            }
            Self::Query { name } => {
                let mut pairs = query::pairs(&request.url);
                query::replace(&mut pairs, name, secret);
                query::set_pairs(&mut request.url, &pairs);
            }
        }
    }
}

impl Provider {
    /// The request that asks whose account it is, but for the secret; None if the provider does not tell.
    pub fn account_request(
        &self,
        words: &BTreeMap<String, String>,
    ) -> Option<Result<Request, Wrong>> {
        let account = self.api.account.as_ref()?;
        Some(self.ask_for(account, words))
    }

    fn ask_for(
        &self,
        account: &Account,
        words: &BTreeMap<String, String>,
    ) -> Result<Request, Wrong> {
        let template = match whole(&account.path) {
            Some(_) => account.path.clone(),
            None => format!("{}{}", self.api.base.trim_end_matches('/'), account.path),
        };
        let url = self.address(&template, words)?;
        let mut draft = Draft::new(url.clone());
        draft.query = query::pairs(&url);
        start(&mut draft, &self.api, false);
        query::set_pairs(&mut draft.url, &draft.query);
        let body = account.body.as_ref();
        Ok(Request {
            method: if account.method == "POST" {
                Method::Post
            } else {
                Method::Get
            },
            url: draft.url,
            headers: draft.headers,
            body: body.map(|body| ("application/json".into(), body.clone().into_bytes())),
        })
    }

    /// The name of the account, in the answer to that.
    pub fn account_label(&self, body: &[u8]) -> Option<String> {
        let account = self.api.account.as_ref()?;
        let answer: Value = serde_json::from_slice(body).ok()?;
        let label = account
            .label_at
            .iter()
            .find_map(|at| path::read_text(&answer, at))?;
        Some(crate::problem::plain(&label, 200))
    }
}
