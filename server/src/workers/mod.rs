//! What the server does without being asked. Rules and locks are `domain`'s; the cadence is here.

mod audit;
mod billing;
mod keys;
mod mail;
mod runs;
mod usage;
mod webhooks;

use crate::mailer::Mailer;
pub(crate) use audit::AuditJobs;
use domain::{
    Services, accounts, apis, connections, connectors, credentials, limits, oauth_server, passkeys,
    sessions, sign_in_with, sso, tenants, throttle,
};
use runs::Runs;
use std::pin::Pin;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

const FLUSH_USES: Duration = Duration::from_secs(1);
/// Tokens live for minutes at least, and are refreshed well before their end.
const REFRESH_TOKENS: Duration = Duration::from_secs(1);
/// Each is fetched once an hour.
const FETCH_DOCUMENTS: Duration = Duration::from_mins(1);
/// A key signs for 30 days.
const ROTATE_SIGNING_KEYS: Duration = Duration::from_mins(10);
const PRUNE_GUESSES: Duration = Duration::from_mins(5);
/// Each is looked at once a day.
const LOOK_AT_DOMAINS: Duration = Duration::from_mins(10);
const DELETE_TENANTS: Duration = Duration::from_mins(1);
/// A new file of places counts within this.
const RENEW_PLACES: Duration = Duration::from_mins(1);
/// A lease is used for ten seconds.
const TIDY_QUOTAS: Duration = Duration::from_secs(2);
/// A lease is believed for fifty.
const TAKE_BACK: Duration = Duration::from_secs(5);
const TELL_OF_QUOTAS: Duration = Duration::from_secs(20);
const DELETE_SESSIONS: Duration = Duration::from_hours(1);
type Job = Pin<Box<dyn Future<Output = domain::Result<()>> + Send>>;

/// The running workers.
pub(crate) struct Workers(JoinSet<()>);

impl Workers {
    /// Starts all of them; they end with `stop`, after the run they are in.
    pub(crate) fn start(
        services: &Services,
        audit: AuditJobs,
        usage_retention_days: u32,
        mailer: Mailer,
        stop: &CancellationToken,
    ) -> Self {
        let (mut set, runs) = (JoinSet::new(), Runs::default());
        audit::start(&mut set, services, audit, &runs, stop);
        keys::start(&mut set, services, &runs, stop);
        usage::start(&mut set, services, usage_retention_days, &runs, stop);
        billing::start(&mut set, services, &runs, stop);
        let mut every = |name, period, job: fn(Services) -> Job| {
            let (services, runs, stop) = (services.clone(), runs.clone(), stop.clone());
            set.spawn(repeat(name, period, job, services, runs, stop));
        };
        every("write the last use of keys and log-ins", FLUSH_USES, |s| {
            Box::pin(async move { credentials::flush_uses(&s).await.map(drop) })
        });
        every("write the last use of connections", FLUSH_USES, |s| {
            Box::pin(async move { connections::flush_uses(&s).await.map(drop) })
        });
        every("refresh tokens of connections", REFRESH_TOKENS, |s| {
            Box::pin(async move { connections::refresh_due(&s).await.map(drop) })
        });
        every("delete what is over of connections", DELETE_SESSIONS, |s| {
            Box::pin(async move { connections::delete_expired(&s.db).await.map(drop) })
        });
        every(
            "fetch the documents of imported APIs",
            FETCH_DOCUMENTS,
            |s| Box::pin(async move { apis::sync_due(&s).await.map(drop) }),
        );
        every("delete files of tools", DELETE_SESSIONS, |s| {
            Box::pin(async move { connectors::delete_expired_files(&s.db).await.map(drop) })
        });
        every(
            "replace the key that signs tokens",
            ROTATE_SIGNING_KEYS,
            |s| Box::pin(async move { oauth_server::rotate_signing_keys(&s).await.map(drop) }),
        );
        every("delete what is over of log-ins", DELETE_SESSIONS, |s| {
            Box::pin(async move { oauth_server::delete_expired(&s.db).await.map(drop) })
        });
        every("forget old sign-in guesses", PRUNE_GUESSES, |s| {
            Box::pin(async move { throttle::prune(&s.db).await.map(drop) })
        });
        every("delete expired links", DELETE_SESSIONS, |s| {
            Box::pin(async move { accounts::delete_expired(&s.db).await.map(drop) })
        });
        every("delete unanswered challenges", PRUNE_GUESSES, |s| {
            Box::pin(async move { passkeys::delete_expired(&s.db).await.map(drop) })
        });
        every(
            "delete sign-ins that came to nothing",
            DELETE_SESSIONS,
            |s| Box::pin(async move { sign_in_with::delete_expired(&s.db).await.map(drop) }),
        );
        every("delete ended sessions", DELETE_SESSIONS, |s| {
            Box::pin(async move { sessions::delete_expired(&s.db).await.map(drop) })
        });
        every("look at verified domains again", LOOK_AT_DOMAINS, |s| {
            Box::pin(async move { sso::recheck(&s).await.map(drop) })
        });
        every("read the file of places anew", RENEW_PLACES, |s| {
            Box::pin(async move { s.places.renew().await.map(drop) })
        });
        every("tell other servers of this one", limits::HEARTBEAT, |s| {
            Box::pin(async move { limits::beat(&s).await })
        });
        every("give back what is left of quotas", TIDY_QUOTAS, |s| {
            Box::pin(async move { limits::tidy(&s).await })
        });
        every("take back what dead servers held", TAKE_BACK, |s| {
            Box::pin(async move { limits::take_back(&s).await.map(drop) })
        });
        every("tell of quotas", TELL_OF_QUOTAS, |s| {
            Box::pin(async move { limits::tell_of_quotas(&s).await.map(drop) })
        });
        every("delete tenants for good", DELETE_TENANTS, |s| {
            Box::pin(async move { tenants::delete_due(&s).await.map(drop) })
        });
        every("delete old deliveries of webhooks", DELETE_SESSIONS, |s| {
            Box::pin(async move { domain::webhooks::delete_expired(&s.db).await.map(drop) })
        });
        let deliver = webhooks::deliver(services.clone(), runs.clone(), stop.clone());
        set.spawn(deliver);
        set.spawn(mail::send(
            services.clone(),
            mailer,
            runs.clone(),
            stop.clone(),
        ));
        set.spawn(runs.keep(services.clone(), stop.clone()));
        Self(set)
    }

    /// Waits for their end after `stop`, and writes what only this process remembers.
    pub(crate) async fn finish(mut self, services: &Services) {
        while self.0.join_next().await.is_some() {}
        if let Err(error) = credentials::flush_uses(services).await {
            tracing::warn!(
                "the last uses of keys and log-ins were not written: {:#}",
                anyhow::Error::from(error)
            );
        }
        limits::settle(services).await;
        domain::webhooks::settle(services).await;
        connections::settle(services).await;
        if let Err(error) = connections::flush_uses(services).await {
            tracing::warn!(
                "the last uses of connections were not written: {:#}",
                anyhow::Error::from(error)
            );
        }
    }
}

async fn repeat(
    name: &'static str,
    period: Duration,
    job: impl Fn(Services) -> Job,
    services: Services,
    runs: Runs,
    stop: CancellationToken,
) {
    let mut ticks = interval(period);
    // After a pause there is one run to make, not all that were missed.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut failing = false;
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        let ended = job(services.clone()).await;
        runs.ended(name, period, &ended);
        match ended {
            Ok(()) => failing = false,
            // Said once: with the database away it would be said every second.
            Err(error) if !failing => {
                failing = true;
                tracing::error!("cannot {name}: {:#}", anyhow::Error::from(error));
            }
            Err(_) => {}
        }
    }
}
