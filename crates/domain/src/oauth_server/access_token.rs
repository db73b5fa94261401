//! Access tokens: JWTs of RFC 9068, signed by us and for us alone.

use super::{Audience, signing_keys};
use crate::{Result, Services};
use api_types::{GrantId, TenantId};
use jsonwebtoken::{Validation, decode, decode_header};
use oauth::Scopes;
use serde::{Deserialize, Serialize};
use std::fmt;
use time::OffsetDateTime;
use uuid::Uuid;
use vault::{Digest, digest};

/// The type in a token's header (RFC 9068, section 2.1): an id token has another one.
const TYPE: &str = "at+jwt";

/// Ours have about 900 characters.
const LONGEST: usize = 4096;

/// A token ends when it says so.
const LEEWAY: u64 = 0;

/// What has the shape of an access token. It is borrowed: a token that is remembered is copied nowhere.
#[derive(Clone, Copy)]
pub struct AccessToken<'a>(&'a str);

impl<'a> AccessToken<'a> {
    /// Three parts with dots between them. Of what they are made is looked at in [`verify`], once, and not with every
    /// call that shows a token which is remembered.
    pub fn parse(text: &'a str) -> Option<Self> {
        let dots = text.bytes().filter(|byte| *byte == b'.').count();
        let (first, last) = (text.find('.')?, text.rfind('.')?);
        let is_one = dots == 2 && first > 0 && last > first + 1 && last + 1 < text.len();
        (is_one && text.len() <= LONGEST).then_some(Self(text))
    }

    pub(crate) fn digest(&self) -> Digest {
        digest("bulkhead/access-token/v1", self.0.as_bytes())
    }
}

impl fmt::Debug for AccessToken<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("AccessToken(…)")
    }
}

/// What a token says, as it is written.
#[derive(Debug, Serialize, Deserialize)]
struct Written {
    iss: String,
    sub: String,
    aud: String,
    client_id: String,
    scope: String,
    iat: i64,
    exp: i64,
    jti: String,
    /// The tenant.
    tid: TenantId,
    /// The grant.
    gid: GrantId,
}

/// What a good token says. Whether its grant still holds, the database knows.
#[derive(Debug)]
pub struct Claims {
    /// The tenant.
    pub tenant: TenantId,
    /// The grant.
    pub grant: GrantId,
    /// What it is for.
    pub audience: Audience,
    /// What it opens at most.
    pub scopes: Scopes,
    /// Until when.
    pub expires_at: OffsetDateTime,
    /// When it was issued.
    pub issued_at: OffsetDateTime,
    /// The client's name for itself.
    pub client_id: String,
    /// Whose rights it uses.
    pub subject: String,
}

/// What a new token is to say.
pub(super) struct Minted<'a> {
    pub tenant: TenantId,
    pub grant: GrantId,
    pub subject: &'a str,
    pub client_id: &'a str,
    pub resource: &'a str,
    pub scopes: &'a Scopes,
}

/// Makes a token. Answers it with the seconds for which it is good.
pub(super) async fn mint(s: &Services, new: &Minted<'_>) -> Result<(String, i64)> {
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let life = s.oauth.settings.access_token.whole_seconds();
    let written = Written {
        iss: s.public_url.to_string(),
        sub: new.subject.into(),
        aud: new.resource.into(),
        client_id: new.client_id.into(),
        scope: new.scopes.to_string(),
        iat: now,
        exp: now + life,
        jti: Uuid::new_v4().to_string(),
        tid: new.tenant,
        gid: new.grant,
    };
    Ok((signing_keys::sign(s, TYPE, &written).await?, life))
}

/// What a token says, if we have signed it and its time is not over.
pub async fn verify(s: &Services, token: AccessToken<'_>) -> Result<Option<Claims>> {
    let Ok(header) = decode_header(token.0.as_bytes()) else {
        return Ok(None);
    };
    let is_ours = header.typ.as_deref() == Some(TYPE);
    let Some(id) = header.kid.filter(|_| is_ours) else {
        return Ok(None);
    };
    let Some(keys) = signing_keys::find(s, &id).await? else {
        return Ok(None);
    };
    let key = keys.iter().find(|key| key.id == id);
    // The key says which algorithm it is for, never the token (RFC 8725, section 3.1).
    let Some(key) = key.filter(|key| key.algorithm == header.alg) else {
        return Ok(None);
    };
    let mut rules = Validation::new(key.algorithm);
    rules.leeway = LEEWAY;
    rules.validate_aud = false;
    rules.set_issuer(&[&*s.public_url]);
    rules.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    let written = decode::<Written>(token.0.as_bytes(), &key.verifies, &rules);
    let claims = written.ok().and_then(|data| claims(s, data.claims));
    // It ends at its second, not after it (RFC 7519, section 4.1.4): the library lets it pass for that second.
    Ok(claims.filter(|claims| claims.expires_at > OffsetDateTime::now_utc()))
}

fn claims(s: &Services, written: Written) -> Option<Claims> {
    Some(Claims {
        tenant: written.tid,
        grant: written.gid,
        audience: Audience::parse(&s.public_url, &written.aud)?,
        scopes: Scopes::parse(&written.scope).ok()?,
        expires_at: OffsetDateTime::from_unix_timestamp(written.exp).ok()?,
        issued_at: OffsetDateTime::from_unix_timestamp(written.iat).ok()?,
        client_id: written.client_id,
        subject: written.sub,
    })
}

#[cfg(test)]
mod tests {
    use super::AccessToken;

    #[test]
    fn only_what_looks_like_a_token_is_looked_at() {
        assert!(AccessToken::parse("a.b-_9.c").is_some());
        for other in ["", "a.b", "a.b.c.d", "a..c", ".b.c", "a.b.", ".."] {
            assert!(AccessToken::parse(other).is_none(), "{other}");
        }
        assert!(AccessToken::parse(&format!("a.b.{}", "x".repeat(5000))).is_none());
    }
}
