//! Every column whose cells are sealed. A new one belongs into [`COLUMNS`], or the catalogue's test
//! fails: what is not in it would not be sealed anew when data keys are rotated.
//!
//! Beside a column `secret` stand `secret_version`, and `secret_key`, which the database itself fills
//! with the data key's id and binds to the table of data keys (migration 0013 shows how), with an index.

use super::Owner;
use api_types::TenantId;
use std::fmt;
use uuid::Uuid;
use vault::envelope::Place;

/// A column of sealed cells.
#[derive(Debug, PartialEq, Eq)]
pub struct Column {
    /// Its table.
    pub table: &'static str,
    /// Its name.
    pub name: &'static str,
    /// The column with the id that its cells are bound to: a uuid, unique in the table or the tenant.
    pub row: &'static str,
    /// Whether its cells are the tenants', and not the instance's.
    pub of_tenants: bool,
}

/// All of them.
pub const COLUMNS: &[&Column] = &[
    &SECOND_FACTOR_SECRET,
    &OUTBOX_PAYLOAD,
    &TENANT_SSO_SECRET,
    &TOKEN_SIGNING_KEY,
    &CONNECTION_SECRET,
    &CONNECTION_APP_SECRET,
    &WEBHOOK_SECRET,
];

/// The secret of a person's authenticator app.
pub const SECOND_FACTOR_SECRET: Column = Column::of_instance("second_factors", "secret", "user_id");

/// A letter on its way, which may hold a one-time link.
pub const OUTBOX_PAYLOAD: Column = Column::of_instance("outbox", "payload", "job_id");

/// What a tenant shows its sign-in provider.
pub const TENANT_SSO_SECRET: Column = Column::of_tenants("tenant_sso", "secret", "tenant_id");

/// What signs access tokens.
pub const TOKEN_SIGNING_KEY: Column = Column::of_instance("token_signing_keys", "secret", "key_id");

/// Tokens, or what a person typed in, of a tenant's account at another service.
pub const CONNECTION_SECRET: Column = Column::of_tenants("connections", "secret", "connection_id");

/// What a tenant's own app shows another service.
pub const CONNECTION_APP_SECRET: Column = Column::of_tenants("connection_apps", "secret", "app_id");

/// What signs deliveries to a tenant's endpoint.
pub const WEBHOOK_SECRET: Column = Column::of_tenants("webhook_endpoints", "secret", "endpoint_id");

impl Column {
    /// A column of a table that belongs to no tenant.
    pub const fn of_instance(table: &'static str, name: &'static str, row: &'static str) -> Self {
        Self {
            table,
            name,
            row,
            of_tenants: false,
        }
    }

    /// A column of a tenants' table. Its cells are sealed anew as the runtime role, in each tenant.
    pub const fn of_tenants(table: &'static str, name: &'static str, row: &'static str) -> Self {
        Self {
            table,
            name,
            row,
            of_tenants: true,
        }
    }
}

/// One cell: the place that its content is bound to.
#[derive(Clone, Copy, Debug)]
pub struct Cell {
    column: &'static Column,
    owner: Owner,
    row: Uuid,
}

impl Cell {
    /// A cell that belongs to no tenant.
    pub fn of_instance(column: &'static Column, row: Uuid) -> Self {
        Self::new(column, Owner::Instance, row)
    }

    /// A cell of a tenant.
    pub fn of_tenant(column: &'static Column, tenant: TenantId, row: Uuid) -> Self {
        Self::new(column, Owner::Tenant(tenant), row)
    }

    pub(crate) fn new(column: &'static Column, owner: Owner, row: Uuid) -> Self {
        Self { column, owner, row }
    }

    pub(crate) fn owner(&self) -> Owner {
        self.owner
    }

    pub(crate) fn place(&self, version: i64) -> Place<'static> {
        Place {
            table: self.column.table,
            column: self.column.name,
            tenant: self.owner.bytes(),
            row: self.row.into_bytes(),
            version: version.cast_unsigned(),
        }
    }
}

/// For errors: where, and nothing of what.
impl fmt::Display for Cell {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Column { table, name, .. } = self.column;
        write!(out, "{table}.{name} of row {}", self.row)
    }
}
