//! What limits cost: calls of a tenant that nothing limits, against those of one with a rate for its key, its client and
//! itself, a quota that is kept, and a look at every call for loops. All are so large that nothing is refused.

use crate::bulkhead::Bulkhead;
use crate::connection::Connection;
use crate::load::{Requests, Window};
use crate::turns::{Side, take_turns};
use anyhow::ensure;
use api_types::limits::OwnLimits;
use api_types::plans::Loops;
use domain::toolkits::Registry;
use domain::{Actor, limits, plans};
use std::path::Path;
use std::sync::Arc;
use test_support::{Person, World, new_key};

const CALLERS: [usize; 2] = [16, 64];

/// The plans of the server. Those of its build let fewer calls through than are made here; the names are theirs.
const PLANS: &str = r#"
[[plan]]
id = "unlimited"
name = "Unlimited"
about = "Nothing is limited."
currency = "usd"
monthly_price = 0

[[plan]]
id = "enterprise"
name = "Limited"
about = "Everything is limited."
currency = "usd"
monthly_price = 0
loops = "stop"
rates = { tenant = 1_000_000_000, client = 1_000_000_000, key = 1_000_000_000 }
"#;

/// Units a month.
const QUOTA: i64 = 1_000_000_000_000;

/// Many more spellings than a tenant has places for calls that may be a loop, so that none is seen often.
const SPELLINGS: usize = 1 << BITS;
const BITS: usize = 13;

/// What was seen with so many callers.
pub struct Row {
    /// How many called at once.
    pub callers: usize,
    /// Calls that nothing limits.
    pub free: Side,
    /// Calls that everything limits.
    pub limited: Side,
}

/// Runs the experiment, in turns. Fails if a call is refused, or if limits are not what they are meant to be.
pub async fn run(program: &Path, rounds: usize, window: Window) -> anyhow::Result<Vec<Row>> {
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), PLANS)?;
    let setting = ("BULKHEAD_PLANS_FILE", file.path().display().to_string());
    let server = Bulkhead::start_with(program, vec![setting], None).await?;
    let [free, limited] = keys(&server).await?;
    check(&server, &free, &[]).await?;
    check(&server, &limited, &["key", "client", "tenant", "month"]).await?;
    let sides = [&free, &limited].map(|key| {
        let calls = (0..SPELLINGS).map(|nth| server.call(key, "whoami", &spelling(nth)));
        Arc::new(Requests::new(calls.collect()))
    });
    let lasts = window.measured.mul_f64(rounds as f64);
    let mut rows = Vec::new();
    for callers in CALLERS {
        let [free, limited] = take_turns(&server, &sides, callers, lasts).await?;
        rows.push(Row {
            callers,
            free,
            limited,
        });
        eprintln!("measured {callers} callers");
    }
    Ok(rows)
}

/// A key of a tenant that nothing limits, and one of a tenant that everything limits.
async fn keys(server: &Bulkhead) -> anyhow::Result<[String; 2]> {
    let url = format!("http://{}", server.addr());
    let world = World::on(server.database(), Registry::built_in()?, &url, 2);
    let free = world.owner("free").await;
    let own = OwnLimits {
        loops: Some(Loops::Ignore),
        ..OwnLimits::default()
    };
    limits::change(&world.services, &free.actor, own).await?;
    let limited = world.owner("limited").await;
    give_plan(&limited, "enterprise").await?;
    let own = OwnLimits {
        monthly_units: Some(QUOTA),
        is_hard: true,
        loops: Some(Loops::Stop),
        ..OwnLimits::default()
    };
    limits::change(&world.services, &limited.actor, own).await?;
    let keys = [key(&free).await?, key(&limited).await?];
    world.services.db.close().await;
    Ok(keys)
}

/// As whoever bills does.
async fn give_plan(person: &Person, plan: &str) -> anyhow::Result<()> {
    let (s, tenant) = (&person.world.services, person.actor.tenant());
    let mut tx = s.db.tenant_tx(tenant).await?;
    let billing = Actor::system(tenant, "billing");
    plans::set(s, &mut tx, &billing, plans::Standing::active(plan)).await?;
    Ok(tx.commit().await?)
}

/// A key without a limit of its own.
async fn key(person: &Person) -> anyhow::Result<String> {
    let (s, a) = (&person.world.services, &person.actor);
    let client = person.client("bench").await;
    let created = domain::api_keys::create(s, a, client.id, new_key(&["account:read"])).await?;
    Ok(created.secret)
}

/// Fails unless an answer tells of these limits and no others.
async fn check(server: &Bulkhead, key: &str, wanted: &[&str]) -> anyhow::Result<()> {
    let mut connection = Connection::open(server.addr()).await?;
    let answer = connection.ask(&server.whoami(key)).await?;
    let told = answer.header("ratelimit-policy").unwrap_or_default();
    let names = told.split(", ").filter_map(|one| one.split('"').nth(1));
    let is_so = answer.status == 200 && names.eq(wanted.iter().copied());
    ensure!(is_so, "answered {} with the limits {told}", answer.status);
    Ok(())
}

/// No arguments, in one of many spellings: a loop is the same text again.
fn spelling(nth: usize) -> String {
    let blanks = (0..BITS).map(|bit| if (nth >> bit) & 1 == 0 { ' ' } else { '\t' });
    format!("{{{}}}", blanks.collect::<String>())
}
