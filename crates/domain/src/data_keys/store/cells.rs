//! The SQL of sealed cells, whatever their table. The names in it are those of [`Column`]s, which are
//! constants of this program.

use crate::Result;
use crate::data_keys::{Column, Owner, Sealed};
use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

/// Cells that are sealed with one of these keys, in the order of their rows.
pub(crate) async fn under(
    db: &mut PgConnection,
    column: &Column,
    owner: Owner,
    keys: &[Uuid],
    after: Option<Uuid>,
    most: i64,
) -> Result<Vec<(Uuid, Sealed)>> {
    let Column {
        table, name, row, ..
    } = column;
    let of_owner = of_owner(column, 4);
    let select = format!(
        "select {row}, {name}, {name}_version from {table}
        where {name}_key = any($1) and ($2::uuid is null or {row} > $2) and {of_owner}
        order by {row} limit $3"
    );
    let rows: Vec<(Uuid, Vec<u8>, i64)> = sqlx::query_as(AssertSqlSafe(select))
        .bind(keys)
        .bind(after)
        .bind(most)
        .bind(tenant(owner))
        .fetch_all(db)
        .await?;
    let cells = rows.into_iter();
    Ok(cells
        .map(|(row, bytes, version)| (row, Sealed { bytes, version }))
        .collect())
}

/// Puts cells in place of those of these versions. Answers how many were still those.
pub(crate) async fn replace(
    db: &mut PgConnection,
    column: &Column,
    owner: Owner,
    cells: Vec<(Uuid, Sealed, i64)>,
) -> Result<u64> {
    let Column {
        table, name, row, ..
    } = column;
    let of_owner = of_owner(column, 5);
    let update = format!(
        "update {table} t set {name} = n.cell, {name}_version = n.version
        from unnest($1::uuid[], $2::bytea[], $3::bigint[], $4::bigint[])
            as n (id, cell, version, old)
        where t.{row} = n.id and t.{name}_version = n.old and {of_owner}"
    );
    let (mut rows, mut fresh, mut versions, mut old) = (vec![], vec![], vec![], vec![]);
    for (row, sealed, version) in cells {
        rows.push(row);
        fresh.push(sealed.bytes);
        versions.push(sealed.version);
        old.push(version);
    }
    let done = sqlx::query(AssertSqlSafe(update))
        .bind(rows)
        .bind(fresh)
        .bind(versions)
        .bind(old)
        .bind(tenant(owner))
        .execute(db)
        .await?;
    Ok(done.rows_affected())
}

/// How many cells are sealed with which key.
pub(crate) async fn count(
    db: &mut PgConnection,
    column: &Column,
    owner: Owner,
) -> Result<Vec<(Uuid, i64)>> {
    let Column { table, name, .. } = column;
    let of_owner = of_owner(column, 1);
    let select = format!(
        "select {name}_key, count(*) from {table}
        where {name}_key is not null and {of_owner} group by 1"
    );
    Ok(sqlx::query_as(AssertSqlSafe(select))
        .bind(tenant(owner))
        .fetch_all(db)
        .await?)
}

fn of_owner(column: &Column, nth: usize) -> String {
    if column.of_tenants {
        format!("tenant_id = ${nth}")
    } else {
        format!("${nth}::uuid is null")
    }
}

fn tenant(owner: Owner) -> Option<Uuid> {
    match owner {
        Owner::Instance => None,
        Owner::Tenant(tenant) => Some(tenant.0),
    }
}
