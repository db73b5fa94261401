//! The SQL of files.

use crate::Result;
use api_types::{CredentialId, TenantId};
use sqlx::PgConnection;
use uuid::Uuid;

pub(super) struct NewFile<'a> {
    pub id: Uuid,
    pub credential: CredentialId,
    pub toolkit: &'a str,
    pub name: &'a str,
    pub media_type: &'a str,
    pub content: &'a [u8],
    pub hours: i32,
}

pub(super) struct File {
    pub media_type: String,
    pub content: Vec<u8>,
}

pub(super) async fn insert(
    db: &mut PgConnection,
    tenant: TenantId,
    new: &NewFile<'_>,
) -> Result<()> {
    sqlx::query!(
        "insert into tool_files
            (tenant_id, file_id, credential_id, toolkit, name, media_type, content, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7, now() + make_interval(hours => $8))",
        tenant.0,
        new.id,
        new.credential.0,
        new.toolkit,
        new.name,
        new.media_type,
        new.content,
        new.hours
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A file of the toolkit, for the credential that it was given to.
pub(super) async fn find(
    db: &mut PgConnection,
    tenant: TenantId,
    id: Uuid,
    credential: CredentialId,
    toolkit: &str,
) -> Result<Option<File>> {
    Ok(sqlx::query_as!(
        File,
        "select media_type, content from tool_files
        where tenant_id = $1 and file_id = $2 and credential_id = $3 and toolkit = $4
            and expires_at > now()",
        tenant.0,
        id,
        credential.0,
        toolkit
    )
    .fetch_optional(db)
    .await?)
}

pub(super) async fn delete_expired(db: &mut PgConnection) -> Result<u64> {
    let done = sqlx::query!("delete from tool_files where expires_at <= now()")
        .execute(db)
        .await?;
    Ok(done.rows_affected())
}
