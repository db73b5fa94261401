//! Keys that somebody found where they must not be: in a public repository, a paste, a log.

use super::{Facts, store};
use crate::{
    Actor, Origin, Result, Services,
    audit::{self, Event},
};
use api_types::{api_keys::KeyState, audit::Act};
use vault::KeySecret;

/// Revokes a key at once, whoever found it: who can show it could also use it. A key that is unknown or no longer
/// works is no error, and the finder is told the same of all.
pub async fn report_leaked(s: &Services, origin: Origin, secret: &KeySecret) -> Result<()> {
    let found = store::by_digest(&mut *s.db.global().await?, &secret.digest()).await?;
    let Some((tenant, id)) = found else {
        return Ok(());
    };
    let mut tx = s.db.tenant_tx(tenant).await?;
    let key = store::lock(&mut tx, tenant, id).await?;
    let Some(key) = key.filter(|key| !matches!(key.state, KeyState::Revoked | KeyState::Expired))
    else {
        return Ok(());
    };
    store::revoke_leaked(&mut tx, tenant, id).await?;
    let finder = Actor::system(tenant, "leak report").seen_from(origin);
    let reported = Event::new(Act::ApiKeyReportedLeaked, id, &key.name);
    audit::record(&mut tx, &finder, reported.before(&Facts::of(&key))?).await?;
    tx.commit().await
}
