//! Ids: one type each, so that a task's id is never taken for a tenant's.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta] $name:ident),+ $(,)?) => {$(
        #[$doc]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(feature = "sqlx", derive(sqlx::Type), sqlx(transparent))]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(out)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )+};
}

id! {
    /// A tenant: one customer, isolated from every other.
    TenantId,
    /// A person, who may be a member of several tenants.
    UserId,
    /// A registered MCP client of a tenant.
    McpClientId,
    /// An invitation to a tenant.
    InvitationId,
    /// A role that a tenant made itself.
    RoleId,
    /// An API key of an MCP client.
    ApiKeyId,
    /// A grant: what somebody has allowed a client by logging in.
    GrantId,
    /// What a client shows: the id of a key or of a grant.
    CredentialId,
    /// An export of calls.
    ExportId,
    /// An authorization that waits for a person's decision.
    OauthRequestId,
    /// A secret of a client that logs in; not the secret.
    OauthSecretId,
    /// A task of a tenant.
    TaskId,
    /// A browser session, as its person names it; not the credential.
    SessionId,
    /// A passkey of a person, as they name it; not the credential.
    PasskeyId,
    /// An account of a tenant at another service.
    ConnectionId,
    /// An API that a tenant has imported.
    ApiId,
    /// An endpoint of a tenant that is told what happens.
    WebhookId,
    /// One metered call.
    EventId,
}

impl From<ApiKeyId> for CredentialId {
    fn from(key: ApiKeyId) -> Self {
        Self(key.0)
    }
}

impl From<GrantId> for CredentialId {
    fn from(grant: GrantId) -> Self {
        Self(grant.0)
    }
}
