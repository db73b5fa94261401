//! The load: callers that each wait for their answer before they call again.

use crate::connection::Connection;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// How long to warm up and how long to measure.
#[derive(Clone, Copy)]
pub struct Window {
    /// Not measured.
    pub warm_up: Duration,
    /// Measured.
    pub measured: Duration,
}

/// What callers saw.
pub struct Seen {
    /// Answers, those of the warm-up and after the end too.
    pub acknowledged: u64,
    /// How long each call within the window took, shortest first.
    pub latencies: Vec<Duration>,
}

impl Seen {
    /// Answers that took so long, in any order.
    pub fn of(mut latencies: Vec<Duration>) -> Self {
        latencies.sort_unstable();
        Self {
            acknowledged: latencies.len() as u64,
            latencies,
        }
    }

    /// The time that this share of the calls did not exceed.
    pub fn percentile(&self, share: f64) -> Duration {
        let last = self.latencies.len().saturating_sub(1);
        self.latencies
            .get((last as f64 * share).round() as usize)
            .copied()
            .unwrap_or_default()
    }
}

/// Requests that are sent one after the other, and then from the first one on again, by however many callers.
pub struct Requests {
    all: Vec<Vec<u8>>,
    sent: AtomicUsize,
}

impl Requests {
    /// At least one.
    pub fn new(all: Vec<Vec<u8>>) -> Self {
        Self {
            all,
            sent: AtomicUsize::new(0),
        }
    }

    fn next(&self) -> &[u8] {
        let nth = self.sent.fetch_add(1, Ordering::Relaxed);
        &self.all[nth % self.all.len()]
    }
}

/// So many callers repeat one request. `meter` is read when measuring begins and when it ends.
pub async fn closed_loop<M>(
    addr: SocketAddr,
    request: &[u8],
    callers: usize,
    window: Window,
    meter: impl Fn() -> anyhow::Result<M>,
) -> anyhow::Result<(Seen, M, M)> {
    let requests = Arc::new(Requests::new(vec![request.to_vec()]));
    closed_loop_of(addr, &requests, callers, window, meter).await
}

/// The same with more than one request.
pub async fn closed_loop_of<M>(
    addr: SocketAddr,
    requests: &Arc<Requests>,
    callers: usize,
    window: Window,
    meter: impl Fn() -> anyhow::Result<M>,
) -> anyhow::Result<(Seen, M, M)> {
    let from = Instant::now() + window.warm_up;
    let to = from + window.measured;
    let mut running = JoinSet::new();
    for _ in 0..callers {
        running.spawn(caller(addr, requests.clone(), from, to));
    }
    tokio::time::sleep_until(from.into()).await;
    let before = meter()?;
    tokio::time::sleep_until(to.into()).await;
    let after = meter()?;
    let mut seen = Seen {
        acknowledged: 0,
        latencies: Vec::new(),
    };
    while let Some(ended) = running.join_next().await {
        let one = ended??;
        seen.acknowledged += one.acknowledged;
        seen.latencies.extend(one.latencies);
    }
    seen.latencies.sort_unstable();
    Ok((seen, before, after))
}

async fn caller(
    addr: SocketAddr,
    requests: Arc<Requests>,
    from: Instant,
    to: Instant,
) -> anyhow::Result<Seen> {
    let mut connection = Connection::open(addr).await?;
    let mut seen = Seen {
        acknowledged: 0,
        latencies: Vec::new(),
    };
    let mut began = Instant::now();
    while began < to {
        connection.call(requests.next()).await?;
        let ended = Instant::now();
        seen.acknowledged += 1;
        if ended >= from && ended < to {
            seen.latencies.push(ended - began);
        }
        began = ended;
    }
    Ok(seen)
}

/// One caller sends each request once. Answers how long each took.
pub async fn once_each(
    connection: &mut Connection,
    requests: &[Vec<u8>],
) -> anyhow::Result<Vec<Duration>> {
    let mut latencies = Vec::with_capacity(requests.len());
    for request in requests {
        let began = Instant::now();
        connection.call(request).await?;
        latencies.push(began.elapsed());
    }
    Ok(latencies)
}

/// The middle one.
pub fn median<T: PartialOrd + Copy + Default>(values: impl IntoIterator<Item = T>) -> T {
    let mut values: Vec<T> = values.into_iter().collect();
    values.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
    values.get(values.len() / 2).copied().unwrap_or_default()
}
