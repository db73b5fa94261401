//! What an administrator does once for a cluster: roles and a database. The embedded cluster and
//! the tests do it through this; operators run `deploy/postgres/roles.sql` themselves.

use crate::{Error, Result};
use anyhow::Context as _;
use sqlx::{AssertSqlSafe, PgConnection};

/// The roles, as an operator would create them.
const ROLES: &str = include_str!("../../../deploy/postgres/roles.sql");

/// Creates the three roles unless they exist. Needs a superuser.
pub async fn create_roles(superuser: &mut PgConnection) -> Result<()> {
    sqlx::raw_sql(ROLES)
        .execute(superuser)
        .await
        .context("creating the database roles")
        .map_err(Error::Broken)?;
    Ok(())
}

/// Creates a database that belongs to the owner role unless it exists; a copy of `template`, if
/// one is named. Needs a superuser. The names are the caller's own, never a user's.
pub async fn create_database(
    superuser: &mut PgConnection,
    name: &str,
    template: Option<&str>,
) -> Result<()> {
    let known = sqlx::query_scalar!(
        r#"select exists (select from pg_database where datname = $1) as "known!""#,
        name
    )
    .fetch_one(&mut *superuser)
    .await?;
    if !known {
        let copy = template
            .map(|name| format!(" template \"{name}\""))
            .unwrap_or_default();
        let create = format!("create database \"{name}\" owner bulkhead_owner{copy}");
        sqlx::raw_sql(AssertSqlSafe(create))
            .execute(superuser)
            .await?;
    }
    Ok(())
}
