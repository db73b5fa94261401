//! The API's door: whose key it is, what was asked before with the same idempotency key, what goes wrong on command,
//! and where each path leads.

use crate::{
    LIVE_KEY, Stripe, TEST_KEY,
    books::{Books, Entry, FaultKind, Kept},
    control,
    form::{self, Params},
    pages,
    problem::Problem,
};
use axum::{
    Json, Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// A page of a list has so many entries unless it is asked for more.
const PAGE: usize = 10;
const LONGEST_PAGE: usize = 100;

const A_DAY: i64 = 24 * 60 * 60;

/// What a request asks for.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) params: Params,
    pub(crate) live: bool,
}

pub(crate) async fn serve(fake: Stripe, listener: TcpListener) {
    let app = Router::new().fallback(answer).with_state(fake);
    let _ = axum::serve(listener, app).await;
}

async fn answer(State(fake): State<Stripe>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap_or_default();
    let path = parts.uri.path().to_owned();
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let method = parts.method.as_str().to_owned();
    if let Some(rest) = path.strip_prefix("/_fake/") {
        return control::answer(&fake, &method, rest, &query, &body).await;
    }
    if path.starts_with("/pay/") || path.starts_with("/portal/") {
        return pages::answer(&fake, &method, &path);
    }
    let form = if method == "GET" {
        query
    } else {
        String::from_utf8_lossy(&body).into_owned()
    };
    let mut asked = Asked {
        method,
        path,
        params: Params(form::read(&form)),
        live: false,
    };
    match fake.books().ask(&mut asked, &parts.headers, &form) {
        Some((status, replayed, body)) => spoken(status, replayed, body),
        None => broken_off(),
    }
}

fn spoken(status: u16, replayed: bool, body: Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let request = format!("req_{}", crate::books::drawn());
    let mut response = (status, [("request-id", request)], Json(body)).into_response();
    if replayed {
        let name = "idempotent-replayed";
        response
            .headers_mut()
            .insert(name, "true".parse().expect("a value"));
    }
    response
}

/// An answer that ends before it is whole.
fn broken_off() -> Response {
    let broken = Err::<Bytes, _>(std::io::Error::other("broken off"));
    Response::new(Body::from_stream(futures::stream::iter([broken])))
}

impl Books {
    /// Answers a request: status, whether it is one of before, body. None: the connection breaks off.
    fn ask(
        &mut self,
        asked: &mut Asked,
        headers: &HeaderMap,
        form: &str,
    ) -> Option<(u16, bool, Value)> {
        let header = |name: &str| headers.get(name)?.to_str().ok().map(str::to_owned);
        let live = match key(headers) {
            Some(key) if key.starts_with(TEST_KEY) => Some(false),
            Some(key) if key.starts_with(LIVE_KEY) => Some(true),
            _ => None,
        };
        let idempotency_key = header("idempotency-key").filter(|_| asked.method == "POST");
        let fault = self.fault(&asked.path);
        let (status, is_replayed, body) = match (live, fault) {
            (None, _) => refused(&Problem::unauthorized()),
            (_, Some(FaultKind::Refuse(status))) => refused(&Problem::asked_for(status)),
            (Some(live), _) => {
                asked.live = live;
                self.once(asked, idempotency_key.as_deref(), form)
            }
        };
        self.ledger.push(Entry {
            at: self.now(),
            method: asked.method.clone(),
            path: asked.path.clone(),
            params: asked.params.0.clone(),
            idempotency_key,
            version: header("stripe-version"),
            status,
            is_replayed,
        });
        (fault != Some(FaultKind::LoseAnswer)).then_some((status, is_replayed, body))
    }

    /// Does what is asked, or answers what it answered to the same key.
    fn once(&mut self, asked: &Asked, key: Option<&str>, form: &str) -> (u16, bool, Value) {
        let now = self.now();
        let request = format!("{} {form}", asked.path);
        let key = key.map(|key| (asked.live, key.to_owned()));
        if let Some(key) = &key
            && let Some(kept) = self.answers.get(key).filter(|kept| now - kept.at < A_DAY)
        {
            if kept.request != request {
                return refused(&Problem::other_idempotent_request(&key.1));
            }
            return (kept.status, true, kept.body.clone());
        }
        let (status, body) = match self.route(asked) {
            Ok(body) => (200, body),
            Err(problem) => (problem.status, problem.body()),
        };
        // What was refused before it began is not kept.
        if let Some(key) = key.filter(|_| status == 200 || status >= 402) {
            let body = body.clone();
            self.answers.insert(
                key,
                Kept {
                    at: now,
                    request,
                    status,
                    body,
                },
            );
        }
        (status, false, body)
    }

    /// What a client of the test mode asks, without its headers. The error is in the API's words.
    pub(crate) fn ask_directly(
        &mut self,
        method: &str,
        path: &str,
        form: &str,
    ) -> Result<Value, String> {
        let asked = Asked {
            method: method.into(),
            path: format!("/v1/{path}"),
            params: Params(form::read(form)),
            live: false,
        };
        self.route(&asked)
            .map_err(|problem| problem.body().to_string())
    }

    fn route(&mut self, asked: &Asked) -> Result<Value, Problem> {
        let path = asked.path.strip_prefix("/v1/").unwrap_or_default();
        let segments: Vec<&str> = path.split('/').collect();
        let way = (asked.method.as_str(), segments.as_slice());
        match segments.first().copied().unwrap_or_default() {
            "customers" | "payment_methods" => self.customers(way, asked),
            "products" | "prices" => self.catalogue(way, asked),
            "checkout" | "billing_portal" | "payment_pages" => self.checkouts(way, asked),
            "subscriptions" => self.subscriptions(way, asked),
            "invoices" | "invoiceitems" => self.invoicing(way, asked),
            "billing" => self.metering(way, asked),
            "events" => self.event_list(way, asked),
            _ => Err(unknown(asked)),
        }
    }

    /// A page of things, as lists are asked for: `limit`, `starting_after`.
    pub(crate) fn page(asked: &Asked, all: &[&Value]) -> Result<Value, Problem> {
        let limit = asked.params.number("limit").unwrap_or(PAGE as i64);
        let limit = usize::try_from(limit)
            .unwrap_or(PAGE)
            .clamp(1, LONGEST_PAGE);
        let after = match asked.params.text("starting_after") {
            None => 0,
            Some(id) => {
                let at = all.iter().position(|object| object["id"] == id);
                at.ok_or_else(|| Problem::no_such("object", id))? + 1
            }
        };
        let rest = &all[after..];
        Ok(json!({
            "object": "list",
            "url": asked.path,
            "has_more": rest.len() > limit,
            "data": rest.iter().take(limit).collect::<Vec<_>>(),
        }))
    }
}

/// A path that the fake does not know.
pub(crate) fn unknown(asked: &Asked) -> Problem {
    let (method, path) = (&asked.method, &asked.path);
    let mut problem = Problem::invalid(format!("Unrecognized request URL ({method}: {path})."));
    problem.status = 404;
    problem
}

/// The way that a request goes: its method and the parts of its path after `/v1/`.
pub(crate) type Way<'a> = (&'a str, &'a [&'a str]);

fn refused(problem: &Problem) -> (u16, bool, Value) {
    (problem.status, false, problem.body())
}

/// The key: as a bearer, or as the name of a basic log-in.
fn key(headers: &HeaderMap) -> Option<String> {
    let header = headers.get("authorization")?.to_str().ok()?;
    if let Some(key) = header.strip_prefix("Bearer ") {
        return Some(key.to_owned());
    }
    let decoded = STANDARD.decode(header.strip_prefix("Basic ")?).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    text.split(':').next().map(str::to_owned)
}
