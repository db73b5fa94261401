//! OAuth as pure functions: what clients send to an authorization server and to a protected resource, and what they
//! are answered. No I/O; who holds which credential, and who consented to what, is the domain's business.

mod answer;
mod auth_method;
mod authorize;
mod bearer;
mod challenge;
mod client_auth;
mod client_metadata;
pub mod document;
mod error;
mod form;
mod grant_request;
mod grant_type;
mod parameters;
mod pkce;
mod protected_resource;
pub mod redirect;
mod registration;
mod scope;
mod server_metadata;
mod web_url;

pub use answer::answer_url;
pub use auth_method::AuthMethod;
pub use authorize::{AuthorizeQuery, AuthorizeRequest, Prompt};
pub use bearer::bearer_token;
pub use challenge::{BearerError, Challenge};
pub use client_auth::{ASSERTION_TYPE, ClientAuth, SecretBy};
pub use client_metadata::{ApplicationType, ClientMetadata};
pub use error::{ErrorCode, OAuthError};
pub use form::TokenForm;
pub use grant_request::GrantRequest;
pub use grant_type::GrantType;
pub use pkce::CodeChallenge;
pub use protected_resource::{ProtectedResource, WELL_KNOWN, metadata_url};
pub use scope::Scopes;
pub use server_metadata::{
    ASSERTION_ALGORITHMS, AUTHORIZATION_SERVER_WELL_KNOWN, OPENID_WELL_KNOWN, ServerMetadata,
};
