//! From settings to a serving process, and back to nothing.

use crate::config::{PLANS_FILE, Settings, Site, WrongSetting};
use crate::database::Database;
use crate::http::{Front, serve_at_most};
use crate::lifecycle::{Lifecycle, StopSignals};
use crate::state::AppState;
use crate::workers::{AuditJobs, Workers};
use anyhow::Context as _;
use domain::data_keys::{self, KeyRing};
use domain::toolkits::Registry;
use domain::{Services, Set, second_factor};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

/// What is left of a stop after requests have ended: closing connections and stopping a private Postgres.
const CLOSING: Duration = Duration::from_secs(45);

/// Files and database connections that are open beside those of clients.
const OTHER_FILES: u64 = 512;

/// Serves until told to stop.
pub async fn serve(settings: &Settings) -> anyhow::Result<ExitCode> {
    let mut signals = StopSignals::listen().context("listening for signals")?;
    let server = tokio::select! {
        started = Server::start(settings) => started?,
        () = signals.next() => return Ok(ExitCode::SUCCESS),
    };
    let Some(ended) = server.run(&mut signals).await else {
        tracing::warn!("told to stop twice; ending now");
        return Ok(ExitCode::FAILURE);
    };
    ended.map(|()| ExitCode::SUCCESS)
}

/// Brings the schema up to date.
pub async fn migrate(settings: &Settings) -> anyhow::Result<ExitCode> {
    let database = Database::open(&settings.database).await?;
    let migrated = database.migrate().await;
    database.close().await?;
    if !migrated? {
        return Err(WrongSetting::new(
            "BULKHEAD_OWNER_DATABASE_URL",
            "must be set for migrations, as the role bulkhead_owner",
        )
        .into());
    }
    println!("The database's schema is up to date.");
    Ok(ExitCode::SUCCESS)
}

/// What the settings say, with the toolkits that this build offers.
pub fn set(settings: &Settings, public_url: &str, ring: KeyRing) -> anyhow::Result<Set> {
    Ok(Set {
        public_url: public_url.into(),
        toolkits: Registry::built_in().context("putting the toolkits together")?,
        ring,
        providers: settings.sign_in.providers()?,
        places: settings.places.places()?,
        operators: settings.operators.operators()?,
        connection_apps: settings.connections.apps()?,
        plans: settings.plans.plans()?,
        inner_hosts: settings.outbound.inner_hosts()?,
        oauth: settings.oauth.settings()?,
        billing: settings.billing.stripe()?,
    })
}

/// Refuses to serve with keys that do not open everything.
async fn open_all(services: &Services, settings: &Settings) -> anyhow::Result<()> {
    if let Err(error) = data_keys::check(services).await {
        let name = settings.secrets.name_of_wrapping_key();
        return Err(WrongSetting::new(name, format!("{error:#}")).into());
    }
    let sealed = second_factor::seal_old(services).await?;
    if sealed > 0 {
        tracing::info!(
            sealed,
            "secrets of second factors are sealed with a data key now"
        );
    }
    Ok(())
}

struct Server {
    listener: TcpListener,
    database: Database,
    state: AppState,
    workers: Workers,
    outbox: Option<PathBuf>,
    max_connections: usize,
    shutdown_delay: Duration,
}

impl Server {
    async fn start(settings: &Settings) -> anyhow::Result<Self> {
        let began = Instant::now();
        let http = &settings.http;
        let site = Site::find(http.site_dir.as_deref())?;
        let listener = TcpListener::bind(http.addr).await.map_err(|error| {
            WrongSetting::new(
                "BULKHEAD_ADDR",
                format!("listening on {}: {error}", http.addr),
            )
        })?;
        let config = http.config(listener.local_addr()?);
        let data_dir = &settings.database.data_dir;
        let mailer = settings.mail.mailer(data_dir)?;
        let checkpoints = settings.audit.checkpoints(data_dir)?;
        let private = settings.database.private_dir()?;
        let ring = settings.secrets.key_ring(private)?;
        let set = set(settings, &config.public_url.to_string(), ring)?;
        raise_file_limit(http.max_connections);

        let database = Database::open(&settings.database).await?;
        database.migrate().await?;
        database.db.self_check().await?;

        let lifecycle = Lifecycle::default();
        let services = Services::start(database.db.clone(), set, lifecycle.stopping());
        open_all(&services, settings).await?;
        let missing = domain::plans::check(&services).await;
        missing.map_err(|error| WrongSetting::new(PLANS_FILE, format!("{error:#}")))?;
        let outbox = mailer.directory().map(Path::to_owned);
        if outbox.is_some() && config.public_url.is_https() {
            tracing::warn!("letters become files that nobody receives; set BULKHEAD_SMTP_URL");
        }
        let audit = AuditJobs {
            checkpoints,
            retention_days: settings.audit.audit_retention_days,
        };
        let usage_days = settings.usage.usage_retention_days;
        let workers = Workers::start(&services, audit, usage_days, mailer, lifecycle.stopping());
        let state = AppState::new(services, site.leptos_options(), lifecycle, config);
        tracing::debug!(ms = began.elapsed().as_millis(), "started");
        Ok(Self {
            listener,
            database,
            state,
            workers,
            outbox,
            max_connections: http.max_connections,
            shutdown_delay: http.shutdown_delay(),
        })
    }

    /// Serves until a signal comes, then ends in order. `None` when a second signal cut that short.
    async fn run(self, signals: &mut StopSignals) -> Option<anyhow::Result<()>> {
        let lifecycle = self.state.lifecycle.clone();
        let stopping = lifecycle.stopping().clone();
        let serving = tokio::spawn(serve_at_most(
            self.listener,
            Front::new(&self.state),
            stopping,
            self.max_connections,
        ));
        announce(&self.state, self.outbox.as_deref());
        signals.next().await;
        tracing::info!("stopping");
        let services = self.state.services;
        let closing = async {
            lifecycle.start_draining();
            tokio::time::sleep(self.shutdown_delay).await;
            lifecycle.stop();
            serving.await.context("serving")?;
            self.workers.finish(&services).await;
            tokio::time::timeout(CLOSING, self.database.close())
                .await
                .context("closing the database")??;
            tracing::info!("stopped");
            anyhow::Ok(())
        };
        tokio::select! {
            ended = closing => Some(ended),
            () = signals.next() => None,
        }
    }
}

/// The lines for people; everything else is the log's, on the other stream.
fn announce(state: &AppState, outbox: Option<&Path>) {
    let mut out = std::io::stdout();
    // Nobody may be reading it, and that is no reason not to serve.
    let _ = writeln!(out, "Bulkhead is ready at {}", state.config.public_url)
        .and_then(|()| match outbox {
            Some(outbox) => writeln!(
                out,
                "Letters are written to {} (BULKHEAD_SMTP_URL sends them)",
                outbox.display()
            ),
            None => Ok(()),
        })
        .and_then(|()| out.flush());
}

/// Most systems start a process with room for 1,024 files and let it ask for more.
fn raise_file_limit(max_connections: usize) {
    let wanted = max_connections as u64 + OTHER_FILES;
    let now = getrlimit(Resource::Nofile);
    if now.current.is_none_or(|current| current >= wanted) {
        return;
    }
    let current = Some(now.maximum.map_or(wanted, |maximum| maximum.min(wanted)));
    let raised = setrlimit(
        Resource::Nofile,
        Rlimit {
            current,
            maximum: now.maximum,
        },
    );
    if raised.is_err() || current < Some(wanted) {
        tracing::warn!(
            allowed = current.or(now.current),
            "fewer open files are allowed than BULKHEAD_MAX_CONNECTIONS may need; raise `ulimit -n`"
        );
    }
}
