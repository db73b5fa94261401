//! Writes usage rows so that none is lost and calls do not queue for the disk one by one.
//!
//! A coalescer without a timer: while one commit is in flight the next batch collects, then goes
//! as one insert, then all its waiters are released. A call alone waits for one commit; sixty-four
//! together wait for at most two. Whatever can run at once does so before a batch goes: a commit of
//! a few rows costs the processor as much as one of many, and calls that just missed it wait longest.

use super::{Event, Settled, store};
use crate::{Db, Error, Result, error::violated};
use anyhow::anyhow;
use sqlx::PgConnection;
use std::time::Duration;
use tokio::{
    sync::{mpsc, oneshot},
    task::yield_now,
    time::Instant,
};

/// Calls that may wait for the disk; beyond it callers wait to be taken in.
const WAITING: usize = 4096;

/// Rows of one insert at most.
const BATCH: usize = 1024;

/// How long a batch is tried again while the database is away.
const PATIENCE: Duration = Duration::from_secs(5);

struct Waiting {
    event: Event,
    done: oneshot::Sender<bool>,
}

/// The only writer of usage rows.
#[derive(Clone)]
pub struct Recorder {
    queue: mpsc::Sender<Waiting>,
    db: Db,
}

impl Recorder {
    pub(crate) fn start(db: Db) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        tokio::spawn(write(db.clone(), receiver));
        Self { queue: sender, db }
    }

    /// Returns once the row is durable. An error means that the call must not be acknowledged.
    pub async fn record(&self, event: Event) -> Result<()> {
        let (done, durable) = oneshot::channel();
        let lost = || Error::Broken(anyhow!("the writer of usage rows is gone"));
        self.queue
            .send(Waiting { event, done })
            .await
            .map_err(|_| lost())?;
        match durable.await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Error::Broken(anyhow!("the usage row could not be written"))),
            Err(_) => Err(lost()),
        }
    }

    /// Writes the row of a call that its client may send again, and with it what is answered: both or neither. Answers whether
    /// it is so; not, if somebody else has taken the call over meanwhile, whose row counts then.
    pub async fn settle(&self, event: &Event, settled: &Settled<'_>) -> Result<bool> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let tried = async {
                let mut connection = self.db.system().await?;
                store::settle(&mut connection, event, settled).await
            };
            match tried.await {
                // The commit whose answer got lost: the row is there, and so is the answer.
                Err(error) if is_twin(&error) => return Ok(true),
                Err(error) if Instant::now() > deadline => return Err(error),
                Err(error) => {
                    tracing::error!(error = error.for_the_log(), "settling a call");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                settled => return settled,
            }
        }
    }

    /// Writes the row when there is time for it, or never: for calls that were refused, and are nobody's to pay.
    pub fn record_soon(&self, event: Event) {
        // Calls that were made come first.
        if self.queue.capacity() > WAITING / 2 {
            let (done, _) = oneshot::channel();
            let _ = self.queue.try_send(Waiting { event, done });
        }
    }
}

async fn write(db: Db, mut receiver: mpsc::Receiver<Waiting>) {
    let mut batch = Vec::with_capacity(BATCH);
    let mut connection = None;
    while receiver.recv_many(&mut batch, BATCH).await > 0 {
        yield_now().await;
        while batch.len() < BATCH
            && let Ok(waiting) = receiver.try_recv()
        {
            batch.push(waiting);
        }
        let (events, waiters): (Vec<_>, Vec<_>) = batch
            .drain(..)
            .map(|waiting| (waiting.event, waiting.done))
            .unzip();
        let written = insert_patiently(&db, &mut connection, &events).await;
        for waiter in waiters {
            // A caller that has gone away is counted all the same.
            let _ = waiter.send(written);
        }
    }
}

/// A commit whose answer got lost may have happened; repeating the insert is harmless because
/// rows that are there already are left alone.
async fn insert_patiently(
    db: &Db,
    connection: &mut Option<PgConnection>,
    events: &[Event],
) -> bool {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match insert(db, connection, events).await {
            Ok(()) => return true,
            Err(error) => {
                *connection = None;
                tracing::error!(
                    error = error.for_the_log(),
                    rows = events.len(),
                    "writing usage rows"
                );
                if Instant::now() > deadline {
                    return false;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// The writer keeps its connection: a pool would try it with each batch, a round trip for nothing.
async fn insert(db: &Db, kept: &mut Option<PgConnection>, events: &[Event]) -> Result<()> {
    let connection = match kept {
        Some(connection) => connection,
        None => kept.insert(db.system().await?.detach()),
    };
    match store::insert(connection, events).await {
        // Checking each row beforehand costs as much as writing it, and there is hardly ever one.
        Err(error) if is_twin(&error) => {
            let mut known = store::known(connection, events).await?;
            let new: Vec<_> = events
                .iter()
                .filter(|event| known.insert(event.id))
                .cloned()
                .collect();
            store::insert(connection, &new).await
        }
        inserted => inserted,
    }
}

/// Whether the row is there already. Each partition has its own name for the key.
fn is_twin(error: &Error) -> bool {
    violated(error).is_some_and(|key| key.starts_with("usage_events_") && key.ends_with("_pkey"))
}
