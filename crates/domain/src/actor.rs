//! Who acts, in which tenant, and what they may do. Every use case on tenant data takes one.

use api_types::{ApiKeyId, McpClientId, Permission, Refusal, Role, TenantId, UserId};

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
        role: Role,
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

    /// Whether the caller may do that.
    pub fn may(&self, permission: Permission) -> bool {
        match &self.who {
            Who::Member { role, .. } => role.allows(permission),
            Who::Key { scopes, .. } => opens(permission)
                .iter()
                .any(|scope| scopes.iter().any(|held| held == scope)),
        }
    }

    /// Refuses unless the caller may do that.
    pub fn require(&self, permission: Permission) -> Result<(), Refusal> {
        if self.may(permission) {
            Ok(())
        } else {
            Err(Refusal::Forbidden { permission })
        }
    }
}

/// The scopes of a key that include a permission. Keys never manage clients, keys or the tenant.
fn opens(permission: Permission) -> &'static [&'static str] {
    match permission {
        Permission::ViewTenant | Permission::ViewUsage => &["account:read", "account:write"],
        Permission::ViewTasks => &["tasks:read", "tasks:write"],
        Permission::ManageTasks => &["tasks:write"],
        _ => &[],
    }
}
