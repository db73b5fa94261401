//! People: signing up, in and out, and their own settings.

mod home;
mod second_step;
pub mod server_fns;
mod settings;
mod sign_in;
mod sign_in_code;
mod sign_up;
mod step_up;

pub use home::Home;
pub use settings::{PasswordCard, ProfileCard, SecurityCard};
pub use sign_in::SignInPage;
pub use sign_in_code::SignInCodePage;
pub use sign_up::{FirstTenantField, SignUpPage};
pub use step_up::StepUpPage;

use leptos::prelude::*;
use leptos_router::location::Url;

/// The address of the sign-in page that leads back to `page` afterwards.
pub fn sign_in_path(page: Option<&str>) -> String {
    leading_to("/sign-in", page.unwrap_or_default())
}

/// The address of a page that leads on to `next` afterwards.
pub fn leading_to(page: &str, next: &str) -> String {
    match next_page(next) {
        Some(next) => format!("{page}?next={}", Url::escape(next)),
        None => page.into(),
    }
}

/// Where the link of an invitation leads.
const INVITATION: &str = "/invitations?token=";

/// The address of an invitation.
pub fn invitation_path(token: &str) -> String {
    format!("{INVITATION}{}", Url::escape(token))
}

/// The token in the address of an invitation, if it is one. Tokens are letters and digits, which nobody escapes.
pub fn invitation_token(page: &str) -> Option<&str> {
    page.strip_prefix(INVITATION)
}

/// How pages begin that somebody may be led back to.
const OURS: [&str; 6] = [
    "/t/",
    "/operator",
    "/account",
    "/confirm-address?token=",
    "/oauth/consent/",
    INVITATION,
];

/// Where to confirm that it is oneself, and come back from.
pub fn step_up_path(page: &str) -> String {
    leading_to("/step-up", page)
}

/// Where to add a second factor when a tenant wants one.
pub const FACTOR_NEEDED: &str = "/account?needed=factor";

/// A page of ours to go to after signing in. Anything that a browser could take for another site
/// is none.
pub fn next_page(path: &str) -> Option<&str> {
    let ours = OURS.iter().any(|begin| path.starts_with(begin))
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
        assert_eq!(invitation_token(&invitation), Some("abc"));
        assert_eq!(invitation_token("/t/acme"), None);
        let consent = "/oauth/consent/0190f5c0-0000-7000-8000-000000000001";
        assert_eq!(next_page(consent), Some(consent));
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
