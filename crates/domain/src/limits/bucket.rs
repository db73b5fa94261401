//! A token bucket in one word of memory: the moment at which it will be full again (the generic cell rate algorithm,
//! ITU-T I.371). Taking is one compare-and-swap, and a bucket whose rate changes stays as full as it was.

use std::{
    sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    time::{Duration, Instant},
};
use uuid::Uuid;

/// A bucket holds a minute's worth.
const WINDOW: u64 = 60_000_000_000;

/// A share of a limit that nobody has set.
const UNSET: u32 = 0;

/// Shares are counted in millionths.
pub(super) const WHOLE: u32 = 1_000_000;

/// One bucket, of a key, a client or a tenant, on this server.
pub(crate) struct Bucket {
    /// Whose it is.
    pub(super) id: Uuid,
    full_at: AtomicU64,
    /// What part of the limit is this server's, where that is known of this very bucket.
    share: AtomicU32,
    /// Calls since somebody last looked, with those that were refused.
    asked: AtomicU32,
    pub(super) is_watched: AtomicBool,
}

/// How full a bucket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Level {
    /// Calls that would be let through now.
    pub remaining: u64,
    /// Seconds until it is full.
    pub full_in: u64,
}

impl Bucket {
    pub(super) fn new(id: Uuid) -> Self {
        Self {
            id,
            full_at: AtomicU64::new(0),
            share: AtomicU32::new(UNSET),
            asked: AtomicU32::new(0),
            is_watched: AtomicBool::new(false),
        }
    }

    /// Takes one call at `now`, in nanoseconds, of so many a minute; or tells how long until there is one.
    pub(super) fn take(&self, now: u64, per_minute: f64) -> Result<(), Duration> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let cost = cost(per_minute);
        let mut full_at = self.full_at.load(Ordering::Relaxed);
        loop {
            let next = full_at.max(now) + cost;
            if next - now > WINDOW {
                return Err(Duration::from_nanos(next - now - WINDOW));
            }
            match self.full_at.compare_exchange_weak(
                full_at,
                next,
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                Ok(_) => return Ok(()),
                Err(other) => full_at = other,
            }
        }
    }

    /// Gives one call back that was taken and not made.
    pub(super) fn give_back(&self, per_minute: f64) {
        let cost = cost(per_minute);
        let less = |full_at: u64| Some(full_at.saturating_sub(cost));
        // It never refuses.
        let _ = self
            .full_at
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }

    pub(super) fn level(&self, now: u64, per_minute: f64) -> Level {
        let missing = self.full_at.load(Ordering::Relaxed).saturating_sub(now);
        Level {
            remaining: WINDOW.saturating_sub(missing) / cost(per_minute),
            full_in: missing.div_ceil(1_000_000_000),
        }
    }

    /// Whether more than half is gone.
    pub(super) fn is_busy(&self, now: u64) -> bool {
        self.full_at.load(Ordering::Relaxed).saturating_sub(now) > WINDOW / 2
    }

    /// Calls since this was last asked.
    pub(super) fn take_asked(&self) -> u32 {
        self.asked.swap(0, Ordering::Relaxed)
    }

    /// This server's part of the limit; `otherwise`, where nobody has said.
    pub(super) fn share(&self, otherwise: u32) -> u32 {
        match self.share.load(Ordering::Relaxed) {
            UNSET => otherwise,
            share => share,
        }
    }

    pub(super) fn set_share(&self, share: Option<u32>) {
        self.share
            .store(share.map_or(UNSET, |share| share.max(1)), Ordering::Relaxed);
    }
}

/// However small a server's share is, it lets one call a minute through.
fn cost(per_minute: f64) -> u64 {
    (WINDOW as f64 / per_minute.max(1.0)) as u64
}

/// The clock of buckets: nanoseconds since the process began to ask.
#[derive(Clone, Copy)]
pub(super) struct Clock(Instant);

impl Clock {
    pub(super) fn new() -> Self {
        Self(Instant::now())
    }

    pub(super) fn now(self) -> u64 {
        // Room for five centuries.
        self.0.elapsed().as_nanos() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn taken(bucket: &Bucket, now: u64, per_minute: f64) -> usize {
        (0..10_000)
            .take_while(|_| bucket.take(now, per_minute).is_ok())
            .count()
    }

    #[test]
    fn a_bucket_holds_a_minutes_worth_and_fills_evenly() {
        let bucket = Bucket::new(Uuid::nil());
        assert_eq!(taken(&bucket, 0, 60.0), 60);
        let wait = bucket.take(0, 60.0).expect_err("it is empty");
        assert_eq!(wait, Duration::from_secs(1));
        assert_eq!(taken(&bucket, SECOND, 60.0), 1);
        assert_eq!(taken(&bucket, 11 * SECOND, 60.0), 10);
        assert_eq!(taken(&bucket, 1000 * SECOND, 60.0), 60);
    }

    #[test]
    fn over_any_time_no_more_is_taken_than_the_rate_and_one_bucketful() {
        let bucket = Bucket::new(Uuid::nil());
        let taken: usize = (0..600).map(|s| taken(&bucket, s * SECOND, 90.0)).sum();
        assert!((980..=990).contains(&taken), "{taken}");
    }

    #[test]
    fn a_bucket_stays_as_full_as_it_was_when_its_rate_changes() {
        let bucket = Bucket::new(Uuid::nil());
        for _ in 0..30 {
            bucket.take(0, 60.0).expect("a call");
        }
        assert_eq!(bucket.level(0, 600.0).remaining, 300);
        assert_eq!(bucket.level(0, 6.0).remaining, 3);
        bucket.give_back(60.0);
        assert_eq!(bucket.level(0, 60.0).remaining, 31);
    }

    #[test]
    fn the_smallest_share_lets_one_call_through() {
        let bucket = Bucket::new(Uuid::nil());
        assert_eq!(taken(&bucket, 0, 0.1), 1);
    }
}
