//! Connections: the accounts of a tenant at other services, and what can be done there.

use crate::{ApiId, ConnectionId, roles::Decision, words::words};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

words! {
    /// How a connection is.
    ConnectionState {
        Healthy = "healthy", "Healthy";
        Expiring = "expiring", "Expiring";
        NeedsAttention = "needs_attention", "Needs attention";
        Disconnected = "disconnected", "Disconnected";
    }
}

words! {
    /// Whose a connection is.
    Sharing {
        Shared = "shared", "Everybody in the tenant";
        Personal = "personal", "Only me";
    }
}

words! {
    /// How one logs in at a provider.
    AuthKind {
        Oauth2 = "oauth2", "Log in there";
        ApiKey = "api_key", "Key";
        Basic = "basic", "Name and password";
    }
}

words! {
    /// Whose app it is that people log in to a provider with.
    AppSource {
        None = "none", "Not set up";
        Instance = "instance", "Of this instance";
        Tenant = "tenant", "Your own";
    }
}

/// A scope that one can ask a provider for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopeView {
    /// As it is asked for.
    pub name: String,
    /// What it opens, in plain words.
    pub about: String,
    /// Whether it is chosen at first.
    pub chosen: bool,
}

/// Something that is asked before connecting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuestionView {
    /// The name of the field.
    pub id: String,
    /// What is asked.
    pub label: String,
    /// What an answer looks like.
    pub example: String,
    /// What is taken when nothing is answered.
    pub default: Option<String>,
}

/// A provider as the catalogue shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderCard {
    /// The word in addresses.
    pub id: String,
    /// The name for people.
    pub name: String,
    /// Where it stands.
    pub category: String,
    /// What it is for.
    pub about: String,
    /// How one logs in.
    pub auth: AuthKind,
    /// Whose app logs in, where one is needed.
    pub app: AppSource,
    /// How many tools there are.
    pub tools: usize,
    /// How many connections the person can use.
    pub connections: usize,
    /// Whether the tenant has described it itself.
    pub is_own: bool,
    /// The path data of its icon, for a box of 24 by 24.
    pub icon: Option<String>,
}

/// Everything on the page where one connects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderView {
    /// As in the catalogue.
    pub card: ProviderCard,
    /// Its documentation.
    pub docs: String,
    /// How an app is made there.
    pub setup: String,
    /// What is asked before connecting.
    pub questions: Vec<QuestionView>,
    /// What one can ask for.
    pub scopes: Vec<ScopeView>,
    /// What the secret is called there; for a name and password, both.
    pub secrets: Vec<String>,
    /// What to register there as callback address.
    pub redirect_uri: String,
    /// Who the tenant's own app is, if there is one.
    pub client_id: Option<String>,
    /// Connections that there are already, that the person can see.
    pub connections: Vec<ConnectionView>,
    /// Whether its tools are offered to clients.
    pub is_offered: bool,
    /// Whether the person may connect an account for everybody.
    pub may_share: Decision,
    /// Whether the person may connect an account of their own.
    pub may_connect: Decision,
    /// Whether the person may describe services, and take back what was described.
    pub may_describe: Decision,
}

/// A connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionView {
    /// Its id.
    pub id: ConnectionId,
    /// The provider.
    pub provider: String,
    /// The provider's name.
    pub provider_name: String,
    /// The path data of its icon.
    pub icon: Option<String>,
    /// What people call it; unique at its provider in the tenant.
    pub label: String,
    /// The account there, as the provider names it.
    pub account: Option<String>,
    /// Whose it is.
    pub sharing: Sharing,
    /// The member who connected it.
    pub owner: String,
    /// How it is.
    pub state: ConnectionState,
    /// What is wrong, in plain words, and what to do.
    pub trouble: Option<String>,
    /// What the provider has granted.
    pub scopes: Vec<String>,
    /// When it was connected, or connected again.
    #[serde(with = "time::serde::rfc3339")]
    pub connected_at: OffsetDateTime,
    /// When the access token ends, if it does.
    #[serde(with = "time::serde::rfc3339::option")]
    pub expires_at: Option<OffsetDateTime>,
    /// When it was last refreshed.
    #[serde(with = "time::serde::rfc3339::option")]
    pub refreshed_at: Option<OffsetDateTime>,
    /// When a tool last used it.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_used_at: Option<OffsetDateTime>,
    /// Whether the person may change it.
    pub may_change: Decision,
}

/// A call that used a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionCall {
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// Which tool.
    pub tool: String,
    /// Which client.
    pub client: String,
    /// How it ended.
    pub outcome: crate::usage::Outcome,
    /// How long it took.
    pub duration_us: i64,
    /// What went wrong.
    pub error: Option<String>,
}

/// Who uses a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionUser {
    /// The client.
    pub client: String,
    /// How often in the last 30 days.
    pub calls: i64,
    /// When last.
    #[serde(with = "time::serde::rfc3339")]
    pub last_at: OffsetDateTime,
}

/// Everything on a connection's page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionDetail {
    /// The connection.
    pub connection: ConnectionView,
    /// Scopes of the provider; those that are granted are chosen.
    pub scopes: Vec<ScopeView>,
    /// How one logs in there.
    pub auth: AuthKind,
    /// What the secrets are called, where a person types them in.
    pub secrets: Vec<String>,
    /// Who uses it, most first.
    pub users: Vec<ConnectionUser>,
    /// The last calls, newest first.
    pub calls: Vec<ConnectionCall>,
}

/// The list of connections.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionList {
    /// Those that the person can see: shared ones, and their own.
    pub connections: Vec<ConnectionView>,
    /// The catalogue, by name.
    pub providers: Vec<ProviderCard>,
    /// Whether the person may describe a provider.
    pub may_describe: Decision,
}

/// What the test button found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestResult {
    /// Whether the service answered as it should.
    pub is_good: bool,
    /// What happened, in plain words.
    pub told: String,
    /// How long it took.
    pub duration_ms: u64,
}

/// One tool of a provider or an imported API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OperationView {
    /// The tool's name, as clients call it.
    pub name: String,
    /// The name for people.
    pub title: String,
    /// What it does.
    pub about: String,
    /// `GET /path`.
    pub request: String,
    /// Whether it changes something.
    pub writes: bool,
    /// Whether it may destroy something.
    pub destructive: bool,
    /// What it needs of the connection.
    pub scopes: Vec<String>,
    /// The page of its documentation.
    pub docs: Option<String>,
    /// JSON Schema of the arguments.
    pub schema: serde_json::Value,
}

/// The tools of a provider or of an imported API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolsView {
    /// The word in scopes.
    pub toolkit: String,
    /// The name for people.
    pub name: String,
    /// Its tools.
    pub tools: Vec<OperationView>,
    /// Whether they are offered to clients.
    pub is_offered: bool,
    /// What they can be tried with.
    pub connections: Vec<ConnectionView>,
    /// Whether the person may switch them.
    pub may_switch: Decision,
}

/// What a try of a tool gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TryResult {
    /// Whether the tool did what it should.
    pub is_good: bool,
    /// What a model would read.
    pub text: String,
    /// The data, as JSON with line breaks.
    pub data: Option<String>,
    /// How long it took.
    pub duration_ms: u64,
}

/// An API that a tenant has imported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiView {
    /// Its id.
    pub id: ApiId,
    /// The word in names of tools and in scopes.
    pub word: String,
    /// Its name.
    pub name: String,
    /// The version that its document says.
    pub version: String,
    /// Where its paths begin.
    pub base: String,
    /// Where its document is, if it was not uploaded.
    pub source: Option<String>,
    /// The provider whose connections it is called with; none: without.
    pub provider: Option<String>,
    /// How many of its operations are tools.
    pub chosen: i64,
    /// How many operations the document has.
    pub operations: i64,
    /// When the document was last fetched or uploaded.
    #[serde(with = "time::serde::rfc3339")]
    pub synced_at: OffsetDateTime,
    /// What went wrong when it was last fetched.
    pub trouble: Option<String>,
    /// Whether a newer document waits for somebody to look at what has changed.
    pub has_news: bool,
}

/// One operation of a document, to choose from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CandidateView {
    /// `GET /pets/{id}`.
    pub key: String,
    /// The tool's name.
    pub tool: Option<String>,
    /// What it does.
    pub about: String,
    /// The group that the document puts it in.
    pub group: Option<String>,
    /// Whether it changes something.
    pub writes: bool,
    /// Whether the document says that it is on its way out.
    pub deprecated: bool,
    /// Why it cannot be a tool.
    pub why_not: Option<String>,
    /// Whether it is one.
    pub chosen: bool,
}

/// What is different in a newer document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiNews {
    /// Operations that were not there.
    pub added: Vec<String>,
    /// Tools whose operation is gone.
    pub removed: Vec<String>,
    /// Tools that are different, and how.
    pub changed: Vec<(String, Vec<String>)>,
}

/// Everything on an imported API's page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ApiDetail {
    /// The API.
    pub api: ApiView,
    /// What can be chosen, in the document's order.
    pub candidates: Vec<CandidateView>,
    /// What a newer document would change.
    pub news: Option<ApiNews>,
    /// Providers whose connections it could be called with.
    pub providers: Vec<ProviderCard>,
    /// Whether the person may change it.
    pub may_change: Decision,
}
