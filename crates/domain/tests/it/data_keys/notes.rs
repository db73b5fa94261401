//! A tenants' table with a sealed column, as a feature would make it.

use api_types::TenantId;
use domain::data_keys::{Cell, Column, Sealed};
use domain::{Result, Services};
use test_support::{Person, World};
use uuid::Uuid;

/// Its sealed column.
pub static NOTE: Column = Column::of_tenants("sealed_notes", "body", "note_id");

/// The table, in one world.
pub struct Notes(World);

/// A note as somebody copied it.
pub struct Note {
    pub tenant: TenantId,
    pub id: Uuid,
    pub sealed: Sealed,
}

/// The cell of a note.
pub fn note(tenant: TenantId, id: Uuid) -> Cell {
    Cell::of_tenant(&NOTE, tenant, id)
}

impl Notes {
    pub async fn create(world: &World) -> Self {
        let create = "create table sealed_notes (
            tenant_id uuid not null references tenants on delete cascade,
            note_id uuid not null,
            body bytea not null,
            body_version bigint not null check (body_version > 0),
            body_key uuid generated always as
                (encode(substring(body from 3 for 16), 'hex')::uuid) stored,
            primary key (tenant_id, note_id),
            foreign key (tenant_id, body_key) references tenant_data_keys
        );
        create index on sealed_notes (tenant_id, body_key);
        alter table sealed_notes enable row level security;
        alter table sealed_notes force row level security;
        create policy tenant_only on sealed_notes to bulkhead_runtime
            using (tenant_id = (select current_setting('app.tenant_id')::uuid))
            with check (tenant_id = (select current_setting('app.tenant_id')::uuid));
        grant select, insert, update, delete on sealed_notes to bulkhead_runtime;";
        sqlx::raw_sql(create)
            .execute(&world.database.pool("bulkhead_owner", 1))
            .await
            .expect("a table");
        Self(world.clone())
    }

    /// Stores a note of this person's tenant. Answers a copy.
    pub async fn write(&self, person: &Person, text: &[u8]) -> Note {
        let s = &self.0.services;
        let (tenant, id) = (person.actor.tenant(), Uuid::now_v7());
        let mut tx = s.db.tenant_tx(tenant).await.expect("a tx");
        let sealed = s.data_keys.seal(&mut tx, note(tenant, id), text).await;
        let sealed = sealed.expect("sealed");
        sqlx::query(
            "insert into sealed_notes (tenant_id, note_id, body, body_version)
            values ($1, $2, $3, $4)",
        )
        .bind(tenant.0)
        .bind(id)
        .bind(&sealed.bytes)
        .bind(sealed.version)
        .execute(&mut *tx)
        .await
        .expect("inserted");
        tx.commit().await.expect("committed");
        Note { tenant, id, sealed }
    }
}

/// Opens a note where it belongs.
pub async fn open(s: &Services, copy: &Note) -> Result<zeroize::Zeroizing<Vec<u8>>> {
    open_at(s, copy.tenant, copy.id, &copy.sealed).await
}

/// Opens a cell as if it stood there.
pub async fn open_at(
    s: &Services,
    tenant: TenantId,
    id: Uuid,
    sealed: &Sealed,
) -> Result<zeroize::Zeroizing<Vec<u8>>> {
    let mut tx = s.db.tenant_tx(tenant).await?;
    s.data_keys.open(&mut tx, note(tenant, id), sealed).await
}
