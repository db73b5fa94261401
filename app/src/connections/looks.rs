//! What stands for a service and for the state of a connection, wherever they are shown.

use crate::ui::{Badge, Tone};
use api_types::connections::{ConnectionState, ConnectionView, Sharing};
use leptos::prelude::*;

/// A service's icon in a box, or the first letter of its name. Decoration: the name stands beside it.
#[component]
pub fn Tile(icon: Option<String>, #[prop(into)] name: String) -> AnyView {
    let inside = match icon {
        Some(path) => view! {
            <svg viewBox="0 0 24 24" width="18" height="18" fill="currentColor">
                <path d=path></path>
            </svg>
        }
        .into_any(),
        None => monogram(&name).into_any(),
    };
    view! { <span class="tile" aria-hidden="true">{inside}</span> }.into_any()
}

/// The first letter or digit of a name, as a capital.
fn monogram(name: &str) -> String {
    let first = name.chars().find(|letter| letter.is_alphanumeric());
    first.into_iter().flat_map(char::to_uppercase).collect()
}

/// How a connection is, in one word.
#[component]
pub fn StateBadge(state: ConnectionState) -> AnyView {
    view! { <Badge tone=tone(state) text=state.label()/> }.into_any()
}

/// The colour that says the same.
pub fn tone(state: ConnectionState) -> Tone {
    match state {
        ConnectionState::Healthy => Tone::Good,
        ConnectionState::Expiring => Tone::Warning,
        ConnectionState::NeedsAttention => Tone::Bad,
        ConnectionState::Disconnected => Tone::Neutral,
    }
}

/// Whose a connection is, for a narrow column.
pub fn whose(connection: &ConnectionView) -> String {
    match connection.sharing {
        Sharing::Shared => format!("Everybody, by {}", connection.owner),
        Sharing::Personal => "Only you".into(),
    }
}

/// Where a connection's own page is.
pub fn address(tenant: &str, connection: &ConnectionView) -> String {
    format!("/t/{tenant}/connections/{}", connection.id)
}

#[cfg(test)]
mod tests {
    use super::monogram;

    #[test]
    fn a_monogram_is_a_capital_letter_or_a_digit() {
        let names = ["gitHub", "1Password", "«éclair»", "…"];
        assert_eq!(names.map(monogram), ["G", "1", "É", ""]);
    }
}
