//! How fast rows are added up.

use std::time::Duration;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

/// A piece of work is followed by a rest of so many times its length: of a connection it takes a tenth.
const REST: u32 = 9;
/// Who has been at it for so long rests no longer than it works, or it would never end.
const LONG: Duration = Duration::from_mins(1);
/// PostgreSQL ends transactions in which nothing happens for a minute.
const LONGEST_REST: Duration = Duration::from_secs(20);

/// How much of the database adding up may have.
pub enum Pace {
    /// All of it.
    AtOnce,
    /// What calls hardly notice: a little at a time, with rests. They are skipped when the server stops.
    Gentle(CancellationToken),
}

/// The rests of one run.
pub(super) struct Rests<'a> {
    pace: &'a Pace,
    began: Instant,
}

impl<'a> Rests<'a> {
    pub fn new(pace: &'a Pace) -> Self {
        let began = Instant::now();
        Self { pace, began }
    }

    /// Rests after work that began then.
    pub async fn after(&self, work: Instant) {
        if let Pace::Gentle(stop) = self.pace {
            let times = if self.began.elapsed() < LONG { REST } else { 1 };
            let rest = (work.elapsed() * times).min(LONGEST_REST);
            stop.run_until_cancelled(sleep(rest)).await;
        }
    }
}
