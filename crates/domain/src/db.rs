//! The doors to the database. Tenant data is reached through [`Db::tenant_tx`] alone: it names
//! the tenant to row-level security for the length of one transaction.

use crate::{Error, Result};
use anyhow::Context as _;
use api_types::TenantId;
use sqlx::{
    AssertSqlSafe, Connection as _, Executor as _, PgConnection, PgPool, Postgres,
    pool::PoolConnection,
};
use std::ops::{Deref, DerefMut};

/// Connections of the two roles that a serving process may use.
#[derive(Clone)]
pub struct Db {
    runtime: PgPool,
    system: PgPool,
}

impl Db {
    /// Takes a pool of `bulkhead_runtime` and one of `bulkhead_system`.
    pub fn new(runtime: PgPool, system: PgPool) -> Self {
        Self { runtime, system }
    }

    /// Opens a transaction in which row-level security shows `tenant`'s rows and no others.
    ///
    /// Nothing is kept unless [`TenantTx::commit`] is called. Dropping the transaction at any
    /// point, even in the middle of a statement, rolls it back before the connection is reused.
    pub async fn tenant_tx(&self, tenant: TenantId) -> Result<TenantTx> {
        let connection = self.runtime.acquire().await?;
        let mut tx = TenantTx {
            connection: Some(connection),
        };
        let open = format!("begin; select set_config('app.tenant_id', '{tenant}', true)");
        // A uuid cannot carry SQL. One message, so that a transaction costs two round trips.
        sqlx::raw_sql(AssertSqlSafe(open)).execute(&mut *tx).await?;
        Ok(tx)
    }

    /// The same for whoever only reads, much, and by statements that belong together: they all see what there was when the
    /// first of them began, and each is planned with its values.
    pub async fn tenant_snapshot(&self, tenant: TenantId) -> Result<TenantTx> {
        let connection = self.runtime.acquire().await?;
        let mut tx = TenantTx {
            connection: Some(connection),
        };
        let open = format!(
            "begin isolation level repeatable read, read only; select set_config('app.tenant_id', '{tenant}', true),
            set_config('plan_cache_mode', 'force_custom_plan', true)"
        );
        sqlx::raw_sql(AssertSqlSafe(open)).execute(&mut *tx).await?;
        Ok(tx)
    }

    /// Opens a transaction on what belongs to a person and to no tenant. It enters the person's
    /// tenants one after the other only to tell them what was done ([`crate::audit`]).
    pub async fn person_tx(&self) -> Result<PersonTx> {
        let connection = self.runtime.acquire().await?;
        let mut tx = TenantTx {
            connection: Some(connection),
        };
        tx.execute("begin").await?;
        Ok(PersonTx(tx))
    }

    /// A connection for the tables that belong to no tenant: people, sessions, guesses, look-ups.
    /// Row-level security refuses every tenant table on it.
    pub async fn global(&self) -> Result<PoolConnection<Postgres>> {
        Ok(self.runtime.acquire().await?)
    }

    /// A connection of the system role, for workers that cross tenants. Never for a handler, but for those of the
    /// operator's console, which [`crate::operator`] keeps to operators.
    pub(crate) async fn system(&self) -> Result<PoolConnection<Postgres>> {
        Ok(self.system.acquire().await?)
    }

    /// The runtime role's pool, for `listen`.
    pub(crate) fn runtime_pool(&self) -> &PgPool {
        &self.runtime
    }

    /// Whether both roles can reach the database.
    pub async fn ping(&self) -> Result<()> {
        self.runtime.acquire().await?.ping().await?;
        self.system.acquire().await?.ping().await?;
        Ok(())
    }

    /// Closes both pools, waiting for connections in use.
    pub async fn close(&self) {
        self.runtime.close().await;
        self.system.close().await;
    }

    /// Refuses to serve with a role that row-level security does not bind, or with a database
    /// that may lose what it has acknowledged.
    pub async fn self_check(&self) -> anyhow::Result<()> {
        for (pool, setting) in [
            (&self.runtime, "DATABASE_URL"),
            (&self.system, "BULKHEAD_SYSTEM_DATABASE_URL"),
        ] {
            let mut connection = pool.acquire().await.context("reaching the database")?;
            refuse_unsafe_role(&mut connection, setting).await?;
            refuse_unsafe_settings(&mut connection).await?;
        }
        Ok(())
    }
}

async fn refuse_unsafe_role(connection: &mut PgConnection, setting: &str) -> anyhow::Result<()> {
    let role = sqlx::query!(
        r#"select current_user::text as "name!", rolsuper as "superuser!",
            rolbypassrls as "bypasses!",
            exists (
                select from pg_class c join pg_namespace n on n.oid = c.relnamespace
                where n.nspname = 'public' and c.relkind in ('r', 'p')
                    and pg_has_role(current_user, c.relowner, 'member')
            ) as "owner!"
        from pg_roles where rolname = current_user"#
    )
    .fetch_one(connection)
    .await
    .context("reading the database role")?;
    let fault = match (role.superuser, role.bypasses, role.owner) {
        (true, ..) => "is a superuser",
        (_, true, _) => "bypasses row-level security",
        (.., true) => "owns the tables",
        _ => return Ok(()),
    };
    anyhow::bail!(
        "{setting}: the role {} {fault}, so tenants would not be isolated; connect as \
         bulkhead_runtime or bulkhead_system (deploy/postgres/roles.sql creates them)",
        role.name
    )
}

async fn refuse_unsafe_settings(connection: &mut PgConnection) -> anyhow::Result<()> {
    for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
        let value = sqlx::query_scalar!(r#"select current_setting($1) as "value!""#, setting)
            .fetch_one(&mut *connection)
            .await
            .context("reading a database setting")?;
        anyhow::ensure!(
            value != "off",
            "the database runs with {setting} = off and would lose calls it has acknowledged; \
             turn it on"
        );
    }
    Ok(())
}

/// A transaction of one tenant. Use it as a connection; see [`Db::tenant_tx`].
pub struct TenantTx {
    connection: Option<PoolConnection<Postgres>>,
}

impl TenantTx {
    /// Keeps what was done. Returns once it is durable.
    pub async fn commit(mut self) -> Result<()> {
        self.execute("commit").await?;
        drop(self.connection.take());
        Ok(())
    }
}

const HELD: &str = "a transaction holds its connection until it ends";

impl Deref for TenantTx {
    type Target = PgConnection;
    fn deref(&self) -> &PgConnection {
        self.connection.as_deref().expect(HELD)
    }
}

impl DerefMut for TenantTx {
    fn deref_mut(&mut self) -> &mut PgConnection {
        self.connection.as_deref_mut().expect(HELD)
    }
}

impl Drop for TenantTx {
    /// A caller that goes away is dropped anywhere, also between `begin` and its answer, where the
    /// driver's own transactions return an open one to the pool. So the rollback is explicit, and
    /// a connection that cannot roll back is closed.
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else {
            return;
        };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            drop(connection.detach());
            return;
        };
        runtime.spawn(async move {
            if connection.execute("rollback").await.is_err() {
                let _ = connection.detach().close_hard().await;
            }
        });
    }
}

/// A transaction on a person's own account. See [`Db::person_tx`].
pub struct PersonTx(TenantTx);

impl PersonTx {
    /// Keeps what was done. Returns once it is durable.
    pub async fn commit(self) -> Result<()> {
        self.0.commit().await
    }

    /// From here on row-level security shows this tenant's rows.
    pub(crate) async fn enter(&mut self, tenant: TenantId) -> Result<()> {
        // A uuid cannot carry SQL.
        let enter = format!("select set_config('app.tenant_id', '{tenant}', true)");
        sqlx::raw_sql(AssertSqlSafe(enter))
            .execute(&mut **self)
            .await?;
        Ok(())
    }

    /// From here on tenant tables answer with an error again.
    pub(crate) async fn leave(&mut self) -> Result<()> {
        self.execute("select set_config('app.tenant_id', '', true)")
            .await?;
        Ok(())
    }
}

impl Deref for PersonTx {
    type Target = PgConnection;
    fn deref(&self) -> &PgConnection {
        &self.0
    }
}

impl DerefMut for PersonTx {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.0
    }
}

/// Makes sure that no other server does the same until the transaction ends. False: one does.
pub(crate) async fn take_lock(db: &mut PgConnection, name: i64) -> Result<bool> {
    Ok(
        sqlx::query_scalar!(r#"select pg_try_advisory_xact_lock($1) as "taken!""#, name)
            .fetch_one(db)
            .await?,
    )
}

/// Applies the migrations that are missing. Several starting servers wait for one another:
/// the migrator takes an advisory lock.
pub async fn migrate(owner: &PgPool) -> Result<()> {
    crate::MIGRATOR
        .run(owner)
        .await
        .context("applying migrations")
        .map_err(Error::Broken)
}
