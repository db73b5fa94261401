//! The way back: what a provider's answer is worth. It counts once, in the browser that began, for the person who
//! began, at the provider's own address (RFC 9700, 4.4.2.2).

use super::{
    Words,
    apps::{self, App},
    asking::{Account, At, NoTokens},
    made::{self, Made, Taken},
    providers, rights,
    store::{
        Row, Wanted,
        attempts::{self, Attempt},
        rows,
    },
    times::lifetime,
    trip::{STATE, browser_digest, oauth, redirect_uri, verifier},
    vault::Secret,
};
use crate::{
    Actor, Error, Origin, Result, Services, TenantTx,
    members::{self, SignedIn},
    sign_in_with::Answer,
};
use api_types::{ConnectionId, TenantId, sign_in_with::Failure};
use connector::{
    OAuth2, Provider,
    oauth::{Exchange, Tokens},
};
use url::Url;

/// How an attempt ended.
#[derive(Debug)]
pub struct Finished {
    /// The tenant's name in addresses; empty where the attempt is not known.
    pub slug: String,
    /// What was connected.
    pub connection: Option<ConnectionId>,
    /// Why nothing was: `denied`, `expired`, `unreachable`, `refused` or `other`.
    pub failure: Option<&'static str>,
    /// Where to go then, as it was said at the start.
    pub next: String,
}

/// Takes a provider's answer.
pub async fn finish(
    s: &Services,
    who: impl Into<SignedIn>,
    origin: Origin,
    browser: &str,
    provider: &str,
    answer: Answer,
) -> Result<Finished> {
    let who = who.into();
    let taken = taken(s, who, browser, provider, &answer.state).await?;
    let Some((tenant, slug, attempt)) = taken else {
        return Ok(Finished {
            slug: String::new(),
            connection: None,
            failure: Some("expired"),
            next: String::new(),
        });
    };
    let next = attempt.next.clone();
    let weighed = async {
        let a = members::actor(s, who, &slug).await?.seen_from(origin);
        weigh(s, &a, attempt, &answer).await
    };
    let came = match weighed.await {
        Ok(came) => came,
        // Whoever has left meanwhile, or has to sign in otherwise first, connects nothing; nor does whoever renews what
        // is gone.
        Err(Error::Refused(_)) => Err("other"),
        Err(broken) => return Err(broken),
    };
    if let Err(failure) = came {
        tracing::info!(%tenant, provider, failure, "an account was not connected");
    }
    Ok(Finished {
        slug,
        connection: came.ok(),
        failure: came.err(),
        next,
    })
}

/// Uses an attempt up, in one statement.
async fn taken(
    s: &Services,
    who: SignedIn,
    browser: &str,
    provider: &str,
    state: &str,
) -> Result<Option<(TenantId, String, Attempt)>> {
    let state = vault::digest(STATE, state.as_bytes());
    let tenant = attempts::tenant_of(&mut *s.db.global().await?, &state).await?;
    let Some(tenant) = tenant else {
        return Ok(None);
    };
    let browser = browser_digest(browser);
    let mut tx = s.db.tenant_tx(tenant).await?;
    let found = attempts::take(&mut tx, tenant, &state, &browser, who.user, provider).await?;
    let slug = attempts::slug(&mut tx, tenant).await?;
    tx.commit().await?;
    Ok(found
        .zip(slug)
        .map(|(attempt, slug)| (tenant, slug, attempt)))
}

/// What the answer is worth: a connection, or the word for why there is none.
async fn weigh(
    s: &Services,
    a: &Actor,
    attempt: Attempt,
    answer: &Answer,
) -> Result<Result<ConnectionId, &'static str>> {
    let code = match answer.code() {
        Ok(code) => code,
        Err(Failure::Declined) => return Ok(Err("denied")),
        Err(_) => return Ok(Err("refused")),
    };
    if !a.may(rights::needed(attempt.sharing)) {
        return Ok(Err("other"));
    }
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let provider = providers::find(&mut tx, a.tenant(), &attempt.provider).await?;
    let app = apps::in_use(s, &mut tx, a.tenant(), &attempt.provider).await?;
    tx.commit().await?;
    let (Some(provider), Some(app)) = (provider, app) else {
        return Ok(Err("other"));
    };
    let how = oauth(&provider)?;
    if !is_from(&provider, how, &attempt.words, answer.iss.as_deref()) {
        return Ok(Err("refused"));
    }
    let at = At {
        s,
        tenant: a.tenant(),
        provider: &provider,
        words: &attempt.words,
    };
    let verifier = verifier(&answer.state, &attempt.nonce);
    let exchange = Exchange::Code {
        code,
        redirect_uri: &redirect_uri(s, &provider.id),
        verifier: how.pkce.then_some(verifier.as_str()),
    };
    let tokens = match at.tokens(how, &app, exchange).await {
        Ok(tokens) => tokens,
        Err(NoTokens::Refused { told, .. }) => {
            tracing::info!(provider = provider.id, told, "a provider refused a code");
            return Ok(Err("refused"));
        }
        Err(NoTokens::Unreachable(..)) => return Ok(Err("unreachable")),
    };
    keep(s, a, &provider, how, &app, attempt, &tokens)
        .await
        .map(Ok)
}

/// Stores what was granted, under the name that was chosen or one like it.
async fn keep(
    s: &Services,
    a: &Actor,
    provider: &Provider,
    how: &OAuth2,
    app: &App,
    attempt: Attempt,
    tokens: &Tokens,
) -> Result<ConnectionId> {
    let mut words = attempt.words;
    words.extend(tokens.remembered.clone());
    let secret = Secret::of_tokens(tokens, None);
    let at = At {
        s,
        tenant: a.tenant(),
        provider,
        words: &words,
    };
    let account = match at.account(&secret).await {
        Account::There(label) => label,
        _ => None,
    };
    let mut made = Made {
        provider,
        label: attempt.label,
        sharing: attempt.sharing,
        account,
        scopes: tokens.scopes.clone().unwrap_or(attempt.scopes),
        words,
        secret,
        client_id: Some(app.client_id.clone()),
        lifetime: lifetime(how, tokens),
    };
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let renewed = match attempt.renewing {
        Some(id) => Some(rights::held(&mut tx, a, id, true).await?),
        None => same(&mut tx, a, &made).await?,
    };
    let Some(before) = renewed else {
        return made::insert(s, tx, a, made, Taken::Number).await;
    };
    // It may have been given another name meanwhile.
    made.label.clone_from(&before.label);
    let id = before.id;
    made::renew(s, tx, a, &before, made).await?;
    Ok(id)
}

/// The same account under the same name: somebody who connects it twice means one.
async fn same(tx: &mut TenantTx, a: &Actor, made: &Made<'_>) -> Result<Option<Row>> {
    let wanted = Wanted {
        provider: Some(&made.provider.id),
        reader: a.user(),
        ..Wanted::default()
    };
    let all = rows(tx, a.tenant(), wanted).await?;
    let is_same = |row: &Row| {
        row.sharing == made.sharing
            && row.account.is_some()
            && row.account == made.account
            && row.label.to_lowercase() == made.label.to_lowercase()
            && row
                .words
                .iter()
                .all(|(name, word)| made.words.get(name) == Some(word))
    };
    match all.into_iter().find(is_same) {
        Some(row) => rights::held(tx, a, row.id, false).await.map(Some),
        None => Ok(None),
    }
}

/// Whether whoever answers is the provider, where the answer says who it is (RFC 9207). Issuers are not in what we know
/// of providers: one is at the host that the browser was led to, or that the code goes to.
fn is_from(provider: &Provider, how: &OAuth2, words: &Words, iss: Option<&str>) -> bool {
    let Some(iss) = iss else {
        return true;
    };
    let Ok(iss) = Url::parse(iss) else {
        return false;
    };
    let theirs = [&how.authorize, &how.token];
    let mut theirs = theirs
        .map(|address| provider.address(address, words))
        .into_iter();
    theirs.any(|address| address.is_ok_and(|address| address.origin() == iss.origin()))
}
