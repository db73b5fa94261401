//! One call at another service: whose account, the request, a refresh where the token is over, and the answer.

use super::{
    answer,
    arguments::{Schemas, check},
    specs,
};
use crate::{
    Actor, Result, Services,
    connections::{self, Live, Pick, Trouble},
    outbound::{Call, Reply, Unreachable},
    toolkits::{Answer as ToolAnswer, InputRequired, ToolCall, ToolOutput},
};
use api_types::{ConnectionId, CredentialId, Refusal, UserId, connections::ConnectionState};
use connector::{Api, Operation, Provider, Request};
use serde_json::{Map, Value, json};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use url::Url;
use uuid::Uuid;

/// Shorter than a call of a tool may take, so that there is still time to say what happened.
const DEADLINE: Duration = Duration::from_secs(27);

/// What a service may answer. Files are larger than data.
const MOST_DATA: usize = 8 * 1024 * 1024;
const MOST_FILE: usize = 24 * 1024 * 1024;

/// What is called.
pub(crate) struct Service<'a> {
    /// The toolkit's name.
    pub(crate) toolkit: &'a str,
    /// What people call it.
    pub(crate) name: &'a str,
    /// Whose connections are used; none: it is called without any.
    pub(crate) provider: Option<&'a str>,
    /// How its API is spoken to.
    pub(crate) api: &'a Api,
    /// Where its paths begin, where not where the provider's do.
    pub(crate) base: Option<&'a Url>,
    /// What arguments are checked with.
    pub(crate) schemas: &'a Schemas,
}

impl<'a> Service<'a> {
    /// A provider's own API.
    pub(crate) fn of_provider(provider: &'a Provider, schemas: &'a Schemas) -> Self {
        Self {
            toolkit: &provider.id,
            name: &provider.name,
            provider: Some(&provider.id),
            api: &provider.api,
            base: None,
            schemas,
        }
    }
}

/// Who asks: a client by a tool, or a person who tries one.
#[derive(Clone, Copy)]
pub(super) struct Asker<'a> {
    pub services: &'a Services,
    pub actor: &'a Actor,
    /// Whose personal connections may be used.
    pub user: Option<UserId>,
    /// To whom files are given.
    pub credential: CredentialId,
}

/// How a call ended that did not break.
pub(super) enum Ended {
    /// It did what it should, with this account.
    Done(ToolOutput, Option<ConnectionId>),
    /// Nobody has connected an account yet.
    NotConnected { url: String },
    /// It did not, and this says what to do.
    Failed(String, Option<ConnectionId>),
}

/// Calls a service for a client.
pub(crate) async fn call(
    service: &Service<'_>,
    operation: &Operation,
    asked: &ToolCall<'_>,
) -> Result<ToolAnswer<ToolOutput>> {
    let (context, arguments) = (asked.context, asked.arguments::<Map<String, Value>>()?);
    let asker = Asker {
        services: &context.services,
        actor: context.actor(),
        user: context.principal.person(),
        credential: context.principal.credential,
    };
    let (output, used) = match perform(&asker, service, operation, arguments).await? {
        Ended::Done(output, used) => (output, used),
        Ended::Failed(told, used) => (ToolOutput::error(told), used),
        Ended::NotConnected { url } => return Ok(not_connected(service, asked, &url)),
    };
    if let Some(used) = used {
        context.used(used);
    }
    Ok(output.into())
}

/// Leads the client's person to the page where one connects; a client that cannot do that is told in words.
fn not_connected(service: &Service<'_>, asked: &ToolCall<'_>, url: &str) -> ToolAnswer<ToolOutput> {
    let client = &asked.context.client;
    let declared = client.capabilities.get("elicitation");
    let opens_pages = declared.is_some_and(|can| can.get("url").is_some());
    let has_asked = client.responses.contains_key("connect");
    let message = format!(
        "Connect your {} account, so that this tool can use it.",
        service.name
    );
    if opens_pages && !has_asked {
        let params = json!({
            "mode": "url",
            "elicitationId": Uuid::new_v4(),
            "url": url,
            "message": message,
        });
        let ask = InputRequired::default().ask("connect", "elicitation/create", params);
        return ToolAnswer::InputRequired(ask);
    }
    let told = format!(
        "{} is not connected yet. Ask the user to open {url} and to connect an account, then call this tool again.",
        service.name
    );
    ToolOutput::error(told).into()
}

/// Calls a service for whoever asks. Arguments that do not fit are a refusal.
pub(super) async fn perform(
    asker: &Asker<'_>,
    service: &Service<'_>,
    operation: &Operation,
    mut arguments: Map<String, Value>,
) -> Result<Ended> {
    let deadline = Instant::now() + DEADLINE;
    let wanted = wanted(operation, &mut arguments)?;
    let mut live = match account(asker, service, wanted.as_deref()).await? {
        Ok(live) => live,
        Err(ended) => return Ok(ended),
    };
    check(operation, &arguments, service.schemas)?;
    let request = prepare(service, operation, live.as_deref(), &arguments)?;
    let mut may_refresh = true;
    loop {
        if let Some(known) = live.as_ref().filter(|live| live.is_over()) {
            may_refresh = false;
            match renewed(asker, service, known, deadline).await? {
                Ok(fresh) => live = Some(fresh),
                Err(ended) => {
                    let over = || needs_attention(asker, service, known, None);
                    return Ok(ended.unwrap_or_else(over));
                }
            }
        }
        let id = live.as_ref().map(|live| live.id);
        let mut sent = request.clone();
        if let Some(live) = &live {
            live.put_into(&mut sent);
            connections::used(asker.services, asker.actor.tenant(), live.id);
        }
        let reply = match ask(asker, service, operation, &sent, deadline).await {
            Ok(reply) => reply,
            Err(why) => return Ok(Ended::Failed(unreachable(service, why), id)),
        };
        match live.take() {
            // The service no longer takes the token, whatever it said of its life.
            Some(known) if may_refresh && is_unauthorized(service, &reply) => {
                may_refresh = false;
                match renewed(asker, service, &known, deadline).await? {
                    Ok(fresh) => live = Some(fresh),
                    Err(Some(ended)) => return Ok(ended),
                    // It takes the secret elsewhere: what it refuses is this call.
                    Err(None) => {
                        let known = Some(&*known);
                        return answer::ended(asker, service, operation, &sent, known, reply).await;
                    }
                }
            }
            known => {
                let known = known.as_deref();
                return answer::ended(asker, service, operation, &sent, known, reply).await;
            }
        }
    }
}

/// The label of the account that is asked for; the argument is not the service's.
fn wanted(operation: &Operation, arguments: &mut Map<String, Value>) -> Result<Option<String>> {
    if specs::has_own_connection(operation) {
        return Ok(None);
    }
    match arguments.remove(specs::CONNECTION) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(label)) => Ok(Some(label).filter(|label| !label.trim().is_empty())),
        Some(_) => {
            Err(Refusal::invalid(specs::CONNECTION, "it must be the label of an account").into())
        }
    }
}

/// The account to use, where one is needed.
async fn account(
    asker: &Asker<'_>,
    service: &Service<'_>,
    wanted: Option<&str>,
) -> Result<std::result::Result<Option<Arc<Live>>, Ended>> {
    let Some(provider) = service.provider else {
        return Ok(Ok(None));
    };
    let (s, tenant) = (asker.services, asker.actor.tenant());
    Ok(
        match connections::pick(s, tenant, asker.user, provider, wanted).await? {
            Pick::One(live) if live.state == ConnectionState::NeedsAttention => Err(
                needs_attention(asker, service, &live, live.trouble.as_deref()),
            ),
            Pick::One(live) => Ok(Some(live)),
            Pick::Several(labels) => {
                let labels = labels.join("\", \"");
                let told = format!(
                    "There are several {} accounts: say which one with the argument connection: \"{labels}\".",
                    service.name
                );
                Err(Ended::Failed(told, None))
            }
            Pick::None => match wanted {
                Some(label) => {
                    let label = mcp_wire::clip(label);
                    let told = format!("There is no {} account called \"{label}\".", service.name);
                    Err(Ended::Failed(told, None))
                }
                None => Err(Ended::NotConnected {
                    url: page(
                        asker,
                        &match asker.user {
                            Some(user) => format!("new/{provider}?for={user}"),
                            None => format!("new/{provider}"),
                        },
                    ),
                }),
            },
        },
    )
}

fn page(asker: &Asker<'_>, path: &str) -> String {
    let (origin, slug) = (&asker.services.public_url, asker.actor.slug());
    format!("{origin}/t/{slug}/connections/{path}")
}

fn needs_attention(
    asker: &Asker<'_>,
    service: &Service<'_>,
    live: &Live,
    trouble: Option<&str>,
) -> Ended {
    let (url, label) = (page(asker, &live.id.to_string()), &live.label);
    let trouble = trouble.unwrap_or("its access has ended");
    let told = format!(
        "The {} account \"{label}\" has to be connected again: {trouble}. Ask the user to open {url}, then call this tool again.",
        service.name
    );
    Ended::Failed(told, Some(live.id))
}

/// The account with fresh tokens. Without them, how the call ends; none where there is nothing to renew, and nothing
/// wrong with the account.
async fn renewed(
    asker: &Asker<'_>,
    service: &Service<'_>,
    known: &Arc<Live>,
    deadline: Instant,
) -> Result<std::result::Result<Arc<Live>, Option<Ended>>> {
    let (s, tenant) = (asker.services, asker.actor.tenant());
    let renewed =
        connections::refreshed(s, tenant, known.id, known.tokens_version, Some(deadline)).await?;
    Ok(renewed.map_err(|trouble| match trouble {
        Trouble::Refused => None,
        Trouble::Lost(told) => Some(needs_attention(asker, service, known, Some(&told))),
        Trouble::Gone => Some(needs_attention(asker, service, known, None)),
        Trouble::Later { told, retry_after } => {
            let seconds = retry_after.as_secs().max(1);
            let told = format!(
                "{} does not renew its access just now ({told}); try again in {seconds} s.",
                service.name
            );
            Some(Ended::Failed(told, Some(known.id)))
        }
    }))
}

fn prepare(
    service: &Service<'_>,
    operation: &Operation,
    live: Option<&Live>,
    arguments: &Map<String, Value>,
) -> Result<Request> {
    let base = match (service.base, live) {
        (Some(base), Some(live)) => at_its_service(base, live),
        (Some(base), None) => Ok(base.clone()),
        (None, Some(live)) => live.provider.address(&live.provider.api.base, &live.words),
        (None, None) => Url::parse(&service.api.base)
            .map_err(|_| connector::Wrong::new("the address of the API is none")),
    };
    let base = base.map_err(|wrong| Refusal::conflict(wrong.to_string()))?;
    let request = operation.request(&base, service.api, arguments);
    Ok(request.map_err(|wrong| Refusal::invalid("arguments", wrong.to_string()))?)
}

/// The base of an imported API that is called with an account. The account's secret is shown to its own service alone:
/// whoever imports an API need not be whoever connected the account.
fn at_its_service(base: &Url, live: &Live) -> std::result::Result<Url, connector::Wrong> {
    let own = live
        .provider
        .address(&live.provider.api.base, &live.words)?;
    if own.origin() == base.origin() {
        return Ok(base.clone());
    }
    let host = own.host_str().unwrap_or_default();
    let told = format!("the account \"{}\" is used at {host} alone", live.label);
    Err(connector::Wrong::new(told))
}

async fn ask(
    asker: &Asker<'_>,
    service: &Service<'_>,
    operation: &Operation,
    request: &Request,
    deadline: Instant,
) -> std::result::Result<Reply, Unreachable> {
    let call = Call {
        tenant: asker.actor.tenant(),
        provider: service.provider.unwrap_or(service.toolkit),
        method: operation.method.as_str().parse().unwrap_or_default(),
        url: request.url.clone(),
        headers: request.headers.clone(),
        body: request.body.clone(),
        deadline,
        most_bytes: if operation.file { MOST_FILE } else { MOST_DATA },
        may_repeat: operation.is_repeatable(),
    };
    asker.services.outbound.call(call).await
}

fn is_unauthorized(service: &Service<'_>, reply: &Reply) -> bool {
    connector::status(service.api, reply.status, &reply.body) == 401
}

fn unreachable(service: &Service<'_>, why: Unreachable) -> String {
    let name = service.name;
    if why.may_have_happened() {
        return format!(
            "{name}: {why}. It is not known whether it did what it was asked; look before you ask again."
        );
    }
    format!("{name}: {why}.")
}
