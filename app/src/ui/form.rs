//! A form that calls a server function, with or without WebAssembly, and says what was wrong.
//!
//! ```ignore
//! let rename = Post::<RenameTenant>::new();
//! view! {
//!     <Form action=rename done="Name saved.">
//!         <input type="hidden" name="tenant" value=slug/>
//!         <Field label="Name" name="name" value=current_name/>
//!         <Submit label="Save"/>
//!     </Form>
//! }
//! ```

use super::{
    Alert, Tone,
    load::{go_to_sign_in, go_to_step_up},
    post::{Post, Posted},
};
use crate::{UiError, ui::toast::toast};
use leptos::{context::Provider, prelude::*};

/// What the pieces of a form know of it.
#[derive(Clone, Copy)]
pub struct FormState {
    /// The server function's name, which makes the ids of fields unique on the page.
    pub id: &'static str,
    /// Why it was refused last.
    pub error: Signal<Option<UiError>>,
    /// Whether it is on its way.
    pub pending: Signal<bool>,
    /// The fields that show their own errors.
    pub names: StoredValue<Vec<&'static str>>,
}

impl FormState {
    /// The message for one field; asking for it also says that the field shows it.
    pub fn error_of(self, name: &'static str) -> Signal<Option<String>> {
        self.names.update_value(|names| names.push(name));
        Signal::derive(move || {
            self.error
                .get()
                .filter(|error| error.field() == Some(name))
                .map(|e| e.to_string())
        })
    }

    /// The message that no field shows.
    fn rest(self) -> Option<String> {
        let error = self.error.get()?;
        let names = self.names.get_value();
        let shown = error.field().is_some_and(|field| names.contains(&field));
        (!shown).then(|| error.to_string())
    }
}

/// A server function's form: errors beside their fields, others above the buttons.
#[component]
pub fn Form<F: Posted>(
    action: Post<F>,
    /// Said in a toast when it went well.
    #[prop(optional, into)]
    done: Option<String>,
    #[prop(default = "form")] class: &'static str,
    children: Children,
) -> AnyView {
    let value = action.value();
    let error = Signal::derive(move || value.with(|value| value.as_ref()?.as_ref().err().cloned()));
    let succeeded = Signal::derive(move || value.with(|value| matches!(value, Some(Ok(_)))));
    let (id, pending) = (name_of(F::PATH), action.pending().into());
    let state = FormState {
        id,
        error,
        pending,
        names: StoredValue::default(),
    };
    follow(error, succeeded, action.version().into(), done);
    form(
        F::PATH,
        Callback::new(move |event| action.submit(&event)),
        frame(state, class, children),
    )
}

/// The same without a place for errors, for a button that stands alone.
#[component]
pub fn BareForm<F: Posted>(action: Post<F>, children: Children) -> AnyView {
    form(
        F::PATH,
        Callback::new(move |event| action.submit(&event)),
        children().into_any(),
    )
}

fn form(path: &'static str, submit: Callback<web_sys::SubmitEvent>, content: AnyView) -> AnyView {
    view! { <form action=path method="post" on:submit=move |event| submit.run(event)>{content}</form> }
        .into_any()
}

/// The part that is the same for every server function, compiled once.
fn frame(state: FormState, class: &'static str, children: Children) -> AnyView {
    let content = move || {
        view! {
            <div class=class>
                {children()}
                <div class="form-error" aria-live="polite">
                    {move || {
                        state.rest().map(|message| view! { <Alert tone=Tone::Bad text=message/> })
                    }}
                </div>
            </div>
        }
        .into_any()
    };
    view! { <Provider value=state>{content()}</Provider> }.into_any()
}

/// Answers what came back: a toast, the sign-in page, or the first wrong field.
fn follow(
    error: Signal<Option<UiError>>,
    succeeded: Signal<bool>,
    version: Signal<usize>,
    done: Option<String>,
) {
    Effect::new(move |before: Option<usize>| {
        let version = version.get();
        // A form that is drawn anew has nothing new to say.
        if before.is_none_or(|before| before == version) {
            return version;
        }
        match error.get_untracked() {
            Some(error) if error.is_signed_out() => go_to_sign_in(),
            Some(error) if error.is_step_up() => go_to_step_up(),
            Some(error) => focus_field(error.field()),
            None if succeeded.get_untracked() => {
                if let Some(done) = &done {
                    toast(done);
                }
            }
            None => {}
        }
        version
    });
}

/// Puts the cursor where something must be mended.
fn focus_field(name: Option<&str>) {
    use leptos::wasm_bindgen::JsCast;
    let Some(name) = name else { return };
    let found = document().query_selector(&format!("dialog[open] [name=\"{name}\"]"));
    let found = match found {
        Ok(Some(element)) => Ok(Some(element)),
        _ => document().query_selector(&format!("[name=\"{name}\"][aria-invalid]")),
    };
    let Ok(Some(element)) = found else { return };
    if let Some(element) = element.dyn_ref::<web_sys::HtmlElement>() {
        _ = element.focus();
    }
}

/// The last part of a server function's path.
fn name_of(path: &'static str) -> &'static str {
    path.rsplit('/').next().unwrap_or(path)
}
