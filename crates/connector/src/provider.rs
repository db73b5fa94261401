//! A provider: one file of `providers/`, or one that a tenant describes itself.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Who a service is and how one logs in there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// The word in addresses, names of tools and scopes: lower-case letters and digits.
    pub id: String,
    /// The name for people.
    pub name: String,
    /// Where it stands in the catalogue, such as "Development".
    pub category: String,
    /// What it is for, one sentence.
    pub about: String,
    /// The page of its documentation that these facts are from.
    pub docs: String,
    /// How a person gets credentials for an app there, one or two sentences with the name of the page.
    pub setup: String,
    /// What must be known before one can connect, such as a subdomain.
    #[serde(default)]
    pub questions: Vec<Question>,
    /// How one logs in.
    pub auth: Auth,
    /// Its API.
    pub api: Api,
}

/// Something that is asked before connecting. `{id}` stands for the answer in addresses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The word in addresses.
    pub id: String,
    /// What is asked.
    pub label: String,
    /// What an answer looks like.
    pub example: String,
    /// Of what an answer is made: `subdomain` (one label of a host), `word` (letters, digits, `-`, `_`) or `host`
    /// (whole host of a service that people run themselves, checked like every address that a tenant names).
    pub kind: String,
    /// What is taken when nothing is answered.
    #[serde(default)]
    pub default: Option<String>,
}

/// How one logs in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Auth {
    /// OAuth 2 with the authorization code grant. Boxed, as it is much larger than the rest.
    Oauth2(Box<OAuth2>),
    /// One secret that is sent with each request.
    ApiKey {
        /// Where it is put.
        placement: Placement,
        /// What it is called there, such as "API key" or "Personal access token".
        label: String,
    },
    /// A name and a password (RFC 7617).
    Basic {
        /// What the name is called there.
        username: String,
        /// What the password is called there.
        password: String,
    },
}

/// Where a secret is put in a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Placement {
    /// In a header: its name, and what stands before the secret, such as `Bearer `.
    Header {
        /// Its name.
        name: String,
        /// What stands before the secret.
        #[serde(default)]
        prefix: String,
    },
    /// In the query, under this name.
    Query {
        /// Its name.
        name: String,
    },
}

impl Default for Placement {
    fn default() -> Self {
        Self::Header {
            name: "authorization".into(),
            prefix: "Bearer ".into(),
        }
    }
}

/// OAuth 2 at a provider, with its habits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OAuth2 {
    /// Where a browser is led.
    pub authorize: String,
    /// Where codes and refresh tokens are exchanged.
    pub token: String,
    /// Whether it takes PKCE with S256 (RFC 7636).
    pub pkce: bool,
    /// How the app shows who it is at the token endpoint.
    #[serde(default)]
    pub client_auth: ClientAuth,
    /// What stands between scopes. A space, but for a few.
    #[serde(default = "space")]
    pub scope_separator: String,
    /// The name of the parameter with the scopes; `scope`, but for a few.
    #[serde(default = "scope")]
    pub scope_parameter: String,
    /// Added to the address that a browser is led to, such as `access_type = "offline"`.
    #[serde(default)]
    pub authorize_parameters: BTreeMap<String, String>,
    /// Added to exchanges.
    #[serde(default)]
    pub token_parameters: BTreeMap<String, String>,
    /// The scopes that one can ask for.
    #[serde(default)]
    pub scopes: Vec<Scope>,
    /// Asked for always, such as `offline_access`.
    #[serde(default)]
    pub always: Vec<String>,
    /// Whether there are refresh tokens.
    pub refresh: bool,
    /// Whether a refresh token is good once, and the answer brings the next.
    #[serde(default)]
    pub rotates: bool,
    /// How long an access token lives in seconds, where the answer does not say. None: it does not end.
    #[serde(default)]
    pub lifetime: Option<u32>,
    /// Where the access token is in the answer (dots between members), where not in `access_token`.
    #[serde(default)]
    pub access_token_at: Option<String>,
    /// Members of the answer that addresses need: the word in addresses, and where it is in the answer.
    #[serde(default)]
    pub remember: BTreeMap<String, String>,
    /// How tokens are revoked, where they can be.
    #[serde(default)]
    pub revocation: Option<Revocation>,
}

fn space() -> String {
    " ".into()
}

fn scope() -> String {
    "scope".into()
}

/// How an app shows who it is (RFC 6749, 2.3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuth {
    /// `Authorization: Basic`.
    #[default]
    Basic,
    /// `client_id` and `client_secret` in the body.
    Post,
}

/// A scope of a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// As it is asked for.
    pub name: String,
    /// What it opens, in plain words.
    pub about: String,
    /// Whether it is chosen until somebody says otherwise.
    #[serde(default)]
    pub default: bool,
}

/// How tokens are revoked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    /// Where.
    pub url: String,
    /// How.
    #[serde(default)]
    pub style: RevokeStyle,
}

/// How a revocation is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevokeStyle {
    /// RFC 7009: `token` in a form, and who the app is.
    #[default]
    Rfc7009,
    /// `DELETE` with Basic and `{"access_token": …}`, as GitHub has it. `{client_id}` stands in the address.
    DeleteJson,
    /// A POST with the access token as bearer, and nothing else.
    BearerPost,
}

/// An API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Api {
    /// Where its paths begin. May hold `{words}` of questions and of what is remembered.
    pub base: String,
    /// Where a token is put.
    #[serde(default)]
    pub placement: Placement,
    /// Sent with each request.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Sent with each request in the query.
    #[serde(default)]
    pub query: BTreeMap<String, String>,
    /// Whose account it is, asked when one connects and by the test button.
    #[serde(default)]
    pub account: Option<Account>,
    /// The headers that say how much may still be asked.
    #[serde(default)]
    pub rate_limit: Option<RateLimit>,
    /// Where in the body of a refusal its words are (dots between members).
    #[serde(default)]
    pub error_at: Vec<String>,
    /// A member of a 200 whose `false` means a refusal, such as `ok`, or a number that is not 0.
    #[serde(default)]
    pub ok_at: Option<String>,
}

impl Api {
    /// An API of which nothing is known but where its paths begin.
    pub fn at(base: &str) -> Self {
        Self {
            base: base.into(),
            placement: Placement::default(),
            headers: BTreeMap::new(),
            query: BTreeMap::new(),
            account: None,
            rate_limit: None,
            error_at: ["message", "error.message", "detail", "title"]
                .map(Into::into)
                .to_vec(),
            ok_at: None,
        }
    }
}

/// Whose account it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// `GET`, unless it is another.
    #[serde(default = "get")]
    pub method: String,
    /// A path below the base, or a whole address.
    pub path: String,
    /// A body of JSON, where one is needed.
    #[serde(default)]
    pub body: Option<String>,
    /// Where the account's name is (dots between members): the first that is there.
    pub label_at: Vec<String>,
}

fn get() -> String {
    "GET".into()
}

/// Headers that say how much may still be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// How much is left.
    pub remaining: String,
    /// When it is full again.
    #[serde(default)]
    pub reset: Option<String>,
    /// What that header holds.
    #[serde(default)]
    pub reset_is: ResetIs,
}

/// What a header of a reset holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResetIs {
    /// Seconds since 1970.
    #[default]
    Epoch,
    /// Milliseconds since 1970.
    EpochMillis,
    /// Seconds from now.
    Seconds,
}
