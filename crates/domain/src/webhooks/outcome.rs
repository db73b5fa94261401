//! What came of an attempt, written down while the lease is ours.

use super::{
    lanes::Place,
    schedule,
    store::{self, Came},
    trouble::{self, FAILING},
};
use crate::{
    Result, Services,
    outbound::{Reply, Unreachable},
};
use api_types::{TenantId, WebhookId};
use std::time::Duration;
use time::OffsetDateTime;
use uuid::Uuid;

/// So much of an answer is kept, for people to look at.
const MOST_KEPT: usize = 4 * 1024;

/// An attempt that was made.
pub(super) struct Attempt<'a> {
    pub s: &'a Services,
    pub tenant: TenantId,
    pub id: Uuid,
    pub lease: Uuid,
    pub endpoint: WebhookId,
    /// Failures before this attempt.
    pub tries: i32,
    pub at: OffsetDateTime,
    pub took: Duration,
}

/// Writes down what came of it.
pub(super) async fn write(
    attempt: Attempt<'_>,
    place: &Place,
    answer: Result<Reply, Unreachable>,
) -> Result<()> {
    if !matches!(answer, Err(Unreachable::Busy { .. })) {
        place.answered(answer.is_ok());
    }
    match answer {
        // It was not asked, so this is no attempt: its turn is the first when the endpoint may be asked again.
        Err(Unreachable::Busy { retry_after }) => {
            place.rest(schedule::jittered(retry_after));
            attempt.release().await
        }
        Ok(reply) if (200..300).contains(&reply.status) => attempt.arrived(&reply).await,
        Ok(reply) => attempt.failed(Ok(&reply)).await,
        Err(error) => attempt.failed(Err(error)).await,
    }
}

/// What is not sent, for the tenant's plan has no webhooks: it can be sent again when it has.
pub(super) async fn give_up(attempt: &Attempt<'_>) -> Result<()> {
    let came = Came {
        error: Some("the tenant's plan has no webhooks"),
        ..attempt.came()
    };
    let mut tx = attempt.s.db.tenant_tx(attempt.tenant).await?;
    if store::settle(&mut tx, attempt.tenant, attempt.id, attempt.lease, &came).await? {
        tx.commit().await?;
    }
    Ok(())
}

impl Attempt<'_> {
    async fn release(&self) -> Result<()> {
        let mut tx = self.s.db.tenant_tx(self.tenant).await?;
        store::release(&mut tx, self.tenant, self.id, self.lease).await?;
        tx.commit().await
    }

    async fn arrived(&self, reply: &Reply) -> Result<()> {
        let response = kept(&reply.body);
        let came = Came {
            arrived: true,
            status: Some(reply.status.into()),
            response: Some(&response),
            ..self.came()
        };
        let mut tx = self.s.db.tenant_tx(self.tenant).await?;
        store::count_success(&mut tx, self.tenant, self.endpoint).await?;
        if store::settle(&mut tx, self.tenant, self.id, self.lease, &came).await? {
            tx.commit().await?;
        }
        Ok(())
    }

    /// An answer that is no yes, a redirect too, or none.
    async fn failed(&self, answer: Result<&Reply, Unreachable>) -> Result<()> {
        let status = answer.ok().map(|reply| reply.status);
        let error = answer.err().map(|error| error.to_string());
        let response = answer.ok().map(|reply| kept(&reply.body));
        let told = match (&error, status) {
            (Some(error), _) => error.clone(),
            (None, status) => format!("it answered {}", status.unwrap_or_default()),
        };
        let (s, tenant, endpoint) = (self.s, self.tenant, self.endpoint);
        let mut tx = s.db.tenant_tx(tenant).await?;
        let standing = store::count_failure(&mut tx, tenant, endpoint, &told, FAILING).await?;
        let Some(standing) = standing else {
            // It was deleted, and the delivery with it.
            return Ok(());
        };
        let reason = trouble::reason_to_disable(&standing, status, &told);
        let wanted = answer.ok().and_then(wish);
        let pause = schedule::pause(self.tries + 1, wanted);
        let pause = pause.filter(|_| reason.is_none() && !standing.is_disabled);
        let came = Came {
            status: status.map(Into::into),
            error: error.as_deref(),
            response: response.as_deref(),
            again_in: pause.map(|pause| pause.as_secs_f64()),
            ..self.came()
        };
        if !store::settle(&mut tx, tenant, self.id, self.lease, &came).await? {
            return Ok(());
        }
        if let Some(reason) = reason {
            trouble::disable(s, &mut tx, tenant, endpoint, &standing, &reason).await?;
        }
        tx.commit().await
    }

    fn came<'a>(&self) -> Came<'a> {
        Came {
            arrived: false,
            at: self.at,
            duration_ms: i64::try_from(self.took.as_millis()).unwrap_or(i64::MAX),
            status: None,
            error: None,
            response: None,
            again_in: None,
        }
    }
}

/// How long the endpoint wants to be left alone (RFC 9110, 10.2.3).
fn wish(reply: &Reply) -> Option<Duration> {
    matches!(reply.status, 429 | 503)
        .then(|| reply.retry_after())
        .flatten()
}

/// The beginning of an answer as text that the database can store.
fn kept(body: &[u8]) -> String {
    let beginning = &body[..body.len().min(MOST_KEPT)];
    let mut text = String::from_utf8_lossy(beginning).replace('\0', "\u{fffd}");
    // What is no text became longer.
    text.truncate(text.floor_char_boundary(MOST_KEPT));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_kibibytes_of_an_answer_are_kept_whatever_they_are() {
        assert_eq!(kept(b"ok"), "ok");
        assert_eq!(kept(b"a\0b\xff"), "a\u{fffd}b\u{fffd}");
        assert!(kept(&[0xff; 10_000]).len() <= MOST_KEPT);
        assert!(kept("ä".repeat(5000).as_bytes()).len() <= MOST_KEPT);
    }

    #[test]
    fn only_who_is_busy_may_ask_for_patience() {
        let reply = |status| Reply {
            status,
            headers: vec![("retry-after".into(), "7".into())],
            body: Vec::new(),
            tries: 1,
        };
        assert_eq!(wish(&reply(503)), Some(Duration::from_secs(7)));
        assert_eq!(wish(&reply(429)), Some(Duration::from_secs(7)));
        assert_eq!(wish(&reply(500)), None);
    }
}
