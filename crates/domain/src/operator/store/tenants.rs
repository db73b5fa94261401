//! Tenants from outside.

use crate::{Result, plans::Plans};
use anyhow::Context as _;
use api_types::{
    TenantId,
    audit::Act,
    operator::{Blocked, OwnerView, TenantAct, TenantFilter, TenantRow, TenantState},
    usage::Bar,
};
use sqlx::PgConnection;
use time::OffsetDateTime;

/// The filter, and after which tenant the page begins.
pub(in crate::operator) struct Wanted<'a> {
    pub filter: &'a TenantFilter,
    pub after: Option<TenantId>,
    pub most: i64,
}

impl Wanted<'_> {
    fn search(&self) -> &str {
        self.filter.search.trim()
    }

    fn state(&self) -> Option<&'static str> {
        self.filter.state.map(TenantState::as_str)
    }

    fn after(&self) -> Option<uuid::Uuid> {
        self.after.map(|tenant| tenant.0)
    }
}

pub(in crate::operator) async fn by_name(
    db: &mut PgConnection,
    wanted: &Wanted<'_>,
) -> Result<Vec<TenantId>> {
    Ok(sqlx::query_scalar!(
        r#"select t.tenant_id as "tenant!: TenantId" from tenant_states t
        where ($1 = '' or position(lower($1) in lower(t.name)) > 0
                or position(lower($1) in t.slug) > 0 or t.tenant_id::text = lower($1))
            and ($2::text is null or $2 = t.state)
            and ($3::uuid is null or (lower(t.name), t.tenant_id) > (
                select lower(a.name), a.tenant_id from tenants a where a.tenant_id = $3))
        order by lower(t.name), t.tenant_id limit $4"#,
        wanted.search(),
        wanted.state(),
        wanted.after(),
        wanted.most
    )
    .fetch_all(db)
    .await?)
}

pub(in crate::operator) async fn by_age(
    db: &mut PgConnection,
    wanted: &Wanted<'_>,
) -> Result<Vec<TenantId>> {
    Ok(sqlx::query_scalar!(
        r#"select t.tenant_id as "tenant!: TenantId" from tenant_states t
        where ($1 = '' or position(lower($1) in lower(t.name)) > 0
                or position(lower($1) in t.slug) > 0 or t.tenant_id::text = lower($1))
            and ($2::text is null or $2 = t.state)
            and ($3::uuid is null or (t.created_at, t.tenant_id) < (
                select a.created_at, a.tenant_id from tenants a where a.tenant_id = $3))
        order by t.created_at desc, t.tenant_id desc limit $4"#,
        wanted.search(),
        wanted.state(),
        wanted.after(),
        wanted.most
    )
    .fetch_all(db)
    .await?)
}

/// By the calls since then.
pub(in crate::operator) async fn by_calls(
    db: &mut PgConnection,
    wanted: &Wanted<'_>,
    since: OffsetDateTime,
) -> Result<Vec<TenantId>> {
    Ok(sqlx::query_scalar!(
        r#"with sums as (
            select d.tenant_id, sum(d.calls)::bigint as calls
            from usage_daily d where d.bucket >= $5 group by d.tenant_id
        )
        select t.tenant_id as "tenant!: TenantId"
        from tenant_states t left join sums using (tenant_id)
        where ($1 = '' or position(lower($1) in lower(t.name)) > 0
                or position(lower($1) in t.slug) > 0 or t.tenant_id::text = lower($1))
            and ($2::text is null or $2 = t.state)
            and ($3::uuid is null or (coalesce(sums.calls, 0), t.tenant_id) < (
                coalesce((select a.calls from sums a where a.tenant_id = $3), 0), $3))
        order by coalesce(sums.calls, 0) desc, t.tenant_id desc limit $4"#,
        wanted.search(),
        wanted.state(),
        wanted.after(),
        wanted.most,
        since
    )
    .fetch_all(db)
    .await?)
}

/// How many the filter lets through.
pub(in crate::operator) async fn count(db: &mut PgConnection, wanted: &Wanted<'_>) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        r#"select count(*) as "count!" from tenant_states t
        where ($1 = '' or position(lower($1) in lower(t.name)) > 0
                or position(lower($1) in t.slug) > 0 or t.tenant_id::text = lower($1))
            and ($2::text is null or $2 = t.state)"#,
        wanted.search(),
        wanted.state()
    )
    .fetch_one(db)
    .await?)
}

/// What the list says of these tenants, in their order.
pub(in crate::operator) async fn rows(
    db: &mut PgConnection,
    plans: &Plans,
    tenants: &[TenantId],
    since: OffsetDateTime,
) -> Result<Vec<TenantRow>> {
    let ids: Vec<_> = tenants.iter().map(|tenant| tenant.0).collect();
    sqlx::query!(
        r#"select t.tenant_id as "id!: TenantId", t.slug as "slug!", t.name as "name!",
            t.created_at as "created_at!", t.delete_after,
            (select p.plan from plan_standings p where p.tenant_id = t.tenant_id) as plan,
            t.state as "state!",
            (select count(*) from memberships m
                where m.tenant_id = t.tenant_id and m.removed_at is null) as "members!",
            (select coalesce(sum(d.calls), 0)::bigint from usage_daily d
                where d.tenant_id = t.tenant_id and d.bucket >= $2) as "calls!",
            coalesce((select max(u.bucket) from usage_by_minute u where u.tenant_id = t.tenant_id),
                (select max(u.bucket) from usage_sums u where u.tenant_id = t.tenant_id
                    and u.grain = 'day' and u.dimension = 'all')) as last_call,
            (select max(c.expires_at) from support_consents c where c.tenant_id = t.tenant_id
                and c.ended_at is null and c.expires_at > now()) as support_until
        from unnest($1::uuid[]) with ordinality as wanted (id, place)
        join tenant_states t on t.tenant_id = wanted.id
        order by wanted.place"#,
        &ids,
        since
    )
    .fetch_all(db)
    .await?
    .into_iter()
    .map(|row| {
        Ok(TenantRow {
            id: row.id,
            slug: row.slug,
            name: row.name,
            state: TenantState::parse(&row.state).context("an unknown state of a tenant")?,
            plan: plans.of_row(row.plan.as_deref()).name.clone(),
            members: row.members,
            calls: row.calls,
            last_call: row.last_call,
            created_at: row.created_at,
            delete_after: row.delete_after,
            support_until: row.support_until,
        })
    })
    .collect()
}

/// The days with calls since then, oldest first.
pub(in crate::operator) async fn days(
    db: &mut PgConnection,
    tenant: TenantId,
    since: OffsetDateTime,
) -> Result<Vec<Bar>> {
    Ok(sqlx::query_as!(
        Bar,
        r#"select bucket as "start!",
            coalesce(sum(calls) filter (where outcome = 'ok'), 0)::bigint as "ok!",
            coalesce(sum(calls) filter (where outcome <> 'ok'), 0)::bigint as "errors!"
        from usage_daily where tenant_id = $1 and bucket >= $2 group by bucket order by bucket"#,
        tenant.0,
        since
    )
    .fetch_all(db)
    .await?)
}

/// What only the tenant's own transaction knows.
pub(in crate::operator) struct Inside {
    pub clients: i64,
    pub suspended_at: Option<OffsetDateTime>,
    pub blocked: Option<Blocked>,
}

pub(in crate::operator) async fn inside(db: &mut PgConnection, tenant: TenantId) -> Result<Inside> {
    let row = sqlx::query!(
        r#"select t.suspended_at, t.operator_suspended_at, t.operator_reason,
            (select count(*) from mcp_clients c
                where c.tenant_id = $1 and c.archived_at is null) as "clients!"
        from tenants t where t.tenant_id = $1"#,
        tenant.0
    )
    .fetch_one(db)
    .await?;
    let blocked = row.operator_suspended_at.zip(row.operator_reason);
    Ok(Inside {
        clients: row.clients,
        suspended_at: row.suspended_at,
        blocked: blocked.map(|(since, reason)| Blocked { since, reason }),
    })
}

/// To whom one writes.
pub(in crate::operator) async fn owners(
    db: &mut PgConnection,
    tenant: TenantId,
) -> Result<Vec<OwnerView>> {
    Ok(sqlx::query_as!(
        OwnerView,
        "select u.name, u.email from memberships m join users u using (user_id)
        where m.tenant_id = $1 and m.role = 'owner' and m.removed_at is null
        order by u.name, u.email",
        tenant.0
    )
    .fetch_all(db)
    .await?)
}

/// The newest of these acts. Who did it is said of operators alone.
pub(in crate::operator) async fn acts(
    db: &mut PgConnection,
    tenant: TenantId,
    acts: &[Act],
    most: i64,
) -> Result<Vec<TenantAct>> {
    let words: Vec<String> = acts.iter().map(|act| act.as_str().to_owned()).collect();
    sqlx::query!(
        r#"select at, act, case when actor_kind = 'operator' then actor_name end as operator
        from audit_events where tenant_id = $1 and act = any($2)
        order by seq desc limit $3"#,
        tenant.0,
        &words,
        most
    )
    .fetch_all(db)
    .await?
    .into_iter()
    .map(|row| {
        Ok(TenantAct {
            at: row.at,
            act: Act::parse(&row.act).context("an unknown act")?,
            operator: row.operator,
        })
    })
    .collect()
}
