//! What a service answered, as a client is told: data, a file, or what went wrong and what to do about it.

use super::{
    files,
    run::{Asker, Ended, Service},
};
use crate::{Result, connections::Live, outbound::Reply, toolkits::ToolOutput};
use anyhow::Context as _;
use connector::{Answer, Operation, Request};
use serde_json::Value;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A text that a model reads at once. What is longer becomes a file, of which it can read as much as it needs.
const LONGEST_TEXT: usize = 64 * 1024;

/// How much of a long text is told beside the file.
const BEGINNING: usize = 4 * 1024;

/// Without a word of when, a service that has had enough is left alone for so long.
const REST: Duration = Duration::from_secs(30);

/// How the call ended.
pub(super) async fn ended(
    asker: &Asker<'_>,
    service: &Service<'_>,
    operation: &Operation,
    sent: &Request,
    live: Option<&Live>,
    mut reply: Reply,
) -> Result<Ended> {
    if let Some(live) = live {
        reply.body = live.without_secrets(reply.body);
    }
    let used = live.map(|live| live.id);
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    rest(asker, service, &reply, now.as_secs());
    if connector::is_refusal(service.api, reply.status, &reply.body) {
        let told = refusal(service, operation, live, &reply, now.as_secs());
        return Ok(Ended::Failed(told, used));
    }
    if (300..400).contains(&reply.status) && reply.header("location").is_some() {
        return Ok(Ended::Failed(led_away(service, operation, &reply), used));
    }
    if operation.file || is_binary(&reply) {
        let output = files::keep(asker, service, operation, &reply).await?;
        return Ok(Ended::Done(output, used));
    }
    let answer = Answer {
        status: reply.status,
        headers: &reply.headers,
        body: &reply.body,
    };
    match operation.result(sent, &answer) {
        Ok(output) => {
            let output = told(asker, service, operation, output.data).await?;
            Ok(Ended::Done(output, used))
        }
        Err(wrong) => {
            let told = format!("{}: the answer could not be read: {wrong}.", service.name);
            Ok(Ended::Failed(told, used))
        }
    }
}

/// Data as text and, where the tool says of what form it is, as data too.
async fn told(
    asker: &Asker<'_>,
    service: &Service<'_>,
    operation: &Operation,
    data: Value,
) -> Result<ToolOutput> {
    let text = match &data {
        Value::String(text) => text.clone(),
        Value::Null => "Done.".into(),
        data => serde_json::to_string(data).context("writing a tool's data")?,
    };
    if text.len() > LONGEST_TEXT {
        let beginning = beginning_of(&text);
        return files::keep_text(asker, service, operation, text.into_bytes(), beginning).await;
    }
    if operation.output_schema().is_some() {
        return ToolOutput::structured(text, &data);
    }
    Ok(ToolOutput::text(text))
}

fn beginning_of(text: &str) -> String {
    let end = (0..=BEGINNING)
        .rev()
        .find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or_default())
        .unwrap_or_default()
        .into()
}

/// Leaves a service alone that says that it has had enough.
fn rest(asker: &Asker<'_>, service: &Service<'_>, reply: &Reply, now: u64) {
    let limit = connector::rate_limit(service.api, &reply.headers, now);
    let used_up = limit.is_some_and(|limit| limit.remaining == Some(0));
    if reply.status != 429 && !used_up {
        return;
    }
    let reset = limit.and_then(|limit| limit.reset_in);
    let wait = connector::retry_after(&reply.headers, now).or(reset);
    let wait = wait.unwrap_or(REST);
    let provider = service.provider.unwrap_or(service.toolkit);
    let outbound = &asker.services.outbound;
    outbound.told_to_wait(asker.actor.tenant(), provider, wait);
}

fn refusal(
    service: &Service<'_>,
    operation: &Operation,
    live: Option<&Live>,
    reply: &Reply,
    now: u64,
) -> String {
    let name = service.name;
    let status = connector::status(service.api, reply.status, &reply.body);
    let said = connector::problem(service.api, status, &reply.body);
    let said = said.trim_end_matches('.').to_owned();
    let said = live.map_or(said.clone(), |live| live.cleaned(&said));
    match status {
        429 => {
            let wait = connector::retry_after(&reply.headers, now).unwrap_or(REST);
            let seconds = wait.as_secs().max(1);
            format!("{name} has had enough calls for now ({said}); try again in {seconds} s.")
        }
        401 | 403 => {
            let lacks = lacking(operation, live);
            format!("{name} refused this ({status}): {said}.{lacks}")
        }
        500.. => {
            format!("{name} could not do this ({status}): {said}. Trying again later may help.")
        }
        _ => format!("{name} refused this ({status}): {said}."),
    }
}

/// Redirects within the origin were followed. Others would show the account's secret to somebody else.
fn led_away(service: &Service<'_>, operation: &Operation, reply: &Reply) -> String {
    let (name, status) = (service.name, reply.status);
    let told = format!("{name} leads to another address ({status}), where tools do not go.");
    if operation.is_repeatable() {
        return told;
    }
    format!("{told} It may have done what it was asked; look before you ask again.")
}

/// What the connection was not granted, as far as can be told. A service may know scopes that hold others, so only it
/// decides; this is a hint for the person.
fn lacking(operation: &Operation, live: Option<&Live>) -> String {
    let Some(live) = live.filter(|live| !live.scopes.is_empty()) else {
        return String::new();
    };
    let lacks = operation
        .scopes
        .iter()
        .filter(|scope| !live.scopes.contains(scope));
    let lacks: Vec<_> = lacks.map(String::as_str).collect();
    if lacks.is_empty() {
        return String::new();
    }
    format!(
        " The account \"{}\" may lack the scope {}: it can be widened on its page in Bulkhead.",
        live.label,
        lacks.join(", ")
    )
}

/// Whether it is neither JSON nor text.
fn is_binary(reply: &Reply) -> bool {
    let kind = reply.header("content-type").unwrap_or_default();
    let kind = kind
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let is_text = kind.is_empty()
        || kind.starts_with("text/")
        || kind.ends_with("json")
        || kind.ends_with("xml")
        || kind == "application/x-www-form-urlencoded";
    !is_text && !reply.body.is_empty()
}
