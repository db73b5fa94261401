//! What part of a limit is a server's own. Servers tell one another once a second that they live, and how much is asked
//! of buckets that are more than half empty; such a bucket is shared by demand, every other one evenly.
//!
//! An even share alone would refuse a client whose balancer keeps it on one server long before its limit. Shares add up
//! to the whole limit: each server is sure of a quarter of its even share, and the rest goes where calls are.

use super::{
    bucket::{Bucket, Clock, WHOLE},
    store,
};
use crate::{Result, Services};
use moka::sync::Cache;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use uuid::Uuid;

/// A server says so often that it lives.
pub const HEARTBEAT: Duration = Duration::from_secs(1);

/// A server that was silent for so long is dead.
const ALIVE: f64 = 5.0;

/// Buckets that a server tells of at most: the most asked.
const MOST_TOLD: usize = 256;

/// A bucket that is full again after this long is forgotten: a new one would be the same.
const FORGOTTEN: Duration = Duration::from_mins(2);

/// The buckets of this server and its part of each.
pub(crate) struct Buckets {
    server: Uuid,
    pub(super) clock: Clock,
    by_id: Cache<Uuid, Arc<Bucket>>,
    /// One part of as many as there are servers, in millionths.
    even: AtomicU32,
    watched: Mutex<Vec<Arc<Bucket>>>,
    /// Buckets that others ask much of, with what is left for a server that asks little.
    crowded: Mutex<HashMap<Uuid, u32>>,
}

/// A server as others see it.
pub(super) struct Other {
    pub buckets: Vec<Uuid>,
    pub asked: Vec<i64>,
}

impl Buckets {
    pub(super) fn new() -> Self {
        Self {
            server: Uuid::now_v7(),
            clock: Clock::new(),
            by_id: Cache::builder()
                .max_capacity(200_000)
                .time_to_idle(FORGOTTEN)
                .build(),
            even: AtomicU32::new(WHOLE),
            watched: Mutex::default(),
            crowded: Mutex::default(),
        }
    }

    /// The bucket with this id, the same one for as long as it is not full.
    pub(super) fn get(&self, id: Uuid) -> Arc<Bucket> {
        self.by_id.get_with(id, || {
            let bucket = Bucket::new(id);
            let crowded = self.crowded.lock().unwrap_or_else(PoisonError::into_inner);
            bucket.set_share(crowded.get(&id).copied());
            Arc::new(bucket)
        })
    }

    /// This server's part of a limit, in calls a minute.
    pub(super) fn mine(&self, bucket: &Bucket, per_minute: u32) -> f64 {
        let share = bucket.share(self.even());
        f64::from(per_minute) * f64::from(share) / f64::from(WHOLE)
    }

    fn even(&self) -> u32 {
        self.even.load(Ordering::Relaxed)
    }

    /// How many servers live, as far as this one knows.
    pub(super) fn servers(&self) -> i64 {
        i64::from(WHOLE / self.even().max(1)).max(1)
    }

    /// Looks after a bucket from which a call was taken or wanted. Alone, a server has nobody to share with.
    pub(super) fn watch(&self, bucket: &Arc<Bucket>, now: u64) {
        if self.even() == WHOLE || !bucket.is_busy(now) {
            return;
        }
        if !bucket.is_watched.swap(true, Ordering::Relaxed) {
            let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
            watched.push(bucket.clone());
        }
    }

    /// What is asked of the buckets that are watched, the most asked first. Those that are not busy any more are let go.
    fn demands(&self) -> Vec<(Arc<Bucket>, u32)> {
        let now = self.clock.now();
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        watched.retain(|bucket| {
            let busy = bucket.is_busy(now);
            if !busy {
                bucket.is_watched.store(false, Ordering::Relaxed);
                bucket.set_share(None);
            }
            busy
        });
        let mut demands: Vec<_> = watched
            .iter()
            .map(|bucket| (bucket.clone(), bucket.take_asked().max(1)))
            .collect();
        drop(watched);
        demands.sort_by_key(|(_, asked)| std::cmp::Reverse(*asked));
        demands
    }

    /// Takes over what the others tell.
    fn hear(&self, others: &[Other], mine: &[(Arc<Bucket>, u32)]) {
        let servers = others.len() as u32 + 1;
        self.even.store(WHOLE / servers, Ordering::Relaxed);
        let mut theirs: HashMap<Uuid, u64> = HashMap::new();
        for other in others {
            for (bucket, asked) in other.buckets.iter().zip(&other.asked) {
                *theirs.entry(*bucket).or_default() += asked.unsigned_abs();
            }
        }
        let sure = WHOLE / servers / 4;
        for (bucket, asked) in mine {
            let others = theirs.remove(&bucket.id).unwrap_or(0);
            bucket.set_share((servers > 1).then(|| part(u64::from(*asked), others, servers)));
        }
        let mut crowded = self.crowded.lock().unwrap_or_else(PoisonError::into_inner);
        let relieved = crowded.keys().filter(|id| !theirs.contains_key(*id));
        for bucket in relieved.filter_map(|id| self.by_id.get(id)) {
            if !bucket.is_watched.load(Ordering::Relaxed) {
                bucket.set_share(None);
            }
        }
        *crowded = theirs.into_keys().map(|id| (id, sure)).collect();
        for bucket in crowded.keys().filter_map(|id| self.by_id.get(id)) {
            bucket.set_share(Some(sure));
        }
    }
}

/// The part of a server that asks so much where others ask so much together, in millionths.
fn part(mine: u64, others: u64, servers: u32) -> u32 {
    let sure = WHOLE / servers / 4;
    let open = u64::from(WHOLE - sure * servers);
    sure + (open * mine / (mine + others).max(1)) as u32
}

/// Tells the others that this server lives and what is asked of it, and hears the same of them.
pub async fn beat(s: &Services) -> Result<()> {
    let buckets = &s.limits.buckets;
    let demands = buckets.demands();
    let told = &demands[..demands.len().min(MOST_TOLD)];
    let ids: Vec<_> = told.iter().map(|(bucket, _)| bucket.id).collect();
    let asked: Vec<_> = told.iter().map(|(_, asked)| i64::from(*asked)).collect();
    let mut db = s.db.system().await?;
    store::say_alive(&mut db, buckets.server, &ids, &asked).await?;
    let others = store::others(&mut db, buckets.server, ALIVE).await?;
    // What others do not hear of is shared evenly.
    buckets.hear(&others, told);
    Ok(())
}

/// Says that this server has gone.
pub(super) async fn leave(s: &Services) -> Result<()> {
    store::say_gone(&mut *s.db.system().await?, s.limits.buckets.server).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(demands: &[u64]) -> u32 {
        let all: u64 = demands.iter().sum();
        let servers = demands.len() as u32;
        let parts = demands.iter().map(|mine| part(*mine, all - mine, servers));
        parts.sum()
    }

    #[test]
    fn parts_never_add_up_to_more_than_the_limit_and_waste_little_of_it() {
        for demands in [
            vec![1],
            vec![5, 5],
            vec![100, 1],
            vec![1, 1, 1_000_000],
            vec![3, 7, 11, 13, 17],
        ] {
            let sum = sum(&demands);
            assert!(sum <= WHOLE && sum > WHOLE - 100, "{demands:?}: {sum}");
        }
    }

    #[test]
    fn whoever_is_asked_alone_has_nearly_everything_and_nobody_has_nothing() {
        assert_eq!(part(50, 0, 2), WHOLE - WHOLE / 8);
        assert_eq!(part(1, 1_000_000, 2), WHOLE / 8);
        let buckets = Buckets::new();
        let (hot, cold) = (
            buckets.get(Uuid::from_u128(1)),
            buckets.get(Uuid::from_u128(2)),
        );
        let other = Other {
            buckets: vec![cold.id],
            asked: vec![9],
        };
        buckets.hear(&[other], &[(hot.clone(), 10)]);
        assert!((buckets.mine(&hot, 100) - 87.5).abs() < 0.01);
        assert!((buckets.mine(&cold, 100) - 12.5).abs() < 0.01);
        let new = buckets.get(Uuid::from_u128(3));
        assert!((buckets.mine(&new, 100) - 50.0).abs() < 0.01);
        buckets.hear(&[], &[(hot.clone(), 10)]);
        for bucket in [hot, cold, new] {
            assert!((buckets.mine(&bucket, 100) - 100.0).abs() < 0.01);
        }
    }
}
