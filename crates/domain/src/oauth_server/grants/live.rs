//! A grant as each call needs it.

use super::store;
use crate::{Result, roles};
use api_types::{GrantId, McpClientId, MemberRole, TenantId, UserId, oauth::GrantKind};
use oauth::Scopes;
use sqlx::PgConnection;

/// A grant that holds: its member, client and tenant are there.
pub(crate) struct LiveGrant {
    pub client: McpClientId,
    pub client_name: String,
    pub user: UserId,
    pub user_name: String,
    pub role: MemberRole,
    pub kind: GrantKind,
    /// What was allowed.
    pub scopes: Vec<String>,
    /// What the client opens by itself now.
    pub own_scopes: Vec<String>,
    pub slug: String,
    pub slugs: Vec<String>,
    pub tenant_name: String,
    pub suspended: bool,
    pub oauth_id: String,
    pub resource: String,
}

impl LiveGrant {
    /// What of a token's scopes is allowed now: by the grant, and by the member's role or, for a client by itself, by
    /// what its tenant lets it open.
    pub(crate) fn allowed(&self, wanted: &Scopes) -> Vec<String> {
        let granted: Scopes = self.scopes.iter().cloned().collect();
        let wanted = wanted.intersection(&granted).to_vec();
        if self.kind == GrantKind::Client {
            let own: Scopes = self.own_scopes.iter().cloned().collect();
            return wanted
                .into_iter()
                .filter(|scope| own.contains(scope))
                .collect();
        }
        roles::narrowed(&self.role, &wanted)
    }
}

/// The grant, if it holds now.
pub(crate) async fn live(
    db: &mut PgConnection,
    tenant: TenantId,
    grant: GrantId,
) -> Result<Option<LiveGrant>> {
    store::live(db, tenant, grant).await
}
