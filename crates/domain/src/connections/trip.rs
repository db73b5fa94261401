//! The way to a provider: leading a browser there, once, for one connection.

use super::{
    MINUTES, Words,
    apps::{self, is_oauth},
    input::{self, NewConnection},
    providers, rights,
    store::attempts::{self, Attempt},
};
use crate::{Actor, Result, Services, TenantTx, plans, sign_in_with::Started, throttle};
use api_types::{ConnectionId, Permission, Refusal, connections::Sharing, plans::Feature};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use connector::{OAuth2, Provider, oauth::authorize_url};

pub(super) const STATE: &str = "bulkhead/connection-state/v1";
const BROWSER: &str = "bulkhead/connection-browser/v1";

/// So many attempts of one person may be on their way at once.
const MOST: i64 = 20;

/// Leads a browser to a provider. `browser` is a secret that the session holds: the answer counts only there.
/// `renewing` keeps a connection and its name, and asks for its account again.
pub async fn start(
    s: &Services,
    a: &Actor,
    browser: &str,
    new: NewConnection,
    renewing: Option<ConnectionId>,
    next: &str,
) -> Result<Started> {
    a.require(Permission::ViewConnections)?;
    let user = a.user().ok_or(Refusal::NotFound)?;
    throttle::count_attempt(&s.db, a.origin().address()).await?;
    let tenant = a.tenant();
    let mut tx = s.db.tenant_tx(tenant).await?;
    plans::require(s, &mut tx, tenant, Feature::Connections).await?;
    let provider = providers::find(&mut tx, tenant, &new.provider).await?;
    let provider = provider.ok_or(Refusal::NotFound)?;
    let how = oauth(&provider)?;
    if apps::leads_anywhere(&provider, how) {
        // Whoever names the host is shown the app's secret there.
        a.require(Permission::ManageConnections)?;
    }
    let (label, sharing, words) = target(&mut tx, a, &provider, &new, renewing).await?;
    let scopes = input::scopes(how, &new.scopes)?;
    let app = apps::in_use(s, &mut tx, tenant, &provider.id).await?;
    let app = app.ok_or_else(|| Refusal::conflict(no_app(&provider)))?;
    let (state, nonce) = (vault::random_token(), vault::random_bytes());
    let verifier = verifier(&state.reveal(), &nonce);
    let challenge = URL_SAFE_NO_PAD.encode(vault::sha256(verifier.as_bytes()));
    let url = authorize_url(
        how,
        &app.client_id,
        &redirect_uri(s, &provider.id),
        &state.reveal(),
        how.pkce.then_some(challenge.as_str()),
        &scopes,
        &words,
    );
    let url = url.map_err(|error| Refusal::conflict(error.to_string()))?;
    let attempt = Attempt {
        user,
        provider: provider.id.clone(),
        renewing,
        label,
        sharing,
        scopes,
        words,
        nonce,
        next: next.into(),
    };
    let (state, browser) = (state.digest(STATE), browser_digest(browser));
    if !attempts::insert(&mut tx, tenant, &state, &browser, &attempt, MOST).await? {
        let retry_after_seconds = MINUTES.unsigned_abs() * 60;
        return Err(Refusal::TooMany {
            retry_after_seconds,
        }
        .into());
    }
    tx.commit().await?;
    Ok(Started {
        name: provider.name.clone(),
        url: url.into(),
    })
}

/// The name, whose, and the words of addresses: as they are of what is renewed, or as they are wished.
async fn target(
    tx: &mut TenantTx,
    a: &Actor,
    provider: &Provider,
    new: &NewConnection,
    renewing: Option<ConnectionId>,
) -> Result<(String, Sharing, Words)> {
    let Some(id) = renewing else {
        a.require(rights::needed(new.sharing))?;
        let words = input::words(provider, &new.answers)?;
        return Ok((input::label(&new.label)?, new.sharing, words));
    };
    let row = rights::held(tx, a, id, true).await?;
    if row.provider != provider.id {
        return Err(Refusal::NotFound.into());
    }
    Ok((row.label, row.sharing, row.words))
}

pub(super) fn oauth(provider: &Provider) -> Result<&OAuth2> {
    let how = is_oauth(provider);
    Ok(how.ok_or_else(|| Refusal::conflict("one connects it with a key, not by logging in"))?)
}

fn no_app(provider: &Provider) -> String {
    format!(
        "no app is set up at {} yet: an administrator has to set one first",
        provider.name
    )
}

/// Where a provider sends the browser back to: one address a provider, so that an answer of one is never taken for
/// another's.
pub(super) fn redirect_uri(s: &Services, provider: &str) -> String {
    format!("{}/connections/{provider}/callback", s.public_url)
}

/// Of PKCE (RFC 7636, 4.1). What the browser carries does not tell it, and neither does what is stored.
pub(super) fn verifier(state: &str, nonce: &[u8; 32]) -> String {
    vault::successor_token("", state, nonce).reveal()
}

pub(super) fn browser_digest(browser: &str) -> vault::Digest {
    vault::digest(BROWSER, browser.as_bytes())
}
