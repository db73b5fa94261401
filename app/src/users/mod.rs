//! People: signing up, in and out, and their own settings.

mod home;
pub mod server_fns;
mod settings;
mod sign_in;
mod sign_up;

pub use home::Home;
pub use settings::{PasswordCard, ProfileCard};
pub use sign_in::SignInPage;
pub use sign_up::SignUpPage;

use leptos::prelude::*;
use leptos_router::location::Url;

/// The address of the sign-in page that leads back to `page` afterwards.
pub fn sign_in_path(page: Option<&str>) -> String {
    match page.and_then(next_page) {
        Some(page) => format!("/sign-in?next={}", Url::escape(page)),
        None => "/sign-in".into(),
    }
}

/// Where the link of an invitation leads.
const INVITATION: &str = "/invitations?token=";

/// The address of an invitation.
pub fn invitation_path(token: &str) -> String {
    format!("{INVITATION}{}", Url::escape(token))
}

/// A page of ours to go to after signing in. Anything that a browser could take for another site
/// is none.
pub fn next_page(path: &str) -> Option<&str> {
    let ours = (path.starts_with("/t/") || path.starts_with(INVITATION))
        && !path.contains("//")
        && !path.contains('\\')
        && path.bytes().all(|b| b.is_ascii_graphic());
    ours.then_some(path)
}

/// The frame of the pages for people who are not signed in.
#[component]
pub fn Doorway(
    #[prop(into)] title: String,
    #[prop(into)] about: String,
    children: Children,
) -> AnyView {
    view! {
        <main class="doorway" id="main">
            <a class="brand" href="/">
                <crate::ui::Logo/>
                "Bulkhead"
            </a>
            <section class="doorway-card">
                <leptos_meta::Title text=title.clone()/>
                <h1>{title}</h1>
                <p class="muted">{about}</p>
                {children()}
            </section>
        </main>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_are_gone_to_after_signing_in() {
        assert_eq!(
            next_page("/t/acme/usage?range=7d"),
            Some("/t/acme/usage?range=7d")
        );
        let invitation = super::invitation_path("abc");
        assert_eq!(next_page(&invitation), Some(invitation.as_str()));
        for bad in [
            "//evil.io",
            "https://evil.io",
            "/\\evil.io",
            "/t//evil.io",
            "/t/\r\nx",
            "/api/x",
            "",
        ] {
            assert_eq!(next_page(bad), None, "{bad}");
        }
    }
}
