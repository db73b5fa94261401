//! A person's own settings: their name and their password.

use super::server_fns::{ChangePassword, RenamePerson};
use crate::ui::{Card, Field, Form, Icon, LinkButton, Look, Post, Submit};
use api_types::users::Me;
use leptos::prelude::*;

#[component]
pub fn ProfileCard(me: Me, rename: Post<RenamePerson>) -> AnyView {
    view! {
        <Card title="Profile" about="How the other members of your tenants see you.">
            <Form action=rename done="Name saved.">
                <Field label="Name" name="name" value=me.name autocomplete="name" required=true maxlength=100/>
                <div class="field">
                    <span class="label">"Email"</span>
                    <p>{me.email}</p>
                </div>
                <Submit label="Save name" look=Look::Secondary/>
            </Form>
        </Card>
    }
    .into_any()
}

/// The way to what belongs to the person and not to the tenant.
#[component]
pub fn SecurityCard() -> AnyView {
    view! {
        <Card title="Sign-in and security" about="Password, email, second factor and sessions.">
            <LinkButton href=Signal::stored("/account".to_string()) label="Your account" icon=Icon::Shield/>
        </Card>
    }
    .into_any()
}

#[component]
pub fn PasswordCard() -> AnyView {
    let action = Post::<ChangePassword>::new();
    view! {
        <Card title="Password" about="Changing it ends your sessions in other browsers.">
            <Form action done="Password changed. Your other sessions have ended.">
                <Field
                    label="Current password"
                    name="current"
                    kind="password"
                    autocomplete="current-password"
                    required=true
                />
                <Field
                    label="New password"
                    name="password"
                    kind="password"
                    autocomplete="new-password"
                    required=true
                    minlength=10
                    hint="At least 10 characters."
                />
                <Submit label="Change password" look=Look::Secondary/>
            </Form>
        </Card>
    }
    .into_any()
}
