//! Inputs whose names a service makes, which the kit's fields cannot know. They come back with what was typed as
//! those do; a secret never does.

use crate::Visit;
use leptos::prelude::*;

/// A line of text that somebody must be asked for by a name known only now.
#[derive(Clone, Debug, Default)]
pub struct Line {
    pub label: String,
    pub name: String,
    pub value: String,
    pub placeholder: String,
    pub hint: Option<String>,
    pub required: bool,
    pub is_secret: bool,
}

/// A line of text with its label.
pub fn line(line: Line) -> AnyView {
    let Line {
        label,
        name,
        value,
        placeholder,
        hint,
        required,
        is_secret,
    } = line;
    let id = format!("line-{name}");
    let (kind, value) = if is_secret {
        ("password", String::new())
    } else {
        ("text", Visit::typed(&name).unwrap_or(value))
    };
    let hint_id = hint.as_ref().map(|_| format!("{id}-hint"));
    let described = hint_id.clone();
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <input
                class="input"
                id=id
                name=name
                type=kind
                value=value
                placeholder=placeholder
                required=required
                maxlength="4000"
                autocomplete="off"
                spellcheck="false"
                aria-describedby=described
            />
            {hint.map(|hint| view! { <p class="hint" id=hint_id>{hint}</p> })}
        </div>
    }
    .into_any()
}

/// A hidden input.
pub fn hidden(name: impl Into<String>, value: impl Into<String>) -> AnyView {
    let (name, value): (String, String) = (name.into(), value.into());
    view! { <input type="hidden" name=name value=value/> }.into_any()
}

/// A field to search with. In the hydrated page what it is about follows every letter; before that, and without
/// WebAssembly, it is sent by GET as `q`.
pub fn search(
    label: &'static str,
    action: String,
    words: RwSignal<String>,
    more: AnyView,
) -> AnyView {
    view! {
        <form
            class="search-form"
            method="get"
            action=action
            role="search"
            on:submit=move |event| event.prevent_default()
        >
            {more}
            <input
                type="search"
                class="input input-small"
                name="q"
                aria-label=label
                placeholder=label
                autocomplete="off"
                value=words.get_untracked()
                prop:value=move || words.get()
                on:input=move |event| words.set(event_target_value(&event))
            />
            <button type="submit" class="button until-live">"Search"</button>
        </form>
    }
    .into_any()
}

/// Whether a text in small letters has all the words.
pub fn finds(text: &str, words: &str) -> bool {
    let words = words.to_lowercase();
    words.split_whitespace().all(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::finds;

    #[test]
    fn a_search_asks_for_all_words_in_any_order() {
        assert!(finds("github_list_issues list issues", "Issues list"));
        assert!(finds("anything", "  "));
        assert!(!finds("list issues", "issues close"));
    }
}
