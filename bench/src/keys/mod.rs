//! What it costs to find out whose a key is, with few and with many keys.
//!
//! Two servers with a database each are asked in turns. `tools/list` needs a key and writes nothing. A pass sends
//! each of 1,000 keys once, and a server's passes are further apart than its cache remembers: every key is looked
//! up. Calls with one key that the cache knows are what everything else costs.
//!
//! The same load on both is what is compared: 1,000 keys in use, out of few or out of many. Beside it stands what a
//! key costs that nobody has used yet, whose rows the database has to bring into its memory first.

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
    /// A call with a key that was never used before, if there are enough keys.
    pub first: Option<Duration>,
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
    in_use: Vec<Vec<u8>>,
    unused: Vec<Vec<u8>>,
    cold: Vec<Duration>,
    first: Vec<Duration>,
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
        let secrets = fill::fill(&server.database(), keys, PASS * (passes + 2)).await?;
        eprintln!("stored {keys} keys");
        let list = |key: &String| request(server.addr(), key, "tools/list", None);
        let mut in_use: Vec<_> = secrets.iter().map(list).collect();
        let unused = in_use.split_off(PASS.min(in_use.len()));
        let connection = Connection::open(server.addr()).await?;
        Ok(Self {
            keys,
            server,
            connection,
            in_use,
            unused,
            cold: Vec::new(),
            first: Vec::new(),
            warm: Vec::new(),
            cpu: Duration::ZERO,
        })
    }

    async fn pass(&mut self, nth: usize) -> anyhow::Result<()> {
        let before = self.server.cpu()?;
        let cold = once_each(&mut self.connection, &self.in_use).await?;
        let after = self.server.cpu()?;
        let last = self.in_use.last().cloned().unwrap_or_default();
        let warm = once_each(&mut self.connection, &vec![last; PASS / 4]).await?;
        let unused = self
            .unused
            .split_off(self.unused.len().saturating_sub(PASS));
        let first = once_each(&mut self.connection, &unused).await?;
        if nth > 0 {
            self.cold.extend(cold);
            self.warm.extend(warm);
            self.first.extend(first);
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
            first: (!self.first.is_empty()).then(|| median(self.first)),
            warm: median(self.warm),
        }
    }
}
