//! Recovery codes: how many there are, new ones, and those that were just made.

use super::FactorForms;
use crate::ui::{Alert, Form, Look, Submit, Tone, counted};
use leptos::prelude::*;

/// `fresh` are codes that a form without WebAssembly has just made.
#[component]
pub fn RecoveryCodes(left: i64, fresh: Option<Vec<String>>, forms: FactorForms) -> AnyView {
    let codes = move || forms.fresh().or_else(|| fresh.clone()).map(listed);
    let few = (left < 3).then(|| {
        view! { <Alert tone=Tone::Warning text="You are running out of recovery codes: make new ones."/> }
    });
    let number = counted(left, "recovery code", "recovery codes");
    view! {
        <div class="form">
            <p class="muted">{number} " left, for the day on which your device is gone."</p>
            {few}
            <div aria-live="polite">{codes}</div>
            <Form action=forms.renew class="form-inline">
                <Submit label="Make new recovery codes" look=Look::Secondary/>
            </Form>
        </div>
    }
    .into_any()
}

fn listed(codes: Vec<String>) -> AnyView {
    let codes: Vec<AnyView> = codes
        .into_iter()
        .map(|code| view! { <li><code>{code}</code></li> }.into_any())
        .collect();
    view! {
        <Alert
            tone=Tone::Warning
            text="Keep these recovery codes where you keep your passwords. Each works once, when your device is gone. They are not shown again."
        />
        <ul class="recovery-codes">{codes}</ul>
    }
    .into_any()
}
