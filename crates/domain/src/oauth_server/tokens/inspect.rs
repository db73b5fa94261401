//! Giving a token back (RFC 7009), and asking what it is worth (RFC 7662). Both only for the client that holds it:
//! to anybody else a token is unknown.

use super::{REFRESH_DOMAIN, store};
use crate::{
    Actor, Services,
    actor::Who,
    audit::{self, Event, Named},
    oauth_server::{
        AccessToken, Fault, access_token,
        clients::{self, Client},
        grants,
        steps::{Seen, Trail},
    },
};
use api_types::{
    GrantId, TenantId,
    audit::Act,
    oauth::{GrantEnd, StepKind},
};
use oauth::{ClientAuth, ErrorCode, TokenForm};
use serde_json::{Value, json};
use vault::digest;

/// Ends the grant of a token, whichever of the two kinds it is. What is unknown, or somebody else's, is no error.
pub async fn revoke(
    s: &Services,
    seen: &Seen,
    authorization: Option<&str>,
    body: &[u8],
) -> Result<(), Fault> {
    let mut trail = Trail::of(StepKind::Revoke);
    let answer = give_back(s, seen, authorization, body, &mut trail).await;
    trail.end(s, seen, &answer).await;
    answer
}

async fn give_back(
    s: &Services,
    seen: &Seen,
    authorization: Option<&str>,
    body: &[u8],
    trail: &mut Trail,
) -> Result<(), Fault> {
    let form = TokenForm::parse(body)?;
    trail.sent(&form);
    let client = clients::authenticate(s, &ClientAuth::read(authorization, &form)?).await?;
    trail.client = Some((client.oauth_id.clone(), client.name.clone()));
    let Some((tenant, grant, _)) = held(s, &client, token(&form)?).await? else {
        return Ok(());
    };
    trail.tenant = Some(tenant);
    let mut tx = s.db.tenant_tx(tenant).await?;
    let known = grants::lock(&mut tx, tenant, grant).await?;
    if grants::end(&mut tx, tenant, grant, GrantEnd::ByClient).await?
        && let Some(known) = known
    {
        let who = Who::Grant {
            client: known.client,
            grant,
            user: known.user,
            scopes: Vec::new(),
        };
        let actor = Actor::new(tenant, String::new(), who).seen_from(seen.origin());
        let name = &known.person;
        let ended =
            Event::new(Act::GrantEnded, grant, &known.client_name).before(&Named { name })?;
        audit::record(&mut tx, &actor, ended).await?;
    }
    Ok(tx.commit().await?)
}

/// What a token is worth now.
pub async fn introspect(
    s: &Services,
    authorization: Option<&str>,
    body: &[u8],
) -> Result<Value, Fault> {
    let form = TokenForm::parse(body)?;
    let client = clients::authenticate(s, &ClientAuth::read(authorization, &form)?).await?;
    if !client.is_confidential() {
        let told = "a client without a secret or key may not ask about tokens";
        return Err(Fault::told(ErrorCode::InvalidClient, told));
    }
    let inactive = json!({ "active": false });
    let Some((tenant, grant, token)) = held(s, &client, token(&form)?).await? else {
        return Ok(inactive);
    };
    let mut tx = s.db.tenant_tx(tenant).await?;
    let live = grants::live(&mut tx, tenant, grant).await?;
    tx.commit().await?;
    let Some(live) = live else {
        return Ok(inactive);
    };
    let (scopes, more) = match token {
        Held::Access(claims) => {
            let more = json!({
                "token_type": "Bearer",
                "exp": claims.expires_at.unix_timestamp(),
                "iat": claims.issued_at.unix_timestamp(),
                "sub": claims.subject,
            });
            (claims.scopes.clone(), more)
        }
        Held::Refresh => (
            live.scopes.iter().cloned().collect(),
            json!({ "sub": live.user }),
        ),
    };
    let mut told = json!({
        "active": true,
        "scope": live.allowed(&scopes).join(" "),
        "client_id": live.oauth_id,
        "iss": &*s.public_url,
        "aud": live.resource,
    });
    if let (Value::Object(told), Value::Object(more)) = (&mut told, more) {
        told.extend(more);
    }
    Ok(told)
}

fn token(form: &TokenForm) -> Result<&str, Fault> {
    let missing = || Fault::told(ErrorCode::InvalidRequest, "token is missing");
    form.get("token").ok_or_else(missing)
}

/// What a client may hold.
enum Held {
    Access(Box<access_token::Claims>),
    Refresh,
}

/// The token's grant, if the token is good and this client's.
async fn held(
    s: &Services,
    client: &Client,
    token: &str,
) -> Result<Option<(TenantId, GrantId, Held)>, Fault> {
    if let Some(token) = AccessToken::parse(token) {
        let claims = access_token::verify(s, token).await?;
        let claims = claims.filter(|claims| claims.client_id == client.oauth_id);
        return Ok(claims.map(|claims| {
            let (tenant, grant) = (claims.tenant, claims.grant);
            (tenant, grant, Held::Access(Box::new(claims)))
        }));
    }
    let digest = digest(REFRESH_DOMAIN, token.as_bytes());
    let found = store::by_digest(&mut *s.db.global().await?, &digest).await?;
    let Some(found) = found else {
        return Ok(None);
    };
    let mut tx = s.db.tenant_tx(found.tenant).await?;
    let grant = store::lock_grant(&mut tx, found.tenant, found.grant).await?;
    let token = store::token(&mut tx, found.tenant, found.token).await?;
    tx.commit().await?;
    let is_theirs = grant.is_some_and(|grant| grant.oauth_id == client.oauth_id);
    let is_good = token.is_some_and(|token| !token.expired);
    Ok((is_theirs && is_good).then_some((found.tenant, found.grant, Held::Refresh)))
}
