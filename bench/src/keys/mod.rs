//! What it costs to find out whose a key is, with few and with many keys.
//!
//! Two servers with a database each are asked in turns. `tools/list` needs a key and writes nothing. A pass sends
//! each of 1,000 keys once, and a server's passes are further apart than its cache remembers: every key is looked
//! up. The same number of calls with one key that the cache knows is what everything else costs.

use crate::bulkhead::Bulkhead;
use crate::connection::{Connection, request};
use crate::load::{median, once_each};
use std::path::Path;
use std::time::{Duration, Instant};

mod fill;

/// Calls of a pass.
const PASS: usize = 1_000;
/// Longer than a key is remembered.
const FORGOTTEN: Duration = Duration::from_millis(1_100);

/// What was seen with one number of keys.
#[derive(Clone, Copy)]
pub struct Costs {
    /// How many keys there are.
    pub keys: usize,
    /// A call with a key that has to be looked up, in the middle.
    pub cold: Duration,
    /// A call with a key that is remembered.
    pub warm: Duration,
    /// Processor time of a cold call, server and PostgreSQL.
    pub cpu: Duration,
}

impl Costs {
    /// What looking up adds.
    pub fn authentication(&self) -> Duration {
        self.cold.saturating_sub(self.warm)
    }
}

struct Side {
    keys: usize,
    server: Bulkhead,
    connection: Connection,
    requests: Vec<Vec<u8>>,
    cold: Vec<Duration>,
    warm: Vec<Duration>,
    cpu: Duration,
}

/// Measures both numbers of keys in turns.
pub async fn run(
    program: &Path,
    few: usize,
    many: usize,
    passes: usize,
) -> anyhow::Result<[Costs; 2]> {
    let mut few = Side::prepare(program, few, passes).await?;
    let mut many = Side::prepare(program, many, passes).await?;
    // The first pass brings plans and pages into memory.
    for nth in 0..=passes {
        let began = Instant::now();
        few.pass(nth).await?;
        many.pass(nth).await?;
        tokio::time::sleep(FORGOTTEN.saturating_sub(began.elapsed())).await;
    }
    Ok([few.costs(), many.costs()])
}

impl Side {
    async fn prepare(program: &Path, keys: usize, passes: usize) -> anyhow::Result<Self> {
        let server = Bulkhead::start(program).await?;
        let secrets = fill::fill(&server.database(), keys, PASS * (passes + 1)).await?;
        eprintln!("stored {keys} keys");
        let list = |key: &String| request(server.addr(), key, "tools/list", None);
        let requests = secrets.iter().map(list).collect();
        let connection = Connection::open(server.addr()).await?;
        let (cold, warm, cpu) = (Vec::new(), Vec::new(), Duration::ZERO);
        Ok(Self {
            keys,
            server,
            connection,
            requests,
            cold,
            warm,
            cpu,
        })
    }

    async fn pass(&mut self, nth: usize) -> anyhow::Result<()> {
        let parts = (self.requests.len() / PASS).max(1);
        let from = nth % parts * PASS;
        let to = (from + PASS).min(self.requests.len());
        let before = self.server.cpu()?;
        let cold = once_each(&mut self.connection, &self.requests[from..to]).await?;
        let after = self.server.cpu()?;
        let known = vec![self.requests[to - 1].clone(); (to - from) / 4];
        let warm = once_each(&mut self.connection, &known).await?;
        if nth > 0 {
            self.cold.extend(cold);
            self.warm.extend(warm);
            self.cpu +=
                (after.server + after.postgres).saturating_sub(before.server + before.postgres);
        }
        Ok(())
    }

    fn costs(self) -> Costs {
        let calls = u32::try_from(self.cold.len()).unwrap_or(u32::MAX).max(1);
        Costs {
            keys: self.keys,
            cpu: self.cpu / calls,
            cold: median(self.cold),
            warm: median(self.warm),
        }
    }
}
