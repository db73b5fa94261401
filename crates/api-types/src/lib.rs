//! What both halves of Bulkhead agree on: ids, validated inputs, views, roles and refusals.
//! If a type is here, a browser may see it; no secret and nothing native belongs here.

pub mod accounts;
pub mod api_keys;
pub mod audit;
pub mod billing;
pub mod connections;
mod ids;
pub mod input;
pub mod limits;
pub mod mcp_clients;
pub mod members;
pub mod numbers;
pub mod oauth;
pub mod operator;
pub mod plans;
mod refusal;
pub mod roles;
pub mod sign_in_with;
pub mod sso;
pub mod tasks;
pub mod tenants;
pub mod toolkits;
pub mod usage;
pub mod users;
pub mod webhooks;
mod words;

pub use ids::{
    ApiId, ApiKeyId, ConnectionId, CredentialId, EventId, ExportId, GrantId, InvitationId,
    McpClientId, OauthRequestId, OauthSecretId, PasskeyId, RoleId, SessionId, TaskId, TenantId,
    UserId, WebhookId,
};
pub use refusal::Refusal;
pub use roles::{CustomRole, Decision, MemberRole, Permission, Role, Rule};
