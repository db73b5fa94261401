//! Who a presented credential is.

use super::Presented;
use crate::{
    Actor, Error, Result, Services,
    actor::Who,
    api_keys::{self, LiveKey},
    apis,
    limits::{self, Gate, Holder},
    oauth_server::{self, AccessToken, Audience, LiveGrant},
    plans,
    toolkits::{self, CONNECTIONS, Name, Registry, Tool, Toolkit},
};
use anyhow::anyhow;
use api_types::{
    CredentialId, McpClientId, Refusal, TenantId, UserId, plans::Feature, roles::opens,
};
use ipnet::IpNet;
use std::{net::IpAddr, sync::Arc};
use time::OffsetDateTime;
use vault::Digest;

/// A credential that works now: its tenant, its client and what it opens.
pub struct Principal {
    /// The caller that use cases see.
    pub actor: Actor,
    /// The tenant's name.
    pub tenant_name: String,
    /// The client.
    pub client: McpClientId,
    /// The client's name.
    pub client_name: String,
    /// The key or the grant.
    pub credential: CredentialId,
    /// Who stands behind it: whose log-in it is, or the owner of the key's client.
    pub member: UserId,
    /// The key's name, or whose log-in it is.
    pub credential_name: String,
    /// `toolkit:read` or `toolkit:write`.
    pub scopes: Vec<String>,
    /// Toolkits the tenant has switched on.
    pub toolkits: Vec<Name>,
    /// What the tenant has imported itself.
    pub own: Registry,
    /// What limits its calls.
    pub gate: Gate,
    /// The tenant lets no client in for now.
    pub suspended: bool,
    networks: Vec<IpNet>,
    slugs: Vec<String>,
    /// Of a token alone.
    token: Option<Token>,
}

/// What is known of a token that a key does not have: a key is for its tenant, until it is looked up again.
struct Token {
    audience: Audience,
    ends: OffsetDateTime,
    /// The client's name for itself.
    oauth_id: String,
}

impl Principal {
    /// The tenant.
    pub fn tenant(&self) -> TenantId {
        self.actor.tenant()
    }

    /// Whether it is a log-in's token, and not a key.
    pub fn is_token(&self) -> bool {
        self.token.is_some()
    }

    /// The client's name for itself, where it logged in.
    pub fn oauth_id(&self) -> Option<&str> {
        self.token.as_ref().map(|token| token.oauth_id.as_str())
    }

    /// Whether it opens that much of a toolkit. Writing implies reading.
    pub fn opens(&self, toolkit: &dyn Toolkit, write: bool) -> bool {
        let (name, elsewhere) = (toolkit.name(), toolkit.is_elsewhere());
        self.scopes.iter().any(|scope| {
            opens(scope, &name, write) || (elsewhere && opens(scope, CONNECTIONS, write))
        })
    }

    /// Whether the tenant has the toolkit on.
    pub fn has(&self, toolkit: &dyn Toolkit) -> bool {
        self.toolkits.contains(&toolkit.name())
    }

    /// The tool with this name, of this build or of the tenant, if the tenant has its toolkit on.
    pub fn tool<'a>(&'a self, build: &'a Registry, name: &str) -> Option<&'a Tool> {
        let found = build.tool(name).or_else(|| self.own.tool(name));
        found.filter(|tool| self.has(&*tool.toolkit))
    }

    /// The person whose log-in it is. A key is nobody's.
    pub fn person(&self) -> Option<UserId> {
        match self.actor.who() {
            Who::Grant { user, .. } => Some(*user),
            _ => None,
        }
    }

    /// Refuses tools of a toolkit that the tenant's plan has not.
    pub fn require_plan(
        &self,
        s: &Services,
        toolkit: &dyn Toolkit,
    ) -> std::result::Result<(), Refusal> {
        if !toolkit.is_elsewhere() {
            return Ok(());
        }
        let is_own = self.own.iter().any(|own| own.name() == toolkit.name());
        let feature = if is_own {
            Feature::OwnApis
        } else {
            Feature::Connections
        };
        let plan = &self.gate.entitlements.plan;
        if plan.has(feature) {
            return Ok(());
        }
        Err(plans::lacking(&s.plans, plan, feature))
    }

    /// Whether it is good at this address: of the tenant with this slug, or the one without (RFC 8707). A tenant's
    /// former slugs count: clients are configured with them.
    pub fn is_at(&self, slug: Option<&str>) -> bool {
        let is_ours =
            |slug: &str| slug == self.actor.slug() || self.slugs.iter().any(|own| own == slug);
        let is_meant = match self.token.as_ref().map(|token| &token.audience) {
            None => true,
            Some(Audience::Tenant(meant)) => is_ours(meant),
            Some(Audience::Any) => slug.is_none(),
        };
        is_meant && slug.is_none_or(is_ours)
    }

    /// Whether it may be used from there.
    pub fn admits(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.networks.is_empty()
            || self
                .networks
                .iter()
                .any(|network| network.contains(&address))
    }

    fn is_over(&self) -> bool {
        let now = OffsetDateTime::now_utc();
        self.token.as_ref().is_some_and(|token| token.ends <= now)
    }
}

/// Who this is; none, if it is unknown, revoked or expired, which look alike.
pub async fn authenticate(s: &Services, shown: &Presented<'_>) -> Result<Option<Arc<Principal>>> {
    let digest = shown.digest();
    if let Some(principal) = s.keys.principals.get(&digest).await {
        return Ok(Some(principal).filter(|principal| !principal.is_over()));
    }
    // One look-up however many calls wait for it. A miss is not kept. Boxed, because the room that a
    // look-up needs would be moved about with every call whose credential is known.
    let asked = s.keys.times_forgotten();
    let loading = s
        .keys
        .principals
        .try_get_with(digest, load(s, shown, &digest));
    let loaded = Box::pin(loading).await;
    // What was told while the database was read may not be in what was read: it is good for this call alone.
    if s.keys.times_forgotten() != asked {
        s.keys.principals.invalidate(&digest).await;
    }
    match loaded {
        Ok(principal) => Ok(Some(principal)),
        Err(miss) => match &*miss {
            Miss::Unknown => Ok(None),
            Miss::Broken(error) => Err(Error::Broken(anyhow!(
                "looking up a credential: {}",
                error.for_the_log()
            ))),
        },
    }
}

enum Miss {
    Unknown,
    Broken(Error),
}

impl From<Error> for Miss {
    fn from(error: Error) -> Self {
        Self::Broken(error)
    }
}

type Loaded = std::result::Result<Arc<Principal>, Miss>;

async fn load(s: &Services, shown: &Presented<'_>, digest: &Digest) -> Loaded {
    match shown {
        Presented::Key(_) => load_key(s, digest).await,
        Presented::Token(token) => load_token(s, *token).await,
    }
}

async fn load_key(s: &Services, digest: &Digest) -> Loaded {
    let found = api_keys::by_digest(&mut *s.db.global().await?, digest).await?;
    let (tenant, key) = found.ok_or(Miss::Unknown)?;
    let mut tx = s.db.tenant_tx(tenant).await?;
    let row = api_keys::live(&mut tx, tenant, key).await?;
    let own = apis::registry(s, &mut tx, tenant).await?;
    let toolkits = toolkits::switched(&mut tx, [&s.toolkits, &own], tenant).await?;
    tx.commit().await?;
    let row: LiveKey = row.ok_or(Miss::Unknown)?;
    let holder = Holder {
        tenant,
        client: row.client,
        credential: key.into(),
        per_minute: row.rate_limit_per_minute.map(i32::unsigned_abs),
    };
    let who = Who::Key {
        client: row.client,
        key,
        scopes: row.scopes.clone(),
    };
    Ok(Arc::new(Principal {
        actor: Actor::new(tenant, row.slug, who),
        tenant_name: row.tenant_name,
        client: row.client,
        client_name: row.client_name,
        credential: key.into(),
        member: row.owner,
        credential_name: row.key_name,
        scopes: row.scopes,
        toolkits,
        own,
        gate: limits::gate(s, &holder).await?,
        suspended: row.suspended,
        slugs: row.slugs,
        networks: row
            .allowed_networks
            .iter()
            .filter_map(|text| text.parse().ok())
            .collect(),
        token: None,
    }))
}

async fn load_token(s: &Services, token: AccessToken<'_>) -> Loaded {
    let claims = oauth_server::verify(s, token).await?;
    let claims = claims.ok_or(Miss::Unknown)?;
    let (tenant, grant) = (claims.tenant, claims.grant);
    let mut tx = s.db.tenant_tx(tenant).await?;
    let row = oauth_server::live(&mut tx, tenant, grant).await?;
    let own = apis::registry(s, &mut tx, tenant).await?;
    let toolkits = toolkits::switched(&mut tx, [&s.toolkits, &own], tenant).await?;
    tx.commit().await?;
    let row: LiveGrant = row.ok_or(Miss::Unknown)?;
    let scopes = row.allowed(&claims.scopes);
    let holder = Holder {
        tenant,
        client: row.client,
        credential: grant.into(),
        per_minute: None,
    };
    let who = Who::Grant {
        client: row.client,
        grant,
        user: row.user,
        scopes: scopes.clone(),
    };
    Ok(Arc::new(Principal {
        actor: Actor::new(tenant, row.slug, who),
        tenant_name: row.tenant_name,
        client: row.client,
        client_name: row.client_name,
        credential: grant.into(),
        member: row.user,
        credential_name: format!("log-in of {}", row.user_name),
        scopes,
        toolkits,
        own,
        gate: limits::gate(s, &holder).await?,
        suspended: row.suspended,
        slugs: row.slugs,
        networks: Vec::new(),
        token: Some(Token {
            audience: claims.audience,
            ends: claims.expires_at,
            oauth_id: row.oauth_id,
        }),
    }))
}
