//! Who acts, in which tenant, and what they may do. Every use case on tenant data takes one.

use api_types::{
    ApiKeyId, Decision, McpClientId, MemberRole, Permission, Refusal, TenantId, UserId,
    roles::{Holder, decide},
};

/// A caller whose tenant and rights are established.
#[derive(Clone, Debug)]
pub struct Actor {
    tenant: TenantId,
    slug: String,
    who: Who,
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
}

impl Actor {
    /// A caller in a tenant. Only the modules that establish callers make one.
    pub(crate) fn new(tenant: TenantId, slug: String, who: Who) -> Self {
        Self { tenant, slug, who }
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

    /// The person, where the caller is one.
    pub fn user(&self) -> Option<UserId> {
        match self.who {
            Who::Member { user, .. } => Some(user),
            Who::Key { .. } => None,
        }
    }

    /// The role, where the caller is a person.
    pub fn role(&self) -> Option<&MemberRole> {
        match &self.who {
            Who::Member { role, .. } => Some(role),
            Who::Key { .. } => None,
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
            Self::Member { role, .. } => Holder::Member(role),
            Self::Key { scopes, .. } => Holder::Key(scopes),
        }
    }
}
