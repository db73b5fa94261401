//! Who acts, in which tenant, and what they may do. Every use case on tenant data takes one.

use api_types::{
    ApiKeyId, Decision, GrantId, McpClientId, MemberRole, Permission, Refusal, TenantId, UserId,
    roles::{Holder, decide},
};
use std::net::{IpAddr, Ipv4Addr};
use uuid::Uuid;

/// A caller whose tenant and rights are established.
#[derive(Clone, Debug)]
pub struct Actor {
    tenant: TenantId,
    slug: String,
    who: Who,
    origin: Origin,
}

/// Where an act comes from, for the audit log: nothing is known of what no request asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Origin {
    /// The address of the client.
    pub address: Option<IpAddr>,
    /// The request's id in the log.
    pub request_id: Option<Uuid>,
}

impl Origin {
    /// A request from there with this id.
    pub fn request(address: IpAddr, request_id: Uuid) -> Self {
        Self {
            address: Some(address),
            request_id: Some(request_id),
        }
    }

    /// The address; that of nobody, where none is known.
    pub fn address(&self) -> IpAddr {
        self.address.unwrap_or(Ipv4Addr::UNSPECIFIED.into())
    }
}

impl From<IpAddr> for Origin {
    fn from(address: IpAddr) -> Self {
        Self {
            address: Some(address),
            request_id: None,
        }
    }
}

/// What kind of caller it is.
#[derive(Clone, Debug)]
pub enum Who {
    /// A signed-in person.
    Member {
        /// The person.
        user: UserId,
        /// Their role in this tenant.
        role: MemberRole,
    },
    /// An MCP client with one of its keys.
    Key {
        /// The client.
        client: McpClientId,
        /// The key.
        key: ApiKeyId,
        /// What the key opens.
        scopes: Vec<String>,
    },
    /// An MCP client that a person let in, with one of its tokens.
    Grant {
        /// The client.
        client: McpClientId,
        /// The grant.
        grant: GrantId,
        /// The person whose rights it uses, or the service account.
        user: UserId,
        /// What it opens.
        scopes: Vec<String>,
    },
    /// Somebody who runs this instance, in a tenant that is not theirs.
    Operator {
        /// The person.
        user: UserId,
        /// What they may see there.
        role: MemberRole,
    },
    /// This server itself, in a job that nobody asked for.
    System {
        /// What the job is called, for the audit log.
        job: &'static str,
    },
}

impl Actor {
    /// A caller in a tenant. Only the modules that establish callers make one.
    pub(crate) fn new(tenant: TenantId, slug: String, who: Who) -> Self {
        Self {
            tenant,
            slug,
            who,
            origin: Origin::default(),
        }
    }

    /// This server in a job of its own. It holds no permission: jobs call what asks for none.
    pub fn system(tenant: TenantId, job: &'static str) -> Self {
        Self::new(tenant, String::new(), Who::System { job })
    }

    /// The same caller, seen to come from there.
    #[must_use]
    pub fn seen_from(self, origin: Origin) -> Self {
        Self { origin, ..self }
    }

    /// Where the caller comes from.
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// The tenant that the caller acts in.
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// The tenant's name in addresses.
    pub fn slug(&self) -> &str {
        &self.slug
    }

    /// What kind of caller it is.
    pub fn who(&self) -> &Who {
        &self.who
    }

    /// The person, where the caller is a member.
    pub fn user(&self) -> Option<UserId> {
        match self.who {
            Who::Member { user, .. } => Some(user),
            Who::Key { .. } | Who::Grant { .. } | Who::Operator { .. } | Who::System { .. } => None,
        }
    }

    /// Whether the caller is an operator who looks at a tenant of others.
    pub fn is_operator(&self) -> bool {
        matches!(self.who, Who::Operator { .. })
    }

    /// The role, where the caller is a person.
    pub fn role(&self) -> Option<&MemberRole> {
        match &self.who {
            Who::Member { role, .. } | Who::Operator { role, .. } => Some(role),
            Who::Key { .. } | Who::Grant { .. } | Who::System { .. } => None,
        }
    }

    /// Whether the caller may do that, and the rule that says so.
    pub fn decide(&self, permission: Permission) -> Decision {
        decide(self.who.holder(), permission)
    }

    /// Whether the caller may do that.
    pub fn may(&self, permission: Permission) -> bool {
        self.decide(permission).allowed
    }

    /// Refuses unless the caller may do that.
    pub fn require(&self, permission: Permission) -> Result<(), Refusal> {
        self.decide(permission).enforce()
    }
}

impl Who {
    fn holder(&self) -> Holder<'_> {
        match self {
            Self::Member { role, .. } | Self::Operator { role, .. } => Holder::Member(role),
            Self::Key { scopes, .. } | Self::Grant { scopes, .. } => Holder::Key(scopes),
            // A job holds nothing.
            Self::System { .. } => Holder::Key(&[]),
        }
    }
}
