//! What tools give that is too large for a message, or no text: kept for a day, and read as a resource by whom it was
//! given to.

mod store;

use super::run::{Asker, Service};
use crate::{
    Db, Result,
    outbound::Reply,
    toolkits::{
        CallContext, Content, ResourceContents, ResourceData, ResourceTemplate, ToolOutput,
    },
};
use api_types::Refusal;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use connector::Operation;
use std::path::Path;
use uuid::Uuid;

/// How long a file can be read.
const HOURS: i32 = 24;

/// Longest name of a file.
const NAME_CHARS: usize = 120;

/// The pattern of a toolkit's files.
pub(crate) fn template(toolkit: &str) -> ResourceTemplate {
    ResourceTemplate {
        uri_template: format!("bulkhead://{toolkit}/files/{{id}}").into(),
        name: "file",
        title: "File",
        description: "What a tool gave that is too large for its answer. It can be read for a day.",
        mime_type: None,
    }
}

/// The file that an address names, if it is one of this toolkit.
pub(crate) fn id(toolkit: &str, uri: &str) -> Option<Uuid> {
    let rest = uri.strip_prefix("bulkhead://")?.strip_prefix(toolkit)?;
    rest.strip_prefix("/files/")?.parse().ok()
}

/// Reads a file.
pub(crate) async fn read(
    context: &CallContext,
    toolkit: &str,
    uri: &str,
) -> Result<Vec<ResourceContents>> {
    let wanted = id(toolkit, uri).ok_or(Refusal::NotFound)?;
    let principal = &context.principal;
    let mut tx = context.services.db.tenant_tx(principal.tenant()).await?;
    let (tenant, credential) = (principal.tenant(), principal.credential);
    let found = store::find(&mut tx, tenant, wanted, credential, toolkit).await?;
    tx.commit().await?;
    let file = found.ok_or(Refusal::NotFound)?;
    let data = match String::from_utf8(file.content) {
        Ok(text) => ResourceData::Text(text),
        Err(bytes) => ResourceData::Blob(STANDARD.encode(bytes.as_bytes())),
    };
    Ok(vec![ResourceContents {
        uri: uri.into(),
        mime_type: file.media_type.into(),
        data,
    }])
}

/// Keeps an answer that is a file, and answers where it is.
pub(super) async fn keep(
    asker: &Asker<'_>,
    service: &Service<'_>,
    operation: &Operation,
    reply: &Reply,
) -> Result<ToolOutput> {
    let kind = reply
        .header("content-type")
        .unwrap_or("application/octet-stream");
    let kind: String = kind
        .chars()
        .filter(char::is_ascii_graphic)
        .take(100)
        .collect();
    let name = named(reply).unwrap_or_else(|| operation.name.clone());
    let told = format!(
        "{} gave the file {name} of {} bytes.",
        service.name,
        reply.body.len()
    );
    put(asker, service, &name, &kind, &reply.body, told).await
}

/// Keeps a text that is too long for a message, and answers how it begins and where the rest is.
pub(super) async fn keep_text(
    asker: &Asker<'_>,
    service: &Service<'_>,
    operation: &Operation,
    content: Vec<u8>,
    beginning: String,
) -> Result<ToolOutput> {
    let name = format!("{}.json", operation.name);
    let told = format!(
        "The answer has {} bytes, which is too long for a message. The resource {name} holds all of it for a day. It begins so:\n{beginning}",
        content.len()
    );
    put(asker, service, &name, "application/json", &content, told).await
}

async fn put(
    asker: &Asker<'_>,
    service: &Service<'_>,
    name: &str,
    kind: &str,
    content: &[u8],
    told: String,
) -> Result<ToolOutput> {
    let (id, tenant) = (Uuid::now_v7(), asker.actor.tenant());
    let mut tx = asker.services.db.tenant_tx(tenant).await?;
    let new = store::NewFile {
        id,
        credential: asker.credential,
        toolkit: service.toolkit,
        name,
        media_type: kind,
        content,
        hours: HOURS,
    };
    store::insert(&mut tx, tenant, &new).await?;
    tx.commit().await?;
    let link = Content::ResourceLink {
        uri: format!("bulkhead://{}/files/{id}", service.toolkit),
        name: name.into(),
        mime_type: kind.to_owned().into(),
        size: Some(content.len()),
    };
    let mut output = ToolOutput::text(told);
    output.content.push(link);
    Ok(output)
}

/// The name that the service gives it (RFC 6266), without what leads into other folders.
fn named(reply: &Reply) -> Option<String> {
    let value = reply.header("content-disposition")?;
    let (_, name) = value.split_once("filename=")?;
    let name = name.split(';').next()?.trim().trim_matches('"');
    let name = Path::new(name).file_name()?.to_str()?;
    let name: String = name
        .chars()
        .filter(|c| !c.is_control())
        .take(NAME_CHARS)
        .collect();
    (!name.is_empty()).then_some(name)
}

/// Deletes files whose day is over, in all tenants.
pub async fn delete_expired(db: &Db) -> Result<u64> {
    store::delete_expired(&mut *db.system().await?).await
}
