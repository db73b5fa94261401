//! Documents: where they come from, what is in them, and what is new in a newer one.

use crate::{Result, Services, outbound::Call};
use anyhow::Context as _;
use api_types::{Refusal, TenantId, connections::ApiNews};
use connector::{
    Operation, Provider,
    openapi::{Candidate, Document, diff},
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use url::Url;

/// The largest documents in public have about 12 MB.
const MOST_BYTES: usize = 20 * 1024 * 1024;

const DEADLINE: Duration = Duration::from_secs(20);

const DIGEST: &str = "bulkhead/openapi-document/v1";

/// A document that was just obtained.
pub(super) struct Fetched {
    pub bytes: Vec<u8>,
    pub digest: [u8; 32],
    pub document: Document,
}

/// A document that was read before.
pub(crate) struct Known {
    pub(super) document: Document,
    pub(super) candidates: Vec<Candidate>,
}

/// What a document calls an operation.
pub(super) fn key(operation: &Operation) -> String {
    format!("{} {}", operation.method, operation.path)
}

/// Fetches a document, or takes the one that was given.
pub(super) async fn obtain(
    s: &Services,
    tenant: TenantId,
    source: Option<&str>,
    given: Option<String>,
) -> Result<Fetched> {
    let bytes = match (source, given) {
        (Some(source), _) => fetch(s, tenant, source).await?,
        (None, Some(given)) if !given.trim().is_empty() => given.into_bytes(),
        _ => {
            let message = "give the address of the document, or the document itself";
            return Err(Refusal::invalid("source", message).into());
        }
    };
    let field = if source.is_some() {
        "source"
    } else {
        "document"
    };
    if bytes.len() > MOST_BYTES {
        let message = format!("the document is longer than {} MiB", MOST_BYTES >> 20);
        return Err(Refusal::invalid(field, message).into());
    }
    let digest = vault::digest(DIGEST, &bytes);
    let (bytes, read) = tokio::task::spawn_blocking(move || {
        let read = Document::read(&bytes);
        (bytes, read)
    })
    .await
    .context("reading a document")?;
    let document = read.map_err(|wrong| Refusal::invalid(field, wrong.to_string()))?;
    Ok(Fetched {
        bytes,
        digest,
        document,
    })
}

async fn fetch(s: &Services, tenant: TenantId, source: &str) -> Result<Vec<u8>> {
    let refused = |message: String| Refusal::invalid("source", message);
    let url = Url::parse(source).map_err(|_| refused("this is no address".into()))?;
    let call = Call {
        tenant,
        provider: "openapi",
        method: reqwest::Method::GET,
        url,
        headers: vec![(
            "accept".into(),
            "application/json, application/yaml, */*".into(),
        )],
        body: None,
        deadline: Instant::now() + DEADLINE,
        most_bytes: MOST_BYTES,
        may_repeat: true,
    };
    let reply = s
        .outbound
        .call(call)
        .await
        .map_err(|why| refused(why.to_string()))?;
    if reply.status != 200 {
        let message = format!(
            "the service answered {} instead of a document",
            reply.status
        );
        return Err(refused(message).into());
    }
    Ok(reply.body)
}

/// A document that the database holds, read once for as long as it is looked at.
pub(super) async fn read(
    s: &Services,
    tenant: TenantId,
    digest: [u8; 32],
    bytes: Vec<u8>,
) -> Result<Arc<Known>> {
    let reading = async {
        tokio::task::spawn_blocking(move || {
            let document = Document::read(&bytes).map_err(|wrong| wrong.to_string())?;
            let candidates = document.operations();
            Ok::<_, String>(Arc::new(Known {
                document,
                candidates,
            }))
        })
        .await
        .map_err(|_| "reading it broke".to_owned())?
    };
    let known = s
        .apis
        .documents
        .try_get_with((tenant, digest), reading)
        .await;
    known.map_err(|told| Refusal::conflict(format!("the document cannot be read: {told}")).into())
}

/// Where its paths begin: as somebody says, or as the document does, seen from where it is.
pub(super) fn base(
    s: &Services,
    document: &Document,
    said: Option<&str>,
    source: Option<&str>,
) -> Result<Url> {
    let refused = |message: &str| Refusal::invalid("base", message);
    let servers = document.servers();
    let said = said.map(str::trim).filter(|said| !said.is_empty());
    let text = said.or(servers.first().map(String::as_str));
    let text =
        text.ok_or_else(|| refused("the document names no server: say where its paths begin"))?;
    let source = source.and_then(|source| Url::parse(source).ok());
    let whole = match source {
        Some(source) => source.join(text),
        None => Url::parse(text),
    };
    let mut url = whole.map_err(|_| refused("say where its paths begin, as https://…"))?;
    url.set_query(None);
    url.set_fragment(None);
    let checked = s.outbound.url(url.as_str());
    Ok(checked.map_err(|error| refused(&error.to_string()))?)
}

/// Refuses an API whose accounts are used elsewhere, as far as that is known before one is: each call looks again.
pub(super) fn is_at(base: &Url, provider: &Provider) -> Result<(), Refusal> {
    let own = &provider.api.base;
    let own = Url::parse(own).ok().filter(|_| !own.contains('{'));
    match own {
        Some(own) if own.origin() != base.origin() => {
            let host = own.host_str().unwrap_or_default();
            let message = format!(
                "accounts of {} are used at {host} alone: import it without them",
                provider.name
            );
            Err(Refusal::invalid("provider", message))
        }
        _ => Ok(()),
    }
}

/// The operations with these keys, in the document's order.
pub(super) fn chosen(candidates: &[Candidate], keys: &[String]) -> Vec<Operation> {
    let wanted = candidates.iter().filter(|one| keys.contains(&one.key));
    wanted
        .filter_map(|one| one.operation.clone().ok())
        .collect()
}

/// What a newer document would change.
pub(super) fn news(tools: &[Operation], newer: &Document) -> ApiNews {
    let found = diff(tools, newer);
    ApiNews {
        added: found.added,
        removed: found.removed,
        changed: found
            .changed
            .into_iter()
            .map(|one| (one.key, one.what))
            .collect(),
    }
}
