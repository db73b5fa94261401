//! Inputs with their label, hint and error tied together for assistive technology. A refused form
//! comes back with what was typed, also without WebAssembly; a password never does.

use super::form::FormState;
use crate::Visit;
use leptos::prelude::*;

/// A line of text.
#[component]
pub fn Field(
    #[prop(into)] label: String,
    name: &'static str,
    /// `text`, `email`, `password`, `number`, `date`, `search`.
    #[prop(default = "text")]
    kind: &'static str,
    #[prop(optional, into)] value: String,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(optional, into)] placeholder: Option<String>,
    #[prop(optional)] autocomplete: Option<&'static str>,
    #[prop(optional)] required: bool,
    #[prop(optional)] autofocus: bool,
    #[prop(optional)] maxlength: Option<u32>,
    #[prop(optional)] minlength: Option<u32>,
    #[prop(optional)] min: Option<&'static str>,
    #[prop(optional)] max: Option<&'static str>,
) -> AnyView {
    let parts = Parts::of(name, hint.is_some());
    let value = if kind == "password" {
        String::new()
    } else {
        parts.value(value)
    };
    let input = view! {
        <input
            class="input"
            id=parts.id.clone()
            name=name
            type=kind
            value=value
            placeholder=placeholder
            autocomplete=autocomplete
            required=required
            autofocus=autofocus
            maxlength=maxlength
            minlength=minlength
            min=min
            max=max
            aria-describedby=parts.described_by()
            aria-invalid=parts.invalid()
        />
    };
    parts.frame(label, hint, input.into_any())
}

/// Several lines of text.
#[component]
pub fn TextArea(
    #[prop(into)] label: String,
    name: &'static str,
    #[prop(optional, into)] value: String,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(optional, into)] placeholder: Option<String>,
    #[prop(default = 4)] rows: u32,
    #[prop(optional)] maxlength: Option<u32>,
) -> AnyView {
    let parts = Parts::of(name, hint.is_some());
    let value = escape(&parts.value(value));
    let input = view! {
        <textarea
            class="input"
            id=parts.id.clone()
            name=name
            rows=rows
            placeholder=placeholder
            maxlength=maxlength
            aria-describedby=parts.described_by()
            aria-invalid=parts.invalid()
            inner_html=value
        ></textarea>
    };
    parts.frame(label, hint, input.into_any())
}

/// One of several: each option is its value and its words.
#[component]
pub fn Select(
    #[prop(into)] label: String,
    name: &'static str,
    options: Vec<(String, String)>,
    #[prop(optional, into)] value: String,
    #[prop(optional, into)] hint: Option<String>,
) -> AnyView {
    let parts = Parts::of(name, hint.is_some());
    let chosen = parts.value(value);
    let options: Vec<AnyView> = options
        .into_iter()
        .map(|(value, words)| {
            let selected = value == chosen;
            view! { <option value=value selected=selected>{words}</option> }.into_any()
        })
        .collect();
    let input = view! {
        <select
            class="input"
            id=parts.id.clone()
            name=name
            aria-describedby=parts.described_by()
            aria-invalid=parts.invalid()
        >
            {options}
        </select>
    };
    parts.frame(label, hint, input.into_any())
}

/// Yes or no; sends `value` when yes and nothing when no.
#[component]
pub fn Checkbox(
    #[prop(into)] label: String,
    name: &'static str,
    #[prop(default = "true".into(), into)] value: String,
    #[prop(optional)] checked: bool,
    #[prop(optional, into)] hint: Option<String>,
) -> AnyView {
    view! {
        <label class="checkbox">
            <input type="checkbox" name=name value=value checked=checked/>
            <span>{label} {hint.map(|hint| view! { <span class="hint">{hint}</span> })}</span>
        </label>
    }
    .into_any()
}

/// A button that turns something on or off at once: the form around it sends the opposite of
/// `on` as `name`.
#[component]
pub fn Switch(#[prop(into)] label: String, name: &'static str, on: bool) -> AnyView {
    view! {
        <button
            type="submit"
            class="switch"
            role="switch"
            aria-checked=if on { "true" } else { "false" }
            aria-label=label
            name=name
            value=if on { "false" } else { "true" }
        >
            <span class="switch-thumb"></span>
        </button>
    }
    .into_any()
}

/// What ties an input to its label, hint and error.
struct Parts {
    name: &'static str,
    id: String,
    has_hint: bool,
    error: Signal<Option<String>>,
}

impl Parts {
    fn of(name: &'static str, has_hint: bool) -> Self {
        let form = use_context::<FormState>();
        let id = match form {
            Some(form) => format!("{}-{name}", form.id),
            None => name.to_string(),
        };
        let error = form.map_or_else(|| Signal::stored(None), |form| form.error_of(name));
        Self {
            name,
            id,
            has_hint,
            error,
        }
    }

    /// What was typed before a refusal, or else the value that the page knows.
    fn value(&self, known: String) -> String {
        let refused =
            use_context::<FormState>().is_some_and(|form| form.error.get_untracked().is_some());
        Visit::typed(self.name).filter(|_| refused).unwrap_or(known)
    }

    fn invalid(&self) -> Signal<Option<&'static str>> {
        let error = self.error;
        Signal::derive(move || error.with(Option::is_some).then_some("true"))
    }

    fn described_by(&self) -> Signal<Option<String>> {
        let (id, has_hint, error) = (self.id.clone(), self.has_hint, self.error);
        Signal::derive(move || match (has_hint, error.with(Option::is_some)) {
            (false, false) => None,
            (true, false) => Some(format!("{id}-hint")),
            (false, true) => Some(format!("{id}-error")),
            (true, true) => Some(format!("{id}-error {id}-hint")),
        })
    }

    fn frame(self, label: String, hint: Option<String>, input: AnyView) -> AnyView {
        let Self { id, error, .. } = self;
        let hint_id = format!("{id}-hint");
        let error_id = format!("{id}-error");
        view! {
            <div class="field">
                <label for=id>{label}</label>
                {input}
                <p class="error" id=error_id aria-live="polite">{move || error.get()}</p>
                {hint.map(|hint| view! { <p class="hint" id=hint_id>{hint}</p> })}
            </div>
        }
        .into_any()
    }
}

/// Text inside an element, for the one place where it is not a text node of a view.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
