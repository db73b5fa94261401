//! What is left of the calls when ten times as many come as can be answered: those that are let in are to be answered as
//! soon as ever, all others sent away at once, and afterwards all is to be as before.
//!
//! Bursts and levels of callers who are waited for take turns: a host that is faster in one minute than in the next, and
//! tables that grow, are in both.
//!
//! An open load: every connection has a schedule of its own and falls behind it only while it waits for an answer; what
//! is late is sent at once. Times count from sending and not from when a call was due, for lateness may be the
//! generator's own; how many calls were really sent is told instead, and how busy the generator's core was.

use crate::bulkhead::Bulkhead;
use crate::calls::result_of;
use crate::connection::{Connection, liveness};
use crate::group::Group;
use crate::load::{Seen, Window, closed_loop};
use crate::process::{open_many_files, own_cpu};
use anyhow::{anyhow, bail, ensure};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime;
use tokio::task::JoinSet;
use tokio::time::{interval, sleep, sleep_until};

/// Callers who are waited for, before the burst and afterwards.
pub const CALLERS: usize = 64;
const CONNECTIONS: usize = 1024;
/// Callers in the burst who come again when they were told to, and otherwise ten times a second.
const PATIENT: usize = 16;
const PATIENCE: Duration = Duration::from_millis(100);
/// So many times the peak is offered.
const TIMES: f64 = 10.0;
/// Between two questions whether the server lives.
const BEAT: Duration = Duration::from_millis(50);
const REST: Duration = Duration::from_secs(5);

/// How to measure.
pub struct Plan {
    /// How many bursts.
    pub rounds: usize,
    /// The closed loops before and after each.
    pub window: Window,
    /// How long each burst is.
    pub burst: Duration,
    /// Percent of its core that the server gets.
    pub share: u32,
    /// Requests that it works on at once; its default, if absent.
    pub max_requests: Option<usize>,
}

/// What was seen.
pub struct Overload {
    /// Percent of its core that the server had; all of it, if absent.
    pub share: Option<u32>,
    /// The bursts, each with the peak before it and the one five seconds after it.
    pub rounds: Vec<Round>,
    /// Resident memory of the server before the first burst and at most after one, in bytes.
    pub resident: [u64; 2],
    /// All calls that were answered with a result.
    pub accepted: u64,
    /// Rows of usage but those of calls that came too fast.
    pub counted: u64,
}

/// A burst between two levels.
pub struct Round {
    /// Callers who are waited for: the peak.
    pub before: Level,
    /// Ten times as many calls.
    pub burst: Burst,
    /// The same callers as before, five seconds later.
    pub afterwards: Level,
}

impl Round {
    /// What was answered in the burst, of what is answered before and after it.
    pub fn goodput(&self) -> f64 {
        self.burst.goodput * 2.0 / (self.before.rate + self.afterwards.rate)
    }

    /// How many times as long those waited in the burst who come again when they were told to.
    pub fn slower_meanwhile(&self) -> f64 {
        let [accepted, _] = &self.burst.patient;
        accepted.percentile(0.99).as_secs_f64() / self.before.p99.as_secs_f64()
    }

    /// The same of callers five seconds later.
    pub fn slower_afterwards(&self) -> f64 {
        self.afterwards.p99.as_secs_f64() / self.before.p99.as_secs_f64()
    }
}

/// What callers saw who are waited for.
#[derive(Clone)]
pub struct Level {
    /// Answers a second.
    pub rate: f64,
    /// 99 of 100 calls took at most so long.
    pub p99: Duration,
    acknowledged: u64,
}

/// What the burst has shown.
pub struct Burst {
    /// Calls that were sent in a second.
    pub sent: f64,
    /// Calls that were answered with a result in a second.
    pub goodput: f64,
    /// Calls that were sent away in a second.
    pub turned_away: f64,
    /// All calls that were answered with a result.
    pub accepted: Seen,
    /// All calls that were sent away.
    pub refused: Seen,
    /// Those of patient callers among the ones, and the others.
    pub patient: [Seen; 2],
    /// Answers to whether the server lives.
    pub alive: Seen,
    /// The share of its core that the generator used: near 1, its own lateness is in the times.
    pub asking: f64,
}

/// Runs the experiment. Fails if a call is answered with anything but a result or a refusal that says when to come again.
pub async fn run(program: &Path, plan: &Plan) -> anyhow::Result<Overload> {
    open_many_files()?;
    let most = plan.max_requests.map(|most| most.to_string());
    let settings = most.map(|most| ("BULKHEAD_MAX_REQUESTS", most));
    let settings = settings.into_iter().collect();
    let server = Bulkhead::start_with(program, settings, Group::create()).await?;
    let call = server.whoami(&server.new_key().await?);
    let is_limited = server.limit(plan.share)?;
    let mut before = level(&server, &call, plan.window).await?;
    let mut answered = before.acknowledged;
    let resident_before = server.process()?.memory()?.resident;
    let (mut resident_after, mut rounds) = (0, Vec::with_capacity(plan.rounds));
    for _ in 0..plan.rounds {
        let burst = burst(server.addr(), &call, before.rate * TIMES, plan.burst).await?;
        resident_after = server.process()?.memory()?.resident.max(resident_after);
        sleep(REST).await;
        let afterwards = level(&server, &call, plan.window).await?;
        answered += burst.accepted.acknowledged + afterwards.acknowledged;
        let round = Round {
            before,
            burst,
            afterwards,
        };
        before = round.afterwards.clone();
        rounds.push(round);
    }
    Ok(Overload {
        share: is_limited.then_some(plan.share),
        rounds,
        resident: [resident_before, resident_after],
        accepted: answered,
        counted: server.counted().await?,
    })
}

async fn level(server: &Bulkhead, call: &[u8], window: Window) -> anyhow::Result<Level> {
    let (seen, (), ()) = closed_loop(server.addr(), call, CALLERS, window, || Ok(())).await?;
    ensure!(!seen.latencies.is_empty(), "no call was answered");
    Ok(Level {
        rate: seen.latencies.len() as f64 / window.measured.as_secs_f64(),
        p99: seen.percentile(0.99),
        acknowledged: seen.acknowledged,
    })
}

/// Offers so many calls a second for so long.
async fn burst(addr: SocketAddr, call: &[u8], rate: f64, lasts: Duration) -> anyhow::Result<Burst> {
    let mut connections = Vec::with_capacity(CONNECTIONS);
    for _ in 0..CONNECTIONS {
        let mut connection = Connection::open(addr).await?;
        // Once it is answered it waits no more for being taken in.
        connection.call(&liveness(addr)).await?;
        connections.push(connection);
    }
    let call: Arc<[u8]> = call.into();
    let every = Duration::from_secs_f64(CONNECTIONS as f64 / rate);
    let (from, asked) = (Instant::now(), own_cpu()?);
    let until = from + lasts;
    // On a thread of its own: it does not queue behind what the generator has to do.
    let alive = std::thread::spawn(move || stay_alive(addr, until));
    let (mut running, mut waiting) = (JoinSet::new(), JoinSet::new());
    for _ in 0..PATIENT {
        let connection = Connection::open(addr).await?;
        let schedule = Schedule::new(from, PATIENCE, until).patient();
        waiting.spawn(send(addr, connection, call.clone(), schedule));
    }
    for (nth, connection) in connections.into_iter().enumerate() {
        let first = from + every.mul_f64(nth as f64 / CONNECTIONS as f64);
        let schedule = Schedule::new(first, every, until);
        running.spawn(send(addr, connection, call.clone(), schedule));
    }
    let (mut all, mut patient) = (Answers::default(), Answers::default());
    while let Some(ended) = running.join_next().await {
        all.add(ended??);
    }
    while let Some(ended) = waiting.join_next().await {
        patient.add(ended??);
    }
    all.add(patient.clone());
    let asking = own_cpu()?.saturating_sub(asked).as_secs_f64() / from.elapsed().as_secs_f64();
    let alive = alive.join().map_err(|_| anyhow!("asking /livez broke"))??;
    let per_second = |calls: u64| calls as f64 / lasts.as_secs_f64();
    Ok(Burst {
        sent: per_second(all.sent),
        goodput: per_second(all.accepted_in_time),
        turned_away: per_second(all.refused_in_time),
        accepted: Seen::of(all.accepted),
        refused: Seen::of(all.refused),
        patient: [patient.accepted, patient.refused].map(Seen::of),
        alive: Seen::of(alive),
        asking,
    })
}

/// What became of the calls of the burst.
#[derive(Clone, Default)]
struct Answers {
    sent: u64,
    accepted: Vec<Duration>,
    refused: Vec<Duration>,
    /// Those of them that were answered before the burst was over.
    accepted_in_time: u64,
    refused_in_time: u64,
}

impl Answers {
    fn add(&mut self, other: Self) {
        self.sent += other.sent;
        self.accepted.extend(other.accepted);
        self.refused.extend(other.refused);
        self.accepted_in_time += other.accepted_in_time;
        self.refused_in_time += other.refused_in_time;
    }
}

/// When a connection sends.
struct Schedule {
    due: Instant,
    every: Duration,
    until: Instant,
    /// Whether it comes again when it was told to, and makes up for nothing.
    is_patient: bool,
}

impl Schedule {
    fn new(first: Instant, every: Duration, until: Instant) -> Self {
        Self {
            due: first,
            every,
            until,
            is_patient: false,
        }
    }

    fn patient(self) -> Self {
        Self {
            is_patient: true,
            ..self
        }
    }

    fn go_on(&mut self, after: Option<Duration>) {
        self.due = if self.is_patient {
            Instant::now() + after.unwrap_or(self.every)
        } else {
            self.due + self.every
        };
    }
}

/// One connection, with a schedule of its own.
async fn send(
    addr: SocketAddr,
    mut connection: Connection,
    call: Arc<[u8]>,
    mut schedule: Schedule,
) -> anyhow::Result<Answers> {
    let mut seen = Answers::default();
    loop {
        sleep_until(schedule.due.into()).await;
        let sent = Instant::now();
        if sent >= schedule.until {
            return Ok(seen);
        }
        seen.sent += 1;
        let answer = connection.ask(&call).await?;
        let ended = Instant::now();
        let in_time = u64::from(ended < schedule.until);
        let mut after = None;
        match answer.status {
            200 => {
                result_of(answer.body)?;
                seen.accepted.push(ended - sent);
                seen.accepted_in_time += in_time;
            }
            status @ (429 | 503) => {
                let Some(seconds) = answer.header("retry-after") else {
                    bail!("answered {status} without Retry-After");
                };
                after = Some(Duration::from_secs(seconds.parse()?));
                seen.refused.push(ended - sent);
                seen.refused_in_time += in_time;
            }
            status => bail!(
                "answered {status}: {}",
                String::from_utf8_lossy(answer.body)
            ),
        }
        let closes = answer.header("connection") == Some("close");
        if closes {
            connection = Connection::open(addr).await?;
        }
        schedule.go_on(after);
    }
}

/// Asks whether the server lives, again and again. Answers how long each answer took.
fn stay_alive(addr: SocketAddr, until: Instant) -> anyhow::Result<Vec<Duration>> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let (request, mut times) = (liveness(addr), Vec::new());
        let mut connection = Connection::open(addr).await?;
        let mut beats = interval(BEAT);
        while Instant::now() < until {
            beats.tick().await;
            let asked = Instant::now();
            connection.call(&request).await?;
            times.push(asked.elapsed());
        }
        Ok(times)
    })
}
