//! Usage at some millions of calls of one tenant: how fast calls are taken in, how long its pages take, what numbers and
//! rows take on the disk. In this process, over a temporary cluster, without HTTP.

mod fill;

use api_types::usage::{Outcome, Range, UsageFilter};
use api_types::{McpClientId, UserId};
use domain::toolkits::Registry;
use domain::usage;
use futures::future::join_all;
use sqlx::{AssertSqlSafe, Executor as _, PgConnection};
use std::time::{Duration, Instant};
use test_support::{Person, World};

/// Callers who are waited for at once.
const CALLERS: usize = 64;
const MEASURED: Duration = Duration::from_secs(5);
/// How often each page is read, after once for the plans.
const READS: usize = 5;

/// What was seen with one number of calls.
pub struct Seen {
    /// How many calls there are.
    pub calls: i64,
    /// Calls taken in a second.
    pub ingest: f64,
    /// Calls whose numbers were computed anew from rows, a second.
    pub recomputed: f64,
    /// Rows of rollups.
    pub rollup_rows: i64,
    /// Bytes of a million calls: rows with their indexes.
    pub row_bytes: i64,
    /// Bytes of their numbers.
    pub rollup_bytes: i64,
    /// Each page, with the middle and the slowest of its readings.
    pub pages: Vec<(String, Duration, Duration)>,
}

/// Measures with each of these numbers of calls.
pub async fn run(numbers: &[i64]) -> anyhow::Result<Vec<Seen>> {
    let mut seen = Vec::new();
    for calls in numbers {
        seen.push(with(*calls).await?);
    }
    Ok(seen)
}

async fn with(calls: i64) -> anyhow::Result<Seen> {
    let world = World::with(Registry::built_in()?, "http://127.0.0.1:3000", 8).await;
    let ada = world.owner("ada").await;
    let pool = world.database.pool("postgres", 1);
    let mut db = pool.acquire().await?;
    fill::months(&mut db).await?;
    fill::calls(&mut db, ada.actor.tenant().0, calls, calls).await?;
    eprintln!("stored {calls} calls");
    let recomputed = recompute(&world, &mut db).await?;
    // Numbers of hours were computed and deleted here that nobody would have computed so late.
    db.execute("vacuum (full) usage_cells, usage_sums, usage_by_minute")
        .await?;
    db.execute("vacuum (analyze)").await?;
    db.execute("checkpoint").await?;
    let filters = filters(&mut db).await?;
    let pages = pages(&ada, &filters).await?;
    let millions = (calls as f64 / 1e6).max(1.0);
    let size = |bytes: i64| (bytes as f64 / millions) as i64;
    let rows = "select sum(pg_total_relation_size(oid))::bigint from usage_partitions";
    let rollups = "select sum(pg_total_relation_size(name::regclass))::bigint
        from unnest(array['usage_cells', 'usage_sums', 'usage_by_minute']) name";
    let count = "select (select count(*) from usage_cells) + (select count(*) from usage_sums)";
    let (rows, rollups) = (
        number(&mut db, rows).await?,
        number(&mut db, rollups).await?,
    );
    let rollup_rows = number(&mut db, count).await?;
    let ingest = ingest(&ada).await;
    drop(db);
    world.services.db.close().await;
    Ok(Seen {
        calls,
        ingest,
        recomputed: calls as f64 / recomputed.as_secs_f64(),
        rollup_rows,
        row_bytes: size(rows),
        rollup_bytes: size(rollups),
        pages,
    })
}

async fn number(db: &mut PgConnection, query: &'static str) -> anyhow::Result<i64> {
    Ok(sqlx::query_scalar(query).fetch_one(db).await?)
}

/// Has all numbers computed from the rows, a day after the other, and forgets what is older than is kept.
async fn recompute(world: &World, db: &mut PgConnection) -> anyhow::Result<Duration> {
    db.execute(
        "insert into usage_repairs select distinct tenant_id, date_trunc('day', occurred_at, 'UTC')
        from usage_events on conflict do nothing",
    )
    .await?;
    // The last hours are minutes: they are computed as if they had arrived just now.
    db.execute(AssertSqlSafe(
        "update usage_rollup_state set seen_until = now() - interval '3 hours'".to_owned(),
    ))
    .await?;
    let began = Instant::now();
    while number(db, "select count(*) from usage_repairs").await? > 0 {
        let done = usage::roll_up(&world.services.db, &usage::Pace::AtOnce).await;
        done.map_err(|error| anyhow::anyhow!(error.for_the_log()))?;
    }
    let took = began.elapsed();
    let kept = usage::keep_partitions(&world.services.db, 0).await;
    kept.map_err(|error| anyhow::anyhow!(error.for_the_log()))?;
    Ok(took)
}

async fn filters(db: &mut PgConnection) -> anyhow::Result<Vec<(&'static str, UsageFilter)>> {
    let client = Some(McpClientId(fill::id_of(db, fill::CLIENT).await?));
    let member = Some(UserId(fill::id_of(db, fill::MEMBER).await?));
    let tool = Some(fill::TOOL.to_owned());
    let none = UsageFilter::default();
    let with = |name, filter| (name, filter);
    Ok(vec![
        with("everything", none.clone()),
        with(
            "an outcome",
            UsageFilter {
                outcome: Some(Outcome::ToolError),
                ..none.clone()
            },
        ),
        with(
            "a tool",
            UsageFilter {
                tool: tool.clone(),
                ..none.clone()
            },
        ),
        with(
            "a client",
            UsageFilter {
                client,
                ..none.clone()
            },
        ),
        with(
            "a member",
            UsageFilter {
                member,
                ..none.clone()
            },
        ),
        with(
            "a tool of a client",
            UsageFilter {
                tool,
                client,
                ..none
            },
        ),
    ])
}

async fn pages(
    ada: &Person,
    filters: &[(&'static str, UsageFilter)],
) -> anyhow::Result<Vec<(String, Duration, Duration)>> {
    let mut pages = Vec::new();
    for (name, filter) in filters {
        for range in Range::ALL {
            let filter = UsageFilter {
                range,
                ..filter.clone()
            };
            let mut times = Vec::new();
            for _ in 0..=READS {
                let began = Instant::now();
                let read = usage::report(&ada.world.services, &ada.actor, &filter).await;
                read.map_err(|error| anyhow::anyhow!(error.for_the_log()))?;
                times.push(began.elapsed());
            }
            times.remove(0);
            times.sort_unstable();
            let name = format!("{name}, {}", range.as_str());
            pages.push((name, times[READS / 2], times[READS - 1]));
        }
    }
    Ok(pages)
}

/// Calls that are recorded in a second, with so many callers who each wait for theirs.
async fn ingest(ada: &Person) -> f64 {
    let key = ada.key(&ada.client("bench").await).await;
    let began = Instant::now();
    let callers = (0..CALLERS).map(|_| async {
        let mut calls = 0_u64;
        while began.elapsed() < MEASURED {
            let call = ada.call(&key, "whoami", Outcome::Ok);
            if ada.world.services.usage.record(call).await.is_ok() {
                calls += 1;
            }
        }
        calls
    });
    let calls: u64 = join_all(callers).await.into_iter().sum();
    calls as f64 / began.elapsed().as_secs_f64()
}
