//! The SQL of people.

use crate::Result;
use api_types::{
    UserId,
    input::{Email, PersonName},
};
use sqlx::PgConnection;

/// A person as stored.
pub(crate) struct Person {
    pub user: UserId,
    pub email: String,
    pub name: String,
    /// None for whoever signs in elsewhere alone.
    pub password_hash: Option<String>,
    pub email_verified: bool,
}

pub(super) async fn insert(
    db: &mut PgConnection,
    user: UserId,
    email: &Email,
    name: &PersonName,
    password_hash: Option<&str>,
) -> Result<()> {
    sqlx::query!(
        "insert into users (user_id, email, name, password_hash) values ($1, $2, $3, $4)",
        user.0,
        email.as_str(),
        name.as_str(),
        password_hash
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(crate) async fn by_email(db: &mut PgConnection, email: &str) -> Result<Option<Person>> {
    Ok(sqlx::query_as!(
        Person,
        r#"select user_id as "user: UserId", email, name, password_hash,
            email_verified_at is not null as "email_verified!"
        from users where email = $1"#,
        email
    )
    .fetch_optional(db)
    .await?)
}

pub(crate) async fn by_id(db: &mut PgConnection, user: UserId) -> Result<Option<Person>> {
    Ok(sqlx::query_as!(
        Person,
        r#"select user_id as "user: UserId", email, name, password_hash,
            email_verified_at is not null as "email_verified!"
        from users where user_id = $1"#,
        user.0
    )
    .fetch_optional(db)
    .await?)
}

/// Answers the name before.
pub(super) async fn rename(db: &mut PgConnection, user: UserId, name: &str) -> Result<String> {
    Ok(sqlx::query_scalar!(
        "update users u set name = $2
        from (select name from users where user_id = $1 for update) before
        where u.user_id = $1 returning before.name",
        user.0,
        name
    )
    .fetch_one(db)
    .await?)
}

/// Whether the person has a password; it stays so until the transaction ends.
pub(crate) async fn hold_ways_in(db: &mut PgConnection, user: UserId) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select password_hash is not null as "has!" from users where user_id = $1 for update"#,
        user.0
    )
    .fetch_one(db)
    .await?)
}

/// Whether anything lets the person in: what they have themselves, or the provider of a company that they belong to.
pub(super) async fn has_way_in(db: &mut PgConnection, user: UserId) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select (u.password_hash is not null
            or exists (select from identities i where i.user_id = u.user_id)
            or exists (select from passkeys p where p.user_id = u.user_id)
            or (u.email_verified_at is not null and exists (
                select from memberships_of(u.user_id) m
                where m.tenant_id = sso_tenant_of_domain(split_part(u.email, '@', 2))))) as "has!"
        from users u where u.user_id = $1"#,
        user.0
    )
    .fetch_one(db)
    .await?)
}

pub(crate) async fn set_password(db: &mut PgConnection, user: UserId, hash: &str) -> Result<()> {
    sqlx::query!(
        "update users set password_hash = $2 where user_id = $1",
        user.0,
        hash
    )
    .execute(db)
    .await?;
    Ok(())
}
