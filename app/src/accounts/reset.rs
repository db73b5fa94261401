//! `/reset?token=…`: chooses a new password by a link from a letter.

use super::server_fns::{ChoosePassword, find_reset};
use crate::ui::{Alert, Field, Form, Post, Submit, Tone, data, load};
use crate::users::Doorway;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

#[component]
pub fn ResetPage() -> AnyView {
    let query = use_query_map();
    let token = query.with_untracked(|query| query.get("token").unwrap_or_default());
    let action = Post::<ChoosePassword>::new();
    let asked = token.clone();
    let open = data(move || asked.clone(), find_reset);
    view! {
        <Doorway title="Choose a new password" about="All your sessions end with it.">
            {load(open, move |open| if open { form(token.clone(), action) } else { too_late() })}
        </Doorway>
    }
    .into_any()
}

fn form(token: String, action: Post<ChoosePassword>) -> AnyView {
    view! {
        <Form action>
            <input type="hidden" name="token" value=token/>
            <Field
                label="New password"
                name="password"
                kind="password"
                autocomplete="new-password"
                required=true
                autofocus=true
                minlength=10
                hint="At least 10 characters. A phrase you can remember is best."
            />
            <Submit label="Change password"/>
        </Form>
    }
    .into_any()
}

fn too_late() -> AnyView {
    view! {
        <Alert tone=Tone::Warning text="This link was used already, or is too old."/>
        <p class="doorway-other">
            <a class="link" href="/forgot">"Ask for a new link"</a>
        </p>
    }
    .into_any()
}
