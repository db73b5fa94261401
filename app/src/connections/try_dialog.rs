//! The dialog in which one tries a tool: a form made of its schema, and below it what came back.

use super::{
    inputs::hidden,
    schema::{Input, Kind, Look, inputs},
    tool_fns::{Tried, TryTool},
    tools_page::{Whose, about, effects},
};
use crate::ui::{
    Alert, CopyButton, DialogButtons, Form, Modal, Post, Select, Tone, figures::milliseconds,
    query_is, use_path,
};
use api_types::connections::{ConnectionState, ConnectionView, OperationView, ToolsView};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

#[component]
pub fn TryDialog(
    tools: StoredValue<ToolsView>,
    tenant: String,
    whose: Whose,
    try_it: Post<TryTool>,
    /// What a form posted without WebAssembly has given.
    before: Option<Tried>,
) -> AnyView {
    let (query, asked, path) = (use_query_map(), query_is("dialog", "try"), use_path());
    let tool = Memo::new(move |_| {
        let name = query
            .with(|query| query.get("tool"))
            .filter(|_| asked.get())?;
        tools.with_value(|view| view.tools.iter().find(|tool| tool.name == name).cloned())
    });
    let open = Signal::derive(move || tool.with(Option::is_some));
    let (tenant, whose) = (StoredValue::new(tenant), StoredValue::new(whose));
    let before = StoredValue::new(before);
    view! {
        <Modal title="Try a tool" open close_to=path wide=true>
            {move || tool.get().map(|tool| {
                let name = tool.name.clone();
                view! {
                    {form(tool, &tools.get_value(), &tenant.get_value(), whose.get_value(), try_it)}
                    {outcome(name, try_it, before)}
                }
            })}
        </Modal>
    }
    .into_any()
}

fn form(
    tool: OperationView,
    view: &ToolsView,
    tenant: &str,
    whose: Whose,
    try_it: Post<TryTool>,
) -> AnyView {
    let (needed, optional): (Vec<Input>, Vec<Input>) = inputs(&tool.schema)
        .into_iter()
        .partition(|one| one.required);
    let needs = needed.len();
    let draw = |first: usize, inputs: Vec<Input>| -> Vec<AnyView> {
        let numbered = inputs.into_iter().enumerate();
        numbered
            .map(|(place, input)| field(first + place, input))
            .collect()
    };
    let (needed, optional) = (draw(0, needed), draw(needs, optional));
    let optional = match optional.len() {
        0 => ().into_any(),
        1..=4 => optional.into_any(),
        number => view! {
            <details class="more">
                <summary>{format!("{number} more fields")}</summary>
                <div class="form">{optional}</div>
            </details>
        }
        .into_any(),
    };
    let connection = connection(&view.connections, !whose.api.is_empty());
    let (about, effects) = (about(&tool), effects(&tool));
    let caution = caution(&tool, &view.name);
    let tenant = hidden("tenant", tenant);
    view! {
        <Form action=try_it>
            <p class="badges">
                <strong>{tool.title.clone()}</strong>
                <code class="muted long-word">{tool.name.clone()}</code>
                {effects}
            </p>
            {about.map(|about| view! { <p>{about}</p> })}
            {tenant}
            {hidden("tool", tool.name.clone())}
            {hidden("provider", whose.provider)}
            {hidden("api", whose.api)}
            {connection}
            {needed}
            {optional}
            {caution}
            <DialogButtons label="Try it"/>
        </Form>
    }
    .into_any()
}

/// Whose account it is tried with, where there is a choice.
fn connection(connections: &[ConnectionView], is_api: bool) -> AnyView {
    let live = connections
        .iter()
        .filter(|one| one.state != ConnectionState::Disconnected);
    let options: Vec<(String, String)> = live
        .map(|one| {
            let words = match &one.account {
                Some(account) => format!("{} ({account})", one.label),
                None => one.label.clone(),
            };
            (one.label.clone(), words)
        })
        .collect();
    match options.len() {
        // An API can be one that anybody may call.
        0 if is_api => ().into_any(),
        0 => {
            let text =
                "Nothing is connected that you may use: a service that asks who calls refuses.";
            view! { <Alert tone=Tone::Warning text/> }.into_any()
        }
        // The only one is taken by itself.
        1 => ().into_any(),
        _ => view! { <Select label="Connection" name="connection" options/> }.into_any(),
    }
}

/// What changes something is asked about once more.
fn caution(tool: &OperationView, name: &str) -> AnyView {
    if !tool.writes {
        return ().into_any();
    }
    let words = if tool.destructive {
        format!("This may delete things at {name}, for good.")
    } else {
        format!("This changes things at {name}.")
    };
    view! {
        <label class="checkbox">
            <input type="checkbox" required=true/>
            <span>{words} <span class="hint">"It is a real call, with the real account."</span></span>
        </label>
    }
    .into_any()
}

/// One argument. Beside what is filled in, the form says how it is to be read.
fn field(place: usize, input: Input) -> AnyView {
    let name = format!("arguments[{place}][value]");
    let id = format!("argument-{place}");
    let said = view! {
        {hidden(format!("arguments[{place}][name]"), input.name.clone())}
        {hidden(format!("arguments[{place}][kind]"), input.kind.as_str())}
    };
    let hint_id = (!input.hint.is_empty()).then(|| format!("{id}-hint"));
    let hint = input.hint.clone();
    if input.look == Look::Switch {
        let on = input.default.as_deref() == Some("true");
        return view! {
            {said}
            <label class="checkbox">
                <input type="checkbox" name=name value="true" checked=on/>
                <span><code>{input.name}</code> <span class="hint">{hint}</span></span>
            </label>
        }
        .into_any();
    }
    let label = view! {
        <label for=id.clone()>
            <code>{input.name.clone()}</code>
            {input.required.then_some(" (needed)")}
        </label>
    };
    let control = control(id, name, hint_id.clone(), input);
    view! {
        {said}
        <div class="field">
            {label}
            {control}
            {hint_id.map(|id| view! { <p class="hint" id=id>{hint}</p> })}
        </div>
    }
    .into_any()
}

fn control(id: String, name: String, described: Option<String>, input: Input) -> AnyView {
    let required = input.required && input.default.is_none();
    let default = input.default.clone();
    match input.look {
        Look::Choice(options) => {
            let first = match default {
                Some(default) => format!("As usual: {default}"),
                None => "Choose".into(),
            };
            let options: Vec<AnyView> = options
                .into_iter()
                .map(|(value, words)| view! { <option value=value>{words}</option> }.into_any())
                .collect();
            view! {
                <select class="input" id=id name=name required=required aria-describedby=described>
                    <option value="">{first}</option>
                    {options}
                </select>
            }
            .into_any()
        }
        Look::Lines => {
            let (rows, sample) = match input.kind {
                Kind::List => (3, "One a line"),
                Kind::Json => (4, "JSON"),
                _ => (4, ""),
            };
            let placeholder = default.unwrap_or_else(|| sample.into());
            view! {
                <textarea
                    class="input"
                    class:code-input={input.kind == Kind::Json}
                    id=id
                    name=name
                    rows=rows
                    required=required
                    placeholder=placeholder
                    spellcheck="false"
                    aria-describedby=described
                ></textarea>
            }
            .into_any()
        }
        Look::Number => {
            let step = if input.kind == Kind::Integer {
                "1"
            } else {
                "any"
            };
            view! {
                <input
                    class="input"
                    type="number"
                    id=id
                    name=name
                    step=step
                    min=input.min
                    max=input.max
                    required=required
                    placeholder=default
                    aria-describedby=described
                />
            }
            .into_any()
        }
        Look::Line | Look::Switch => view! {
            <input
                class="input"
                type="text"
                id=id
                name=name
                required=required
                placeholder=default
                autocomplete="off"
                spellcheck="false"
                aria-describedby=described
            />
        }
        .into_any(),
    }
}

/// What the tool has given, if it is this tool that was tried.
fn outcome(tool: String, try_it: Post<TryTool>, before: StoredValue<Option<Tried>>) -> AnyView {
    let value = try_it.value();
    let shown = move || {
        let now = value.with(|value| value.as_ref()?.as_ref().ok().cloned());
        let tried = now.or_else(|| before.get_value())?;
        (tried.tool == tool).then(|| result(tried))
    };
    view! { <div class="try-result" role="status">{shown}</div> }.into_any()
}

fn result(tried: Tried) -> AnyView {
    let result = tried.result;
    let took = milliseconds(result.duration_ms as f64);
    let (tone, text) = if result.is_good {
        (Tone::Good, format!("It answered in {took}."))
    } else {
        (Tone::Bad, format!("It failed after {took}."))
    };
    let data = result.data.map(|data| snippet("Data", data));
    view! {
        <Alert tone text/>
        {snippet("What a model reads", result.text)}
        {data}
    }
    .into_any()
}

fn snippet(title: &'static str, text: String) -> AnyView {
    view! {
        <div class="snippet">
            <div class="snippet-header">
                <span>{title}</span>
                <CopyButton text=Signal::stored(text.clone())/>
            </div>
            <pre tabindex="0" aria-label=title><code>{text}</code></pre>
        </div>
    }
    .into_any()
}
