//! What one page view brings along besides its address: the theme, what a refused form had in its
//! fields, a message to show once, and when it was. Read from cookies by the server, handed over to
//! the browser's half inside the page, so that both render the same.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Light, dark, or as the system is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    pub const ALL: [Self; 3] = [Self::Light, Self::Dark, Self::System];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }

    pub fn parse(word: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|theme| theme.as_str() == word)
            .unwrap_or_default()
    }

    /// The value of `<html data-theme>`; none follows the system.
    pub fn attribute(self) -> Option<&'static str> {
        (self != Self::System).then(|| self.as_str())
    }
}

/// What came with this page view.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Visit {
    pub theme: Theme,
    /// What the fields of a refused form held; never a password.
    pub typed: Vec<(String, String)>,
    /// Said once after a form that was posted without WebAssembly.
    pub notice: Option<String>,
    /// When the server began to render, by its clock: milliseconds since 1970. What pages show was read later.
    pub rendered_at: i64,
}

impl Visit {
    /// Reads it from the request; in the browser it is empty.
    pub fn read() -> Self {
        crate::read_visit()
    }

    /// Puts it into context, where [`Visit::current`] finds it.
    pub(crate) fn provide() {
        provide_context(SharedValue::new(Self::read).into_inner());
    }

    /// What came with the first page view of this app.
    pub fn current() -> Self {
        use_context().unwrap_or_default()
    }

    /// What a field of a refused form held.
    pub fn typed(name: &str) -> Option<String> {
        Self::current()
            .typed
            .into_iter()
            .find(|(field, _)| field == name)
            .map(|(_, value)| value)
    }
}
