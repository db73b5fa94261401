//! The SQL of what comparisons find.

use crate::Result;
use anyhow::Context as _;
use api_types::{
    TenantId,
    billing::{Drift, DriftKind},
};
use sqlx::PgConnection;

/// What the last comparison found.
pub(in crate::billing) async fn all(
    db: &mut PgConnection,
    tenant: TenantId,
    live: bool,
) -> Result<Vec<Drift>> {
    let rows = sqlx::query!(
        "select kind, ours, theirs, found_at from billing_drifts
        where tenant_id = $1 and livemode = $2 order by kind",
        tenant.0,
        live
    )
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Drift {
                kind: DriftKind::parse(&row.kind).context("an unknown kind of drift")?,
                ours: row.ours,
                theirs: row.theirs,
                found_at: row.found_at,
            })
        })
        .collect()
}

/// Writes down what a comparison found, in place of what was found before.
pub(in crate::billing) async fn replace(
    db: &mut PgConnection,
    tenant: TenantId,
    live: bool,
    found: &[(DriftKind, String, String)],
) -> Result<()> {
    let kinds: Vec<_> = found
        .iter()
        .map(|(kind, ..)| kind.as_str().to_owned())
        .collect();
    let ours: Vec<_> = found.iter().map(|(_, ours, _)| ours.clone()).collect();
    let theirs: Vec<_> = found.iter().map(|(.., theirs)| theirs.clone()).collect();
    sqlx::query!(
        "delete from billing_drifts where tenant_id = $1 and livemode = $2 and kind <> all ($3)",
        tenant.0,
        live,
        &kinds
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "insert into billing_drifts (tenant_id, livemode, kind, ours, theirs)
        select $1, $2, kind, ours, theirs
        from unnest($3::text[], $4::text[], $5::text[]) as f (kind, ours, theirs)
        on conflict (tenant_id, livemode, kind)
        do update set ours = excluded.ours, theirs = excluded.theirs",
        tenant.0,
        live,
        &kinds,
        &ours,
        &theirs
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "update billing_accounts set compared_at = now() where tenant_id = $1 and livemode = $2",
        tenant.0,
        live
    )
    .execute(db)
    .await?;
    Ok(())
}
