//! The token endpoint (RFC 6749, section 3.2): what a client shows is exchanged for an access token. One file a kind
//! of grant.

mod assertion;
mod client;
mod code;
mod inspect;
mod refresh;
mod store;

use super::{
    Fault, REFRESH_DAYS, access_token, authorize, clients,
    steps::{Seen, Trail},
};
use crate::{Result, Services};
use api_types::{GrantId, TenantId, oauth::StepKind};
pub use inspect::{introspect, revoke};
use oauth::{ClientAuth, ErrorCode, GrantRequest, Scopes, TokenForm};
use serde::Serialize;
use sqlx::PgConnection;
use std::fmt;
use time::OffsetDateTime;

pub(super) const REFRESH_DOMAIN: &str = "bulkhead/oauth-refresh/v1";
const REFRESH_KIND: &str = "bh_ref_";

/// What a client gets: RFC 6749, section 5.1.
#[derive(Serialize)]
pub struct Issued {
    access_token: String,
    token_type: &'static str,
    /// Seconds.
    expires_in: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    scope: String,
}

impl fmt::Debug for Issued {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Issued(…)")
    }
}

/// Answers a token request: the `Authorization` header, if there is one, and the body.
pub async fn issue(
    s: &Services,
    seen: &Seen,
    authorization: Option<&str>,
    body: &[u8],
) -> std::result::Result<Issued, Fault> {
    let mut trail = Trail::of(StepKind::Code);
    let answer = exchange(s, seen, authorization, body, &mut trail).await;
    trail.end(s, seen, &answer).await;
    answer
}

async fn exchange(
    s: &Services,
    seen: &Seen,
    authorization: Option<&str>,
    body: &[u8],
    trail: &mut Trail,
) -> std::result::Result<Issued, Fault> {
    let form = TokenForm::parse(body)?;
    trail.sent(&form);
    trail.tenant = tenant_of(s, &form).await?;
    let wanted = GrantRequest::read(&form)?;
    trail.kind = kind(&wanted);
    let shown = ClientAuth::read(authorization, &form)?;
    let client = clients::authenticate(s, &shown).await?;
    trail.client = Some((client.oauth_id.clone(), client.name.clone()));
    if let clients::Of::Tenant(tenant, _) = client.of {
        trail.tenant = Some(tenant);
    }
    match wanted {
        GrantRequest::AuthorizationCode {
            code,
            redirect_uri,
            verifier,
            resource,
        } => {
            let shown = code::Shown {
                code,
                redirect_uri,
                verifier,
                resource,
            };
            code::redeem(s, seen, &client, &shown).await
        }
        GrantRequest::RefreshToken {
            token,
            scopes,
            resource,
        } => {
            let shown = refresh::Shown {
                token,
                scopes,
                resource,
            };
            refresh::rotate(s, seen, &client, &shown).await
        }
        GrantRequest::ClientCredentials { scopes, resource } => {
            client::grant(s, seen, &client, scopes, resource).await
        }
        GrantRequest::IdentityAssertion {
            assertion,
            scopes,
            resource,
        } => {
            let granted = assertion::grant(s, seen, &client, &assertion, scopes, resource).await;
            let (tenant, issued) = granted?;
            trail.tenant = Some(tenant);
            Ok(issued)
        }
    }
}

fn kind(wanted: &GrantRequest) -> StepKind {
    match wanted {
        GrantRequest::AuthorizationCode { .. } => StepKind::Code,
        GrantRequest::RefreshToken { .. } => StepKind::Refresh,
        GrantRequest::ClientCredentials { .. } => StepKind::Client,
        GrantRequest::IdentityAssertion { .. } => StepKind::Assertion,
    }
}

/// Whose a code or token is, for whoever looks at what went wrong with it.
async fn tenant_of(s: &Services, form: &TokenForm) -> Result<Option<TenantId>> {
    let digest = |domain: &str, name: &str| {
        let shown = form.get(name)?;
        Some(vault::digest(domain, shown.as_bytes()))
    };
    let mut db = s.db.global().await?;
    if let Some(digest) = digest(authorize::CODE_DOMAIN, "code") {
        let found = authorize::code_by_digest(&mut db, &digest).await?;
        return Ok(found.map(|(tenant, _)| tenant));
    }
    if let Some(digest) = digest(REFRESH_DOMAIN, "refresh_token") {
        let found = store::by_digest(&mut db, &digest).await?;
        return Ok(found.map(|found| found.tenant));
    }
    Ok(None)
}

/// What an access token and the answer are made of.
struct New<'a> {
    tenant: TenantId,
    grant: GrantId,
    subject: String,
    oauth_id: &'a str,
    resource: &'a str,
    scopes: Scopes,
    refresh_token: Option<String>,
}

async fn answer(s: &Services, new: New<'_>) -> std::result::Result<Issued, Fault> {
    let minted = access_token::Minted {
        tenant: new.tenant,
        grant: new.grant,
        subject: &new.subject,
        client_id: new.oauth_id,
        resource: new.resource,
        scopes: &new.scopes,
    };
    let (access_token, expires_in) = access_token::mint(s, &minted).await?;
    Ok(Issued {
        access_token,
        token_type: "Bearer",
        expires_in,
        refresh_token: new.refresh_token,
        scope: new.scopes.to_string(),
    })
}

fn invalid_grant(told: &str) -> Fault {
    Fault::told(ErrorCode::InvalidGrant, told)
}

/// Refuses a resource that is another one than the grant's (RFC 8707, section 2.2).
fn check_resource(
    s: &Services,
    asked: Option<&str>,
    granted: &str,
) -> std::result::Result<(), Fault> {
    let parse = |resource| super::Audience::parse(&s.public_url, resource);
    match asked {
        Some(asked) if parse(asked) != parse(granted) => Err(Fault::told(
            ErrorCode::InvalidTarget,
            format!("the grant is for the resource {granted}"),
        )),
        _ => Ok(()),
    }
}

/// Removes requests, codes and refresh tokens that are over. Answers how many.
pub(super) async fn delete_expired(system: &mut PgConnection) -> Result<u64> {
    let codes = authorize::delete_expired(&mut *system).await?;
    Ok(codes + store::delete_expired(system).await?)
}

fn in_refresh_days() -> OffsetDateTime {
    OffsetDateTime::now_utc() + time::Duration::days(REFRESH_DAYS.into())
}
