//! Keys rotate under load while the rotating process is killed (rule R16): nothing fails to open, and in
//! the end nothing is under an old key. `make soak` kills 50 times.

use api_types::{TenantId, UserId};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::data_keys::{COLUMNS, Cell, SECOND_FACTOR_SECRET, Sealed, check, status};
use domain::{Services, mail, second_factor};
use std::process::Stdio;
use std::time::{Duration, Instant};
use test_support::{Inbox, MASTER_KEY, World};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;
use tokio::time::{interval, sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const NEXT: [u8; 32] = [8; 32];
const BETWEEN: Duration = Duration::from_millis(10);
const PEOPLE: usize = 250;
const TENANTS: usize = 40;

fn kills() -> u64 {
    if std::env::var_os("BULKHEAD_SOAK").is_some() {
        50
    } else {
        10
    }
}

/// People and tenants who cost no password: second factors begun, and data keys drawn.
async fn furnish(world: &World) -> Vec<Uuid> {
    let pool = world.database.pool("postgres", 4);
    let people: Vec<Uuid> = sqlx::query_scalar(
        "insert into users (user_id, email, name, password_hash)
        select gen_random_uuid(), n || '@example.com', n, '' from generate_series(1, $1) n
        returning user_id",
    )
    .bind(PEOPLE as i32)
    .fetch_all(&pool)
    .await
    .expect("people");
    let tenants: Vec<Uuid> = sqlx::query_scalar(
        "insert into tenants (tenant_id, slug, name)
        select gen_random_uuid(), 'tenant-' || n, n from generate_series(1, $1) n
        returning tenant_id",
    )
    .bind(TENANTS as i32)
    .fetch_all(&pool)
    .await
    .expect("tenants");
    let s = &world.services;
    for user in &people {
        second_factor::begin(s, UserId(*user)).await.expect("begun");
    }
    for tenant in &tenants {
        let mut tx = s.db.tenant_tx(TenantId(*tenant)).await.expect("a tx");
        let cell = Cell::of_tenant(&SECOND_FACTOR_SECRET, TenantId(*tenant), *tenant);
        s.data_keys.seal(&mut tx, cell, b"x").await.expect("sealed");
        tx.commit().await.expect("committed");
    }
    people
}

/// Opens, seals and sends at a steady rate whatever becomes of it. Answers how much, and what failed.
async fn load(
    servers: Vec<Services>,
    people: Vec<Uuid>,
    stop: CancellationToken,
) -> (usize, Vec<String>) {
    let mut work = JoinSet::new();
    let mut ticks = interval(BETWEEN);
    let mut nth = 0;
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        let s = servers[nth % servers.len()].clone();
        let user = people[nth * 7 % people.len()];
        work.spawn(async move { one(&s, user, nth).await });
        nth += 1;
    }
    let done = work.join_all().await;
    let failed = done.into_iter().filter_map(Result::err);
    (nth, failed.collect())
}

async fn one(s: &Services, user: Uuid, nth: usize) -> Result<(), String> {
    let done = match nth % 4 {
        0 => second_factor::begin(s, UserId(user)).await,
        1 => letter(s).await,
        _ => open(s, user).await,
    };
    done.map_err(|error| error.for_the_log())
}

/// What checking a code begins with.
async fn open(s: &Services, user: Uuid) -> domain::Result<()> {
    let mut db = s.db.global().await?;
    let (bytes, version) =
        sqlx::query_as("select secret, secret_version from second_factors where user_id = $1")
            .bind(user)
            .fetch_one(&mut *db)
            .await?;
    let cell = Cell::of_instance(&SECOND_FACTOR_SECRET, user);
    let sealed = Sealed { bytes, version };
    s.data_keys.open(&mut db, cell, &sealed).await.map(drop)
}

async fn letter(s: &Services) -> domain::Result<()> {
    let letter = mail::Mail {
        to: api_types::input::Email::parse("ada@example.com")?,
        subject: "Hello".into(),
        text: "words".into(),
        html: "words".into(),
    };
    let mut db = s.db.global().await?;
    mail::enqueue(s, &mut db, &letter).await?;
    drop(db);
    mail::send_due(s, &Inbox::default()).await.map(drop)
}

fn rotate_keys(world: &World, arguments: &[&str], others: &[[u8; 32]]) -> Command {
    let others: Vec<_> = others.iter().map(|key| STANDARD.encode(key)).collect();
    let mut command = Command::new(env!("CARGO_BIN_EXE_bulkhead"));
    command
        .arg("rotate-keys")
        .args(arguments)
        .env("DATABASE_URL", world.database.url("bulkhead_runtime"))
        .env(
            "BULKHEAD_SYSTEM_DATABASE_URL",
            world.database.url("bulkhead_system"),
        )
        .env("BULKHEAD_MASTER_KEY", STANDARD.encode(NEXT))
        .env("BULKHEAD_PREVIOUS_MASTER_KEYS", others.join(","))
        .env_remove("BULKHEAD_OWNER_DATABASE_URL")
        .env("RUST_LOG", "warn")
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    command
}

/// `kill -9` a while after its first sentence, at another moment each time, and before the old keys
/// may go. Answers its last one.
async fn killed(mut process: Child, nth: u64) -> String {
    let output = process.stdout.take().expect("a pipe");
    let mut lines = BufReader::new(output).lines();
    let mut last = "nothing yet".to_owned();
    if let Ok(Ok(Some(line))) =
        tokio::time::timeout(Duration::from_millis(700), lines.next_line()).await
    {
        last = line;
    }
    sleep(Duration::from_millis(nth * nth * 37 % 600)).await;
    process.kill().await.expect("kill -9");
    while let Ok(Some(line)) = lines.next_line().await {
        last = line;
    }
    last
}

async fn finish(world: &World) {
    let last = rotate_keys(world, &["--grace", "1"], &[MASTER_KEY]).output();
    let last = last.await.expect("an end");
    let said = String::from_utf8_lossy(&last.stdout).into_owned();
    assert!(last.status.success(), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_rotate_under_load_and_kills_and_everything_opens_all_the_time() {
    let world = World::new().await;
    let people = furnish(&world).await;
    // One server still wraps with the old key, the other already with the next.
    let servers = vec![
        world.with_master_keys(&MASTER_KEY, &[NEXT]).services,
        world.with_master_keys(&NEXT, &[MASTER_KEY]).services,
    ];
    let stop = CancellationToken::new();
    let began = Instant::now();
    let working = tokio::spawn(load(servers, people.clone(), stop.clone()));
    let mut ends = Vec::new();
    for nth in 0..kills() {
        let process = rotate_keys(&world, &["--grace", "2"], &[MASTER_KEY]).spawn();
        ends.push(killed(process.expect("a process"), nth).await);
        // What is killed goes on; from time to time one must end, so that another can begin.
        if nth % 3 == 0 || nth + 1 == kills() {
            finish(&world).await;
        }
    }
    stop.cancel();
    let (done, failed) = working.await.expect("no panic");
    let took = began.elapsed();
    assert!(
        failed.is_empty(),
        "{} of {done}, such as {}",
        failed.len(),
        failed[0]
    );
    let rate = done as f64 / took.as_secs_f64();
    assert!(rate > 80.0, "{rate} a second");

    // Only the next key now, and it opens everything.
    let checked = rotate_keys(&world, &["--check"], &[])
        .output()
        .await
        .expect("an end");
    let told = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(checked.status.success(), "{told}");
    let alone = world.with_master_keys(&NEXT, &[]);
    check(&alone.services)
        .await
        .expect("the old key is not needed");
    for user in &people {
        let opened = open(&alone.services, *user).await;
        opened.expect("a secret that opens");
    }
    alone.unsent_letters().await;
    let after = status(&alone.services, COLUMNS).await.expect("a status");
    assert!(after.is_settled(), "{after:?}");
    println!(
        "{done} operations in {took:.1?} ({rate:.0} a second), {} kills, 0 failed to open; killed after: {ends:#?}\n{told}",
        ends.len()
    );
}
