//! The authorization server as people see it: consent, grants, clients that log in, and what went wrong.

use crate::{GrantId, McpClientId, OauthRequestId, OauthSecretId, words::words};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

words! {
    /// How this server knows a client.
    ClientSource {
        Registered = "registered", "Registered by this tenant";
        Document = "document", "Known by its own document";
        Dynamic = "registration", "Registered itself";
    }
}

words! {
    /// How a client shows that it is itself at the token endpoint.
    ClientAuth {
        Public = "none", "Public: no secret";
        Secret = "client_secret", "Confidential: a secret";
        PrivateKey = "private_key_jwt", "Confidential: its own key";
    }
}

words! {
    /// How a grant came about.
    GrantKind {
        Code = "code", "Logged in by a person";
        Client = "client", "The client by itself";
        Assertion = "assertion", "Vouched for by your sign-in provider";
    }
}

words! {
    /// Why a grant ended.
    GrantEnd {
        Revoked = "revoked", "Ended by a person";
        ByClient = "by_client", "Ended by the client";
        CodeReplayed = "code_replayed", "Its code was shown twice";
        TokenReplayed = "token_replayed", "An old refresh token was shown again";
        ClientChanged = "client_changed", "The client was changed or archived";
        Expired = "expired", "Not used for 30 days";
    }
}

words! {
    /// One step of a client's way in.
    StepKind {
        Challenged = "challenged", "Asked the endpoint without a good credential";
        Metadata = "metadata", "Read what the endpoint says of itself";
        Registered = "registered", "Registered itself";
        Authorize = "authorize", "Sent a person here to log in";
        Consent = "consent", "The person decided";
        Code = "code", "Exchanged its code";
        Refresh = "refresh", "Refreshed its token";
        Client = "client", "Asked for a token for itself";
        Assertion = "assertion", "Showed an assertion of your sign-in provider";
        Revoke = "revoke", "Gave its token back";
        Scope = "scope", "Asked for more than its token opens";
    }
}

/// What the consent page asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentView {
    /// The request that is answered.
    pub request: OauthRequestId,
    /// What the client calls itself; nobody has checked it unless `source` says so.
    pub client_name: String,
    /// How this server knows it.
    pub source: ClientSource,
    /// The host that vouches for it, of a client with a document.
    pub verified_host: Option<String>,
    /// Where the answer goes: a host, or the scheme of a program.
    pub redirect_host: String,
    /// Whether every program on the person's machine could take the answer.
    pub is_local: bool,
    /// Who is signed in.
    pub email: String,
    /// The tenants to choose from: one, where the client has named it.
    pub tenants: Vec<ConsentTenant>,
    /// What is asked for.
    pub scopes: Vec<ConsentScope>,
}

/// A tenant that may be chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentTenant {
    /// Its name in addresses.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// What the person's role allows there, of what is asked for.
    pub scopes: Vec<String>,
}

/// Something that is asked for, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentScope {
    /// `tasks:write`.
    pub scope: String,
    /// "Read and change tasks".
    pub about: String,
    /// The tools that it opens: name and title.
    pub tools: Vec<(String, String)>,
}

/// One log-in of a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantView {
    /// Id.
    pub id: GrantId,
    /// The client.
    pub client: McpClientId,
    /// Its name.
    pub client_name: String,
    /// Its name for itself in the protocol.
    pub oauth_id: String,
    /// Whose rights it uses.
    pub person: String,
    /// Their address; empty for a service account.
    pub email: String,
    /// How it came about.
    pub kind: GrantKind,
    /// The address that its tokens are for.
    pub resource: String,
    /// What was allowed.
    pub scopes: Vec<String>,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// From where.
    pub created_address: Option<String>,
    /// The last call or refresh.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_used_at: Option<OffsetDateTime>,
    /// From where.
    pub last_used_address: Option<String>,
    /// With what program, by its own word.
    pub last_used_agent: Option<String>,
    /// When it ended.
    #[serde(with = "time::serde::rfc3339::option")]
    pub ended_at: Option<OffsetDateTime>,
    /// Why.
    pub ended_why: Option<GrantEnd>,
    /// Its refresh tokens, the first first.
    pub tokens: Vec<RefreshView>,
}

/// One refresh token of a grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshView {
    /// When it was issued.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it was exchanged for the next one.
    #[serde(with = "time::serde::rfc3339::option")]
    pub rotated_at: Option<OffsetDateTime>,
    /// When it ends by itself.
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
}

/// An app that a person has connected to one tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectedApp {
    /// The tenant's name in addresses.
    pub tenant: String,
    /// The tenant's name.
    pub tenant_name: String,
    /// The client.
    pub client: McpClientId,
    /// Its name.
    pub client_name: String,
    /// What the person has allowed it for good; none, if they are asked each time.
    pub remembered: Option<Vec<String>>,
    /// Its log-ins that work, the newest first.
    pub grants: Vec<GrantView>,
}

/// How a registered client logs in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OauthClientView {
    /// `client_id` in the protocol.
    pub oauth_id: String,
    /// How it shows that it is itself.
    pub auth: ClientAuth,
    /// Where people may be led back to.
    pub redirect_uris: Vec<String>,
    /// Its public keys, as a JWK set.
    pub jwks: Option<String>,
    /// What it opens by itself, without a person.
    pub scopes: Vec<String>,
    /// Its secrets that work, the newest first.
    pub secrets: Vec<SecretView>,
}

/// A secret of a client, without the secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretView {
    /// Id.
    pub id: OauthSecretId,
    /// Its first characters.
    pub display_prefix: String,
    /// When it was issued.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it stops working.
    #[serde(with = "time::serde::rfc3339::option")]
    pub expires_at: Option<OffsetDateTime>,
    /// The last use.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_used_at: Option<OffsetDateTime>,
}

/// A client that can log in now, with its secret, which is shown once and stored nowhere.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreatedSecret {
    /// `client_id` in the protocol.
    pub oauth_id: String,
    /// The secret, if it has one.
    pub secret: Option<String>,
}

impl std::fmt::Debug for CreatedSecret {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("CreatedSecret")
            .field("oauth_id", &self.oauth_id)
            .finish_non_exhaustive()
    }
}

/// One step of a client's way in, as the debugger shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepView {
    /// Id; begins with the time.
    pub id: Uuid,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// What it was.
    pub kind: StepKind,
    /// The client's name for itself, where it has said it.
    pub oauth_id: Option<String>,
    /// Its name, where it is known.
    pub client_name: Option<String>,
    /// The word of the protocol, where it was refused.
    pub error: Option<String>,
    /// What happened, and how to mend it.
    pub told: String,
    /// What was sent, secrets left out: name and value.
    pub sent: Vec<(String, String)>,
    /// From where.
    pub address: String,
    /// With what program, by its own word.
    pub agent: Option<String>,
    /// The id that is in the answer and in the log.
    pub request_id: String,
}

/// The steps of one client that belong together, the oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversation {
    /// The client's name, or its program's.
    pub name: String,
    /// Its name for itself.
    pub oauth_id: Option<String>,
    /// Its steps.
    pub steps: Vec<StepView>,
}

impl Conversation {
    /// Whether the last step failed.
    pub fn is_stuck(&self) -> bool {
        self.steps.last().is_some_and(StepView::has_failed)
    }
}

impl StepView {
    /// Whether something has to be mended. A challenge is how each way in begins, and a person may say no.
    pub fn has_failed(&self) -> bool {
        let is_usual = matches!(self.kind, StepKind::Challenged | StepKind::Consent);
        self.error.is_some() && !is_usual
    }
}
