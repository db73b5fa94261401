//! One refresh, by whoever holds the lease: asking the provider with no connection to the database held, and writing
//! down what came of it while the lease is still ours.

use super::{
    Live, Trouble,
    apps::{App, is_oauth},
    asking::{Account, At, NoTokens},
    live,
    refresh::Answer,
    store::{self, Row, lease},
    times::{FIRST_PAUSE, jittered, lifetime, pause, refresh_in, seconds},
    trouble::{self, Loss},
    vault,
};
use crate::{Result, Services};
use anyhow::Context as _;
use api_types::TenantId;
use connector::{
    OAuth2,
    oauth::{Exchange, Tokens},
};
use std::time::Duration;
use tokio::time::sleep;
use uuid::Uuid;

/// A provider may ask for more patience than we have, but not for as much as it likes.
const MOST_PATIENT: Duration = Duration::from_hours(1);

/// Tokens that ended so long ago, and that the provider would not renew since, are a person's to look at.
const GIVEN_UP: Duration = Duration::from_hours(1);

/// What a lease's holder knows.
pub(super) struct Renewal {
    pub s: Services,
    pub tenant: TenantId,
    pub lease: Uuid,
    pub row: Row,
    pub live: Live,
    pub app: Option<App>,
    /// Whether a call was refused, and it is not just time.
    pub called: bool,
}

/// What came of asking.
enum Came {
    Fresh(Tokens),
    /// In the provider's words, or ours.
    Lost(String),
    Later(String, Option<Duration>),
    /// It takes the secret, and has none to give for it.
    Nothing,
    /// There is nothing to refresh, and it did not say whether it takes the secret.
    Unknown(String),
}

impl Renewal {
    /// Asks the provider, and writes down what came of it.
    pub async fn run(self) -> Answer {
        let name = &self.live.provider.name;
        match self.ask().await {
            Came::Fresh(tokens) => self.keep(&tokens).await,
            Came::Nothing => {
                self.release().await?;
                Ok(Err(Trouble::Refused))
            }
            Came::Unknown(said) => {
                self.release().await?;
                Ok(Err(Trouble::Later {
                    told: format!("{name} did not say whether it still lets us in: {said}"),
                    retry_after: FIRST_PAUSE,
                }))
            }
            Came::Lost(said) => {
                let words = format!("{name} no longer lets us in: {said}");
                self.lose(&words, None).await
            }
            Came::Later(said, wait) => {
                let words = format!("{name} has not renewed the access: {said}");
                self.try_later(&words, wait).await
            }
        }
    }

    async fn release(&self) -> Result<()> {
        let mut tx = self.s.db.tenant_tx(self.tenant).await?;
        lease::release(&mut tx, self.tenant, self.row.id, self.lease, !self.called).await?;
        tx.commit().await
    }

    fn at(&self) -> At<'_> {
        At {
            s: &self.s,
            tenant: self.tenant,
            provider: &self.live.provider,
            words: &self.row.words,
        }
    }

    async fn ask(&self) -> Came {
        let how = is_oauth(&self.live.provider);
        match (how, self.live.secret.refresh(), &self.app) {
            (Some(how), Some(token), Some(app)) => self.ask_for_tokens(how, token, app).await,
            (Some(_), Some(_), None) => {
                Came::Lost("the app that it was connected with is no longer set up".into())
            }
            _ if self.has_ended() => {
                Came::Lost("its access has ended, and it gives none that can be renewed".into())
            }
            _ => self.ask_whose().await,
        }
    }

    async fn ask_for_tokens(&self, how: &OAuth2, token: &str, app: &App) -> Came {
        let exchange = Exchange::Refresh { token, scopes: &[] };
        match self.at().tokens(how, app, exchange).await {
            Ok(tokens) => Came::Fresh(tokens),
            Err(NoTokens::Refused {
                told,
                is_final: true,
            }) => Came::Lost(told),
            Err(NoTokens::Refused { told, .. }) => Came::Later(told, None),
            Err(NoTokens::Unreachable(told, wait)) => Came::Later(told, wait),
        }
    }

    /// A call was refused, and there is nothing to refresh: one call may be, and the secret still be good.
    async fn ask_whose(&self) -> Came {
        if !self.called {
            return Came::Nothing;
        }
        match self.at().account(&self.live.secret).await {
            Account::There(_) => Came::Nothing,
            Account::Refused(said) => Came::Lost(said),
            Account::Untold => Came::Lost("it refused a call with what was typed in".into()),
            Account::Odd(said) | Account::Unreachable(said) => Came::Unknown(said),
        }
    }

    fn has_ended(&self) -> bool {
        self.row.expires_at.is_some_and(|at| at <= self.row.now)
    }

    async fn keep(&self, tokens: &Tokens) -> Answer {
        let mut pauses = [100, 300, 1000, 3000]
            .map(Duration::from_millis)
            .into_iter();
        // The old refresh token may be worth nothing any more: the new one is not dropped for a moment's trouble.
        let kept = loop {
            match self.write(tokens).await {
                Ok(kept) => break kept,
                Err(error) => match pauses.next() {
                    Some(pause) => sleep(pause).await,
                    None => return Err(error),
                },
            }
        };
        let now = live::one(&self.s, self.tenant, self.row.id).await?;
        if now.is_none() && !kept {
            self.revoke(tokens).await;
        }
        Ok(now.ok_or(Trouble::Gone))
    }

    async fn write(&self, tokens: &Tokens) -> Result<bool> {
        let (s, tenant, row) = (&self.s, self.tenant, &self.row);
        let secret = vault::Secret::of_tokens(tokens, Some(&self.live.secret));
        let mut words = row.words.clone();
        words.extend(tokens.remembered.clone());
        let words = serde_json::to_string(&words).context("writing a connection down")?;
        let lifetime = is_oauth(&self.live.provider).and_then(|how| lifetime(how, tokens));
        let mut tx = s.db.tenant_tx(tenant).await?;
        let sealed = vault::seal(s, &mut tx, tenant, row.id, &secret).await?;
        let fresh = lease::Fresh {
            secret: &sealed,
            scopes: tokens.scopes.as_ref().unwrap_or(&row.scopes),
            words: &words,
            expires_in: lifetime.map(seconds),
            refresh_in: lifetime.map(|lifetime| refresh_in(lifetime, secret.refresh().is_some())),
        };
        let kept = lease::succeed(&mut tx, tenant, row.id, self.lease, &fresh).await?;
        if kept {
            store::notify(&mut tx, tenant).await?;
        }
        tx.commit().await?;
        Ok(kept)
    }

    /// Somebody has disconnected it meanwhile: what was given since is given back.
    async fn revoke(&self, tokens: &Tokens) {
        if let (Some(how), Some(app)) = (is_oauth(&self.live.provider), &self.app) {
            let secret = vault::Secret::of_tokens(tokens, Some(&self.live.secret));
            self.at().revoke(how, app, &secret).await;
        }
    }

    async fn try_later(&self, words: &str, wait: Option<Duration>) -> Answer {
        let pause = pause(self.row.failures).max(wait.unwrap_or_default());
        let pause = jittered(pause.min(MOST_PATIENT));
        let given_up = self
            .row
            .expires_at
            .is_some_and(|at| at + GIVEN_UP <= self.row.now);
        if given_up {
            return self.lose(words, Some(pause)).await;
        }
        let (tenant, id) = (self.tenant, self.row.id);
        let mut tx = self.s.db.tenant_tx(tenant).await?;
        let noted = lease::fail(&mut tx, tenant, id, self.lease, words, seconds(pause)).await?;
        if noted {
            store::notify(&mut tx, tenant).await?;
        }
        tx.commit().await?;
        Ok(Err(Trouble::Later {
            told: words.into(),
            retry_after: pause,
        }))
    }

    async fn lose(&self, words: &str, again_in: Option<Duration>) -> Answer {
        let (s, tenant) = (&self.s, self.tenant);
        let loss = Loss {
            row: &self.row,
            provider_name: &self.live.provider.name,
            lease: self.lease,
            words,
            again_in: again_in.map(seconds),
        };
        let mut tx = s.db.tenant_tx(tenant).await?;
        trouble::lose(s, &mut tx, tenant, &loss).await?;
        tx.commit().await?;
        Ok(Err(Trouble::Lost(words.into())))
    }
}
