//! `subscriptions/listen`: tells a client when its lists change, for as long as it listens and its credential works.

use super::admission::{authenticate, presented};
use super::dispatch::{Answer, Exchange};
use super::endpoint::Shared;
use super::lists::visible;
use super::reply::{self, Failure};
use super::streaming;
use api_types::{CredentialId, TenantId};
use domain::changes::What;
use domain::credentials::Principal;
use domain::toolkits::{ListChanged, Name, Toolkit};
use futures::{StreamExt as _, stream};
use http::{HeaderValue, StatusCode, header};
use mcp_wire::reply::{Extras, result};
use mcp_wire::{Era, Fault, Id};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json, value::RawValue};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::broadcast;
use tokio::time::Interval;
use tokio_stream::wrappers::BroadcastStream;

/// What is revoked hears nothing more after this.
const CHECK: Duration = Duration::from_secs(2);

/// Streams that one key or grant may have open at once, on this server.
const STREAMS_OF_ONE: usize = 32;

/// What a client wants to hear of, and of that what we tell.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
struct Filter {
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    tools_list_changed: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    prompts_list_changed: bool,
}

/// Opens the stream.
pub(super) fn listen(exchange: &Exchange<'_>) -> Answer {
    let filter = filter(exchange)?;
    if !exchange.streams {
        let message = "subscriptions/listen needs a client that accepts text/event-stream";
        return Err(reply::refused(StatusCode::NOT_ACCEPTABLE, message));
    }
    let endpoint = exchange.endpoint;
    let Some(place) = Place::take(endpoint, exchange.principal().credential) else {
        let message = "this credential has too many streams open";
        return Err(reply::refused(StatusCode::TOO_MANY_REQUESTS, message));
    };
    // Subscribed before the acknowledgement: what changes after it is heard.
    let subscription = Subscription {
        changes: changes(exchange),
        tools: tools(endpoint, exchange.principal()),
        check: tokio::time::interval(CHECK),
        tenant: exchange.principal().tenant(),
        authorization: exchange.caller.headers.get(header::AUTHORIZATION).cloned(),
        slug: exchange.caller.slug.clone(),
        id: exchange.id.as_raw().to_owned(),
        filter,
        place,
    };
    let acknowledged = subscription.notify(
        "notifications/subscriptions/acknowledged",
        Some(("notifications", json!(filter))),
    );
    let rest = stream::unfold(Some(subscription), |subscription| async move {
        let mut subscription = subscription?;
        match subscription.next().await {
            Some(message) => Some((message, Some(subscription))),
            None => subscription.farewell().map(|message| (message, None)),
        }
    });
    Ok(streaming::stream(
        stream::once(async { acknowledged }).chain(rest),
    ))
}

/// The part of the wishes that this build can meet.
fn filter(exchange: &Exchange<'_>) -> Result<Filter, Failure> {
    let wrong = || {
        exchange.fault(Fault::invalid_params(
            "notifications must be a filter object",
        ))
    };
    let wanted = exchange.params.notifications.ok_or_else(wrong)?;
    let wanted: Filter = serde_json::from_str(wanted.get()).map_err(|_| wrong())?;
    let has_prompts = super::lists::has_prompts(exchange.toolkits());
    Ok(Filter {
        prompts_list_changed: wanted.prompts_list_changed && has_prompts,
        ..wanted
    })
}

/// What may have changed.
enum Change {
    /// Switches, keys or grants of a tenant.
    Tenant(TenantId),
    /// A list of a toolkit itself.
    List(ListChanged),
    /// Something was missed.
    Unknown,
}

type Changes = stream::SelectAll<stream::BoxStream<'static, Change>>;

fn changes(exchange: &Exchange<'_>) -> Changes {
    let services = &exchange.endpoint.state.services;
    let tenants =
        BroadcastStream::new(services.changes.subscribe()).filter_map(
            async |change| match change {
                Ok((tenant, What::Tools)) => Some(Change::Tenant(tenant)),
                Ok(_) => None,
                Err(_) => Some(Change::Unknown),
            },
        );
    let lists = exchange
        .open_toolkits()
        .filter_map(Toolkit::list_changes)
        .map(own_lists);
    stream::select_all([tenants.boxed()].into_iter().chain(lists))
}

fn own_lists(receiver: broadcast::Receiver<ListChanged>) -> stream::BoxStream<'static, Change> {
    let lists =
        BroadcastStream::new(receiver).map(|list| list.map_or(Change::Unknown, Change::List));
    lists.boxed()
}

fn tools(endpoint: &Shared, principal: &Principal) -> Vec<Name> {
    visible(&endpoint.state.services.toolkits, principal)
        .map(|tool| tool.spec.name.clone())
        .collect()
}

/// One open stream.
struct Subscription {
    changes: Changes,
    /// The tools that the client was last able to see.
    tools: Vec<Name>,
    check: Interval,
    tenant: TenantId,
    /// What the credential stands in, to ask again whether it still works.
    authorization: Option<HeaderValue>,
    slug: Option<String>,
    id: Box<RawValue>,
    filter: Filter,
    place: Place,
}

impl Subscription {
    /// The next message; none, when the credential no longer works or the server stops.
    async fn next(&mut self) -> Option<String> {
        let endpoint = self.place.endpoint.clone();
        loop {
            let change = tokio::select! {
                biased;
                () = endpoint.state.shutdown.cancelled() => return None,
                _ = self.check.tick() => Change::Unknown,
                Some(change) = self.changes.next() => change,
            };
            match change {
                Change::List(list) => {
                    if let Some(message) = self.tell(list) {
                        return Some(message);
                    }
                }
                Change::Tenant(tenant) if tenant != self.tenant => {}
                Change::Tenant(_) | Change::Unknown => {
                    if self.tools_changed(&endpoint).await?
                        && let Some(message) = self.tell(ListChanged::Tools)
                    {
                        return Some(message);
                    }
                }
            }
        }
    }

    /// Looks at the credential afresh: none, if it no longer works.
    async fn tools_changed(&mut self, endpoint: &Shared) -> Option<bool> {
        let services = &endpoint.state.services;
        let shown = presented(self.authorization.as_ref()?)?;
        // While the database is away nobody can tell; the next look will.
        let Ok(found) = authenticate(services, &shown).await else {
            return Some(false);
        };
        let principal = found?;
        if principal.suspended || !principal.is_at(self.slug.as_deref()) {
            return None;
        }
        let now = tools(endpoint, &principal);
        let changed = now != self.tools;
        self.tools = now;
        Some(changed)
    }

    /// The notification, if the client wants it.
    fn tell(&self, list: ListChanged) -> Option<String> {
        let (wanted, method) = match list {
            ListChanged::Tools => (
                self.filter.tools_list_changed,
                "notifications/tools/list_changed",
            ),
            ListChanged::Prompts => (
                self.filter.prompts_list_changed,
                "notifications/prompts/list_changed",
            ),
        };
        wanted.then(|| self.notify(method, None))
    }

    /// Every message of the stream says which subscription it is of.
    fn notify(&self, method: &str, member: Option<(&str, Value)>) -> String {
        let mut params = json!({ "_meta": self.meta() });
        if let Some((name, value)) = member {
            params[name] = value;
        }
        json!({ "jsonrpc": "2.0", "method": method, "params": params }).to_string()
    }

    fn meta(&self) -> Value {
        json!({ "io.modelcontextprotocol/subscriptionId": self.id })
    }

    /// The response to the request, which ends the subscription in order.
    fn farewell(&self) -> Option<String> {
        let meta = serde_json::value::to_raw_value(&self.meta()).ok()?;
        let extras = Extras {
            result_type: "complete",
            meta: Some(&meta),
            ttl_ms: None,
        };
        let body = result(Era::Modern, Id::known(&self.id), json!({}), extras).ok()?;
        String::from_utf8(body).ok()
    }
}

/// How many streams each credential has open on this server.
#[derive(Default)]
pub(super) struct Listeners(Mutex<HashMap<CredentialId, usize>>);

/// One of the streams of a credential; given back when dropped.
struct Place {
    endpoint: Arc<Shared>,
    credential: CredentialId,
}

impl Place {
    fn take(endpoint: &Arc<Shared>, credential: CredentialId) -> Option<Self> {
        let mut open = endpoint
            .listeners
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let streams = open.entry(credential).or_default();
        if *streams >= STREAMS_OF_ONE {
            return None;
        }
        *streams += 1;
        Some(Self {
            endpoint: endpoint.clone(),
            credential,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self
            .endpoint
            .listeners
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(streams) = open.get_mut(&self.credential) {
            *streams -= 1;
            if *streams == 0 {
                open.remove(&self.credential);
            }
        }
    }
}
