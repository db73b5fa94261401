//! A code, exchanged once (RFC 6749, section 4.1.3; RFC 7636, section 4.6).

use super::{
    Issued, New, REFRESH_DOMAIN, REFRESH_KIND, answer, check_resource, in_refresh_days,
    invalid_grant, store,
};
use crate::{
    Actor, Services, TenantTx,
    actor::Who,
    audit::{self, Event, Facts},
    oauth_server::{
        Fault,
        authorize::{self, CODE_DOMAIN, Code},
        clients::Client,
        grants,
        steps::Seen,
    },
};
use api_types::{
    GrantId, TenantId,
    audit::Act,
    oauth::{GrantEnd, GrantKind},
};
use oauth::CodeChallenge;
use serde::Serialize;
use uuid::Uuid;
use vault::{digest, random_token_of};

/// What a client shows.
pub(super) struct Shown {
    pub code: String,
    pub redirect_uri: Option<String>,
    pub verifier: String,
    pub resource: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Made<'a> {
    pub kind: &'static str,
    pub oauth_id: &'a str,
    pub resource: &'a str,
    pub scopes: &'a [String],
}

impl Facts for Made<'_> {}

pub(super) async fn redeem(
    s: &Services,
    seen: &Seen,
    client: &Client,
    shown: &Shown,
) -> Result<Issued, Fault> {
    let digest = digest(CODE_DOMAIN, shown.code.as_bytes());
    let found = authorize::code_by_digest(&mut *s.db.global().await?, &digest).await?;
    let unknown = || invalid_grant("the code is unknown or over: codes are good for 60 seconds");
    let (tenant, id) = found.ok_or_else(unknown)?;
    let mut tx = s.db.tenant_tx(tenant).await?;
    let code = authorize::lock_code(&mut tx, tenant, id).await?;
    let code = code.ok_or_else(unknown)?;
    // Whoever cannot prove that the code is theirs neither uses it up nor ends anything.
    check(s, client, &code, shown)?;
    if let Some(ago) = code.used_seconds_ago {
        // One that was on its way before the code was used is no replay, but the same client twice.
        if ago > seen.arrived.elapsed().as_secs_f64()
            && let Some(grant) = code.grant
        {
            replayed(&mut tx, seen, tenant, &code, client, grant).await?;
            tx.commit().await?;
        }
        return Err(invalid_grant("the code was used already"));
    }
    if code.expired {
        return Err(unknown());
    }
    let (grant, token) = let_in(&mut tx, seen, tenant, &code).await?;
    authorize::use_code(&mut tx, tenant, id, grant).await?;
    let live = grants::live(&mut tx, tenant, grant).await?;
    let live = live.ok_or_else(|| {
        invalid_grant("the person, the client or the tenant is gone since the code was issued")
    })?;
    let scopes = live.allowed(&code.scopes.iter().cloned().collect());
    let actor = by(seen, tenant, &code, grant);
    let made = Made {
        kind: GrantKind::Code.as_str(),
        oauth_id: &code.oauth_id,
        resource: &code.resource,
        scopes: &code.scopes,
    };
    let event = Event::new(Act::GrantMade, grant, &live.client_name).after(&made)?;
    audit::record(&mut tx, &actor, event).await?;
    tx.commit().await?;
    let new = New {
        tenant,
        grant,
        subject: code.user.to_string(),
        oauth_id: &code.oauth_id,
        resource: &code.resource,
        scopes: scopes.into_iter().collect(),
        refresh_token: Some(token),
    };
    answer(s, new).await
}

fn check(s: &Services, client: &Client, code: &Code, shown: &Shown) -> Result<(), Fault> {
    if code.oauth_id != client.oauth_id {
        return Err(invalid_grant("the code was issued to another client"));
    }
    if shown
        .redirect_uri
        .as_ref()
        .is_some_and(|uri| *uri != code.redirect_uri)
    {
        let told = "redirect_uri is not the one that the code was sent to";
        return Err(invalid_grant(told));
    }
    let challenge = CodeChallenge::parse(&code.challenge, Some("S256"))?;
    if !challenge.verified_by(&shown.verifier) {
        let told = "code_verifier does not belong to the code_challenge (PKCE, S256)";
        return Err(invalid_grant(told));
    }
    check_resource(s, shown.resource.as_deref(), &code.resource)
}

/// A new grant and the first refresh token of its family.
async fn let_in(
    tx: &mut TenantTx,
    seen: &Seen,
    tenant: TenantId,
    code: &Code,
) -> Result<(GrantId, String), Fault> {
    let grant = GrantId(Uuid::now_v7());
    let new = grants::NewGrant {
        id: grant,
        client: code.client,
        user: code.user,
        kind: GrantKind::Code,
        oauth_id: &code.oauth_id,
        resource: &code.resource,
        scopes: &code.scopes,
        address: seen.address,
        agent: seen.agent.as_deref(),
    };
    grants::insert(tx, tenant, &new).await?;
    let token = random_token_of(REFRESH_KIND);
    let first = store::NewToken {
        id: Uuid::now_v7(),
        grant,
        digest: token.digest(REFRESH_DOMAIN),
        nonce: None,
        expires_at: in_refresh_days(),
    };
    store::insert(tx, tenant, &first).await?;
    Ok((grant, token.reveal()))
}

async fn replayed(
    tx: &mut TenantTx,
    seen: &Seen,
    tenant: TenantId,
    code: &Code,
    client: &Client,
    grant: GrantId,
) -> Result<(), Fault> {
    if grants::end(tx, tenant, grant, GrantEnd::CodeReplayed).await? {
        let made = Made {
            kind: GrantEnd::CodeReplayed.as_str(),
            oauth_id: &code.oauth_id,
            resource: &code.resource,
            scopes: &code.scopes,
        };
        let ended = Event::new(Act::GrantEnded, grant, &client.name).before(&made)?;
        let actor = Actor::system(tenant, "replayed code").seen_from(seen.origin());
        audit::record(tx, &actor, ended).await?;
    }
    Ok(())
}

fn by(seen: &Seen, tenant: TenantId, code: &Code, grant: GrantId) -> Actor {
    let who = Who::Grant {
        client: code.client,
        grant,
        user: code.user,
        scopes: code.scopes.clone(),
    };
    Actor::new(tenant, String::new(), who).seen_from(seen.origin())
}
