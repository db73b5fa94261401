//! What an act says of itself. What may be said is decided by types: only [`Facts`] get in.

use crate::Result;
use anyhow::Context as _;
use api_types::audit::Act;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use std::fmt::Display;

/// How a thing looks in the audit log. Implemented by hand for types that hold no secret, which is
/// the promise of whoever implements it; never for everything that can be serialised.
///
/// ```compile_fail
/// fn is_recorded(_: &impl domain::audit::Facts) {}
/// fn a_secret_cannot_get_in(key: &api_types::api_keys::CreatedKey) { is_recorded(key) }
/// ```
/// ```compile_fail
/// fn is_recorded(_: &impl domain::audit::Facts) {}
/// fn a_password_cannot_get_in(password: &api_types::input::Password) { is_recorded(password) }
/// ```
pub trait Facts: Serialize {}

/// An act, ready to be recorded.
#[derive(Debug)]
pub struct Event {
    pub(super) act: Act,
    pub(super) object_id: String,
    pub(super) object_name: String,
    pub(super) before: Option<Box<RawValue>>,
    pub(super) after: Option<Box<RawValue>>,
}

impl Event {
    /// An act on the thing with this id and this name.
    pub fn new(act: Act, object_id: impl Display, object_name: impl Into<String>) -> Self {
        Self {
            act,
            object_id: object_id.to_string(),
            object_name: object_name.into(),
            before: None,
            after: None,
        }
    }

    /// With how the thing was.
    pub fn before(self, facts: &impl Facts) -> Result<Self> {
        Ok(Self {
            before: Some(json(facts)?),
            ..self
        })
    }

    /// With how the thing is now.
    pub fn after(self, facts: &impl Facts) -> Result<Self> {
        Ok(Self {
            after: Some(json(facts)?),
            ..self
        })
    }
}

fn json(facts: &impl Facts) -> Result<Box<RawValue>> {
    Ok(to_raw_value(facts).context("writing what is audited")?)
}

/// A thing of which only the name matters.
#[derive(Serialize)]
pub struct Named<'a> {
    /// The name.
    pub name: &'a str,
}

impl Facts for Named<'_> {}
