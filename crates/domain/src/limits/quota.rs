//! Quotas that are never exceeded, however many servers there are: a server takes units out of the database in leases and
//! calls take them from its memory. How many it takes follows how fast they go and how many are left, so that most calls
//! cost no statement and the last units are not stuck on one server.
//!
//! A lease is used for a few seconds. What is left of it is given back; a server that dies gives nothing back, and
//! [`super::take_back`] does it for it when the lease is over: all but what has a row of usage, and but for as many units
//! as may have been in flight, of which nobody knows whether they did their work.

use super::store::{self, Counter, Want};
use crate::{Result, Services};
use anyhow::Context as _;
use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};
use time::OffsetDateTime;
use uuid::Uuid;

/// Units are taken from a lease for so long.
const FRESH: Duration = Duration::from_secs(10);

/// Others believe in it for longer: a call that was begun with its last unit may run for 30 s and be written down for 5.
const BELIEVED: Duration = Duration::from_secs(50);

/// A lease is to last for so many seconds.
const WORTH: f64 = 2.0;

/// Units of one lease at most.
const MOST: i64 = 10_000;

/// Whoever was refused is refused without asking for so long: others may have given units back since.
const SURE: Duration = Duration::from_secs(1);

/// A quota that nobody asks of is forgotten.
const FORGOTTEN: Duration = Duration::from_mins(1);

/// What the database gave.
pub(in crate::limits) struct Given {
    pub units: i64,
    /// What is left for everybody.
    pub left: i64,
}

/// Why there is no unit: the quota is used up, or its last units are held by servers that may give some back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UsedUp {
    pub wait_seconds: u64,
}

/// A quota as this server sees it.
pub(crate) struct Quota {
    counter: Counter,
    period_until: OffsetDateTime,
    held: Mutex<Held>,
    /// One asks the database for all who wait.
    turn: Arc<tokio::sync::Mutex<()>>,
    waiting: AtomicI64,
}

struct Held {
    leases: Vec<Lease>,
    refused: Option<Refused>,
    /// Units taken since a moment.
    taken: i64,
    since: Instant,
    /// The most that were in flight since then.
    peak: i64,
    left_elsewhere: i64,
    asked_at: Instant,
}

/// When the database had no so many units.
#[derive(Clone, Copy)]
struct Refused {
    at: Instant,
    units: i64,
    used_up: UsedUp,
}

struct Lease {
    id: Uuid,
    left: i64,
    /// Units that calls hold, and how many they may.
    in_flight: i64,
    flight: i64,
    at: Instant,
    /// Whether units are taken from it.
    is_open: bool,
}

/// Units that a call holds while it runs. Dropped, they count as used.
pub struct Ticket {
    quota: Arc<Quota>,
    lease: Uuid,
    units: i64,
    is_settled: bool,
}

impl Ticket {
    /// The lease that it is of, for the row of the call.
    pub fn lease(&self) -> Uuid {
        self.lease
    }

    /// Says how many units the call has used after all.
    pub fn settle(mut self, units: i64) {
        self.is_settled = true;
        self.quota.settle(&self, units);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !self.is_settled {
            self.quota.settle(self, self.units);
        }
    }
}

impl Quota {
    pub(super) fn new(counter: Counter, period_until: OffsetDateTime) -> Self {
        let now = Instant::now();
        Self {
            counter,
            period_until,
            held: Mutex::new(Held {
                leases: Vec::new(),
                refused: None,
                taken: 0,
                since: now,
                peak: 0,
                left_elsewhere: 0,
                asked_at: now,
            }),
            turn: Arc::default(),
            waiting: AtomicI64::new(0),
        }
    }

    /// Takes units, all of them or none.
    pub(super) async fn take(
        self: &Arc<Self>,
        s: &Services,
        limit: i64,
        units: i64,
    ) -> Result<Result<Ticket, UsedUp>> {
        loop {
            if let Some(answer) = self.take_held(units) {
                return Ok(answer);
            }
            let waiting = Waiting::begin(&self.waiting, units);
            let turn = self.turn.clone().lock_owned().await;
            // Somebody has asked for all who waited.
            if let Some(answer) = self.take_held(units) {
                return Ok(answer);
            }
            let filling = self.clone().fill(s.clone(), limit, units);
            // Whoever goes away in the middle must not leave a lease that nobody knows of.
            let filled = tokio::spawn(async move {
                let filled = filling.await;
                drop(turn);
                filled
            });
            filled.await.context("taking a lease")??;
            drop(waiting);
        }
    }

    /// Units that are left, as far as this server knows.
    pub(super) fn left(&self) -> i64 {
        let held = self.held();
        let here: i64 = held.leases.iter().map(|lease| lease.left.max(0)).sum();
        match held.refused {
            Some(refused) if refused.units == 1 => 0,
            _ => held.left_elsewhere.max(0) + here,
        }
    }

    fn take_held(self: &Arc<Self>, units: i64) -> Option<Result<Ticket, UsedUp>> {
        let mut held = self.held();
        let now = Instant::now();
        held.asked_at = now;
        if let Some(refused) = held.refused {
            if now - refused.at >= SURE {
                held.refused = None;
            } else if units >= refused.units {
                return Some(Err(refused.used_up));
            }
        }
        let lease = held.leases.last_mut().filter(|lease| lease.is_open)?;
        let in_flight = lease.in_flight + units;
        if lease.left < units || in_flight > lease.flight || now - lease.at >= FRESH {
            return None;
        }
        lease.left -= units;
        lease.in_flight = in_flight;
        let id = lease.id;
        held.taken += units;
        held.peak = held.peak.max(in_flight);
        Some(Ok(Ticket {
            quota: self.clone(),
            lease: id,
            units,
            is_settled: false,
        }))
    }

    fn settle(&self, ticket: &Ticket, used: i64) {
        let mut held = self.held();
        let mut leases = held.leases.iter_mut();
        if let Some(lease) = leases.find(|lease| lease.id == ticket.lease) {
            lease.in_flight -= ticket.units;
            // What a call used beyond what it held is taken from the lease, and from the quota when there is no more.
            lease.left += ticket.units - used;
        }
    }

    /// Asks the database for another lease, and gives back what is left of those before.
    async fn fill(self: Arc<Self>, s: Services, limit: i64, least: i64) -> Result<()> {
        let want = self.want(&s, limit, least);
        let over = self.close(|_| true);
        let given = self.exchange(&s, want, &over).await;
        let now = Instant::now();
        let mut held = self.held();
        held.finish(&over, given.is_ok());
        match given? {
            Ok(given) => {
                held.left_elsewhere = given.left;
                (held.taken, held.peak, held.since) = (0, 0, now);
                held.leases.push(Lease {
                    id: want.lease,
                    left: given.units,
                    in_flight: 0,
                    flight: want.flight,
                    at: now,
                    is_open: true,
                });
            }
            Err(used_up) => {
                held.refused = Some(Refused {
                    at: now,
                    units: least,
                    used_up,
                });
            }
        }
        Ok(())
    }

    async fn exchange(
        &self,
        s: &Services,
        want: Want,
        over: &[Over],
    ) -> Result<Result<Given, UsedUp>> {
        let mut tx = s.db.tenant_tx(self.counter.tenant).await?;
        give_back(&mut tx, self.counter, over).await?;
        let mut given = store::lease(&mut tx, self.counter, want).await?;
        let mut held_elsewhere = 0;
        if given.is_none() {
            let (granted, held) = store::count(&mut tx, self.counter).await?;
            held_elsewhere = held;
            if granted + want.least <= want.limit {
                given = store::lease(&mut tx, self.counter, want).await?;
            }
        }
        tx.commit().await?;
        Ok(given.ok_or_else(|| self.used_up(held_elsewhere > 0)))
    }

    /// What others hold comes back within a minute, as far as they do not use it.
    fn used_up(&self, is_held: bool) -> UsedUp {
        let left = self.period_until - OffsetDateTime::now_utc();
        let left = left.whole_seconds().max(1).unsigned_abs();
        UsedUp {
            wait_seconds: if is_held { left.min(60) } else { left },
        }
    }

    fn want(&self, s: &Services, limit: i64, least: i64) -> Want {
        let waiting = self.waiting.load(Ordering::Relaxed).max(least);
        let held = self.held();
        let seconds = held.since.elapsed().as_secs_f64().max(0.001);
        let worth = (held.taken as f64 / seconds * WORTH).ceil() as i64;
        let running: i64 = held.leases.iter().map(|lease| lease.in_flight).sum();
        Want {
            lease: Uuid::now_v7(),
            limit,
            units: worth.max(waiting).min(MOST).max(least),
            least,
            flight: (held.peak * 2).max(running + waiting).max(2),
            servers: s.limits.buckets.servers(),
            seconds: BELIEVED.as_secs_f64(),
        }
    }

    /// Takes no more from leases that are to end, and says what is left of them.
    fn close(&self, ends: impl Fn(&Lease) -> bool) -> Vec<Over> {
        let mut held = self.held();
        let mut over = Vec::new();
        for lease in &mut held.leases {
            if lease.is_open && ends(lease) {
                lease.is_open = false;
            }
            if lease.is_open {
                continue;
            }
            let is_done = lease.in_flight == 0;
            if is_done || lease.left > 0 {
                over.push(Over {
                    lease: lease.id,
                    left: lease.left,
                    is_done,
                });
                lease.left = 0;
            }
        }
        over
    }

    /// Gives back what is not needed any more. False: it may be forgotten.
    pub(super) async fn tidy(&self, s: &Services, is_leaving: bool) -> Result<bool> {
        // Whoever asks for a lease gives back as well.
        let Ok(_turn) = self.turn.try_lock() else {
            return Ok(true);
        };
        let over = self.close(|lease| is_leaving || lease.at.elapsed() >= FRESH);
        if !over.is_empty() {
            let given_back = async {
                let mut tx = s.db.tenant_tx(self.counter.tenant).await?;
                give_back(&mut tx, self.counter, &over).await?;
                tx.commit().await
            };
            let given_back = given_back.await;
            self.held().finish(&over, given_back.is_ok());
            given_back?;
        }
        let mut held = self.held();
        // Others have written it off.
        held.leases.retain(|lease| lease.at.elapsed() < BELIEVED);
        Ok(!held.leases.is_empty() || held.asked_at.elapsed() < FORGOTTEN)
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A lease from which no more is taken.
struct Over {
    lease: Uuid,
    left: i64,
    /// Whether none of its calls runs any more.
    is_done: bool,
}

impl Held {
    /// Forgets leases that were given back; or puts back what was not.
    fn finish(&mut self, over: &[Over], is_given_back: bool) {
        for over in over {
            if is_given_back && over.is_done {
                self.leases.retain(|lease| lease.id != over.lease);
            } else if !is_given_back
                && let Some(lease) = self.leases.iter_mut().find(|lease| lease.id == over.lease)
            {
                lease.left += over.left;
            }
        }
    }
}

async fn give_back(db: &mut sqlx::PgConnection, counter: Counter, over: &[Over]) -> Result<()> {
    for over in over {
        if over.is_done {
            store::give_back(db, counter.tenant, over.lease, over.left).await?;
        } else {
            store::shrink(db, counter.tenant, over.lease, over.left).await?;
        }
    }
    Ok(())
}

/// Somebody who waits for units of a lease.
struct Waiting<'a>(&'a AtomicI64, i64);

impl<'a> Waiting<'a> {
    fn begin(number: &'a AtomicI64, units: i64) -> Self {
        number.fetch_add(units, Ordering::Relaxed);
        Self(number, units)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(self.1, Ordering::Relaxed);
    }
}
