//! Other services as data: who they are and how one logs in there ([`Provider`]), and what can be done there
//! ([`Operation`]). From a tool's arguments to a request, and from the answer to a result, as pure functions: nothing
//! here opens a socket.
//!
//! A call is [`Provider::address`] for the base, [`Operation::request`] and [`Placement::apply`]; then, of the answer,
//! [`is_refusal`] with [`problem`], or [`Operation::result`].

mod address;
mod answer;
mod arguments;
mod body;
mod catalogue;
mod check;
mod keep;
pub mod oauth;
pub mod openapi;
mod operation;
mod pagination;
mod path;
mod problem;
mod provider;
mod query;
mod request;
mod schema;
mod wrong;

pub use answer::{Answer, Output};
pub use catalogue::{Catalogue, catalogue, faults};
pub use operation::{Access, Body, Field, Input, Method, Operation, Pagination, Place};
pub use problem::{Limit, is_refusal, problem, rate_limit, retry_after, status};
pub use provider::{
    Account, Api, Auth, ClientAuth, OAuth2, Placement, Provider, Question, RateLimit, ResetIs,
    Revocation, RevokeStyle, Scope,
};
pub use request::Request;
pub use wrong::Wrong;
