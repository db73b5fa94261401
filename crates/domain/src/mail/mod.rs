//! Mail: written by templates, enqueued with the change that it tells of, sent by a worker.
//!
//! A letter may hold a one-time link. It lies in the outbox only until it is sent, sealed, and neither
//! it nor its address is ever logged.

mod letter;
pub mod templates;

pub(crate) use letter::Letter;

use crate::{
    Result, Services,
    outbox::{self, Job, Topic},
};
use anyhow::Context as _;
use api_types::input::Email;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use std::{fmt, time::Duration};
use uuid::Uuid;

pub use crate::outbox::Failure;

/// Less than a lease, so that nobody else tries while this attempt still runs.
const DEADLINE: Duration = Duration::from_mins(1);

/// So many letters in one run of a worker.
const AT_MOST: usize = 100;

/// A letter, ready to be sent.
#[derive(Clone)]
pub struct Mail {
    /// Whom it is for.
    pub to: Email,
    /// Its subject, one line.
    pub subject: String,
    /// Its body as text.
    pub text: String,
    /// The same body as HTML.
    pub html: String,
}

impl fmt::Debug for Mail {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Mail(…)")
    }
}

/// A letter on its way, with an id that is the same at every attempt.
#[derive(Debug)]
pub struct Outgoing {
    /// For the `Message-ID`: who gets a letter twice can tell.
    pub id: Uuid,
    /// The letter.
    pub mail: Mail,
}

/// Something that hands letters over.
pub trait Mailer: Send + Sync {
    /// Hands one over. Success means that somebody else has taken responsibility for it.
    fn send(&self, outgoing: &Outgoing) -> impl Future<Output = Result<(), Failure>> + Send;
}

#[derive(Serialize, Deserialize)]
struct Stored {
    to: String,
    subject: String,
    text: String,
    html: String,
}

/// Adds a letter to the caller's transaction: it is sent if and only if that commits.
pub async fn enqueue(s: &Services, db: &mut PgConnection, mail: &Mail) -> Result<()> {
    let stored = Stored {
        to: mail.to.as_str().into(),
        subject: mail.subject.clone(),
        text: mail.text.clone(),
        html: mail.html.clone(),
    };
    let payload = serde_json::to_string(&stored).context("writing a letter down")?;
    outbox::enqueue(s, db, Topic::Mail, &payload).await
}

/// Sends what is due. Answers how many letters were tried.
pub async fn send_due(s: &Services, mailer: &impl Mailer) -> Result<usize> {
    let db = &s.db;
    for tried in 0..AT_MOST {
        let Some(job) = outbox::claim(db, Topic::Mail).await? else {
            return Ok(tried);
        };
        match attempt(s, &job, mailer).await {
            Ok(()) => outbox::done(db, &job).await?,
            Err(failure) => outbox::failed(db, &job, &failure).await?,
        }
    }
    Ok(AT_MOST)
}

async fn attempt(s: &Services, job: &Job, mailer: &impl Mailer) -> Result<(), Failure> {
    let payload = outbox::open(s, job).await.map_err(|error| Failure {
        reason: format!("the stored letter does not open: {}", error.for_the_log()),
        retry: true,
    })?;
    let outgoing = Outgoing {
        id: job.id,
        mail: read(&payload)?,
    };
    tokio::time::timeout(DEADLINE, mailer.send(&outgoing))
        .await
        .unwrap_or_else(|_| {
            Err(Failure {
                reason: "the mail server took too long".into(),
                retry: true,
            })
        })
}

fn read(payload: &[u8]) -> Result<Mail, Failure> {
    // The parser's own message would quote the letter.
    let unreadable = || Failure {
        reason: "the stored letter cannot be read".into(),
        retry: false,
    };
    let stored: Stored = serde_json::from_slice(payload).map_err(|_| unreadable())?;
    Ok(Mail {
        to: Email::parse(&stored.to).map_err(|_| unreadable())?,
        subject: stored.subject,
        text: stored.text,
        html: stored.html,
    })
}
