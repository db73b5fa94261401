//! The form that connects an account: by going to the service, or with a key that somebody types in. Going there is a
//! plain form, which the browser follows out of the page.

use super::{
    inputs::{Line, hidden, line},
    server_fns::ConnectAccount,
};
use crate::{
    Visit,
    ui::{Card, Denied, Field, Form, Look, Post, Submit},
};
use api_types::{
    Decision,
    connections::{AuthKind, ProviderView, QuestionView, ScopeView, Sharing},
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

#[component]
pub fn ConnectForm(
    view: StoredValue<ProviderView>,
    tenant: StoredValue<String>,
    connect: Post<ConnectAccount>,
) -> AnyView {
    let provider = view.get_value();
    if !provider.may_share.allowed && !provider.may_connect.allowed {
        let decision = provider.may_connect;
        return view! { <Card title="Connect"><Denied decision/></Card> }.into_any();
    }
    let name = provider.card.name.clone();
    let (about, form) = if provider.card.auth == AuthKind::Oauth2 {
        let about = format!("You go to {name}, allow it there, and come back.");
        (about, leaving(provider, &tenant.get_value()))
    } else {
        let about = format!("It is tried at {name} first, and then kept sealed.");
        (about, staying(provider, tenant.get_value(), connect))
    };
    view! { <Card title="Connect" about=about>{form}</Card> }.into_any()
}

/// By OAuth: the browser goes to the service and comes back.
fn leaving(provider: ProviderView, tenant: &str) -> AnyView {
    let action = format!("/t/{tenant}/connections/{}/start", provider.card.id);
    let next = use_query_map().with_untracked(|query| query.get("next"));
    let questions: Vec<AnyView> = provider
        .questions
        .iter()
        .map(|asked| question(asked, format!("answer-{}", asked.id)))
        .collect();
    let label = label_field(&provider.card.name);
    let button = format!("Go on to {}", provider.card.name);
    view! {
        <form action=action method="post">
            <div class="form">
                {next.map(|next| hidden("next", next))}
                {label}
                {sharing(&provider.may_share, &provider.may_connect)}
                {questions}
                {scopes(provider.scopes)}
                <button type="submit" class=Look::Primary.class()>{button}</button>
            </div>
        </form>
    }
    .into_any()
}

/// With a key, or with a name and a password.
fn staying(provider: ProviderView, tenant: String, connect: Post<ConnectAccount>) -> AnyView {
    let questions: Vec<AnyView> = provider
        .questions
        .iter()
        .enumerate()
        .map(|(place, asked)| {
            let id = hidden(format!("answers[{place}][id]"), asked.id.clone());
            let field = question(asked, format!("answers[{place}][value]"));
            view! { {id} {field} }.into_any()
        })
        .collect();
    let secrets = secrets(&provider.secrets);
    let setup = provider.setup.clone();
    view! {
        <Form action=connect>
            {hidden("tenant", tenant)}
            {hidden("provider", provider.card.id.clone())}
            {label_field(&provider.card.name)}
            {sharing(&provider.may_share, &provider.may_connect)}
            {questions}
            {(!setup.is_empty()).then(|| view! { <p class="hint">{setup}</p> })}
            {secrets}
            <Submit label="Connect"/>
        </Form>
    }
    .into_any()
}

fn label_field(name: &str) -> AnyView {
    let value = Visit::typed("label").unwrap_or_else(|| name.to_string());
    view! {
        <Field
            label="Label"
            name="label"
            value=value
            required=true
            maxlength=80
            hint="What you call it. Clients name it where there are several."
        />
    }
    .into_any()
}

fn question(asked: &QuestionView, name: String) -> AnyView {
    line(Line {
        label: asked.label.clone(),
        name,
        value: asked.default.clone().unwrap_or_default(),
        placeholder: asked.example.clone(),
        required: asked.default.is_none(),
        ..Line::default()
    })
}

/// The secrets of a service, by what they are called there. The name in a name and password is no secret.
pub fn secrets(labels: &[String]) -> Vec<AnyView> {
    let is_secret = |place: usize| place + 1 == labels.len();
    let field = |(place, label): (usize, &String)| {
        line(Line {
            label: label.clone(),
            name: format!("secrets[{place}]"),
            hint: is_secret(place).then(|| "Kept sealed, and not shown again.".into()),
            required: true,
            is_secret: is_secret(place),
            ..Line::default()
        })
    };
    labels.iter().enumerate().map(field).collect()
}

/// Who may use it. What somebody may not choose says why.
fn sharing(share: &Decision, connect: &Decision) -> AnyView {
    let typed = Visit::typed("sharing").and_then(|word| Sharing::parse(&word));
    let first = if share.allowed {
        Sharing::Shared
    } else {
        Sharing::Personal
    };
    let chosen = typed.unwrap_or(first);
    let choice = |sharing: Sharing, about: &'static str, may: &Decision| {
        let why =
            (!may.allowed).then(|| crate::error::sentence(&may.clone().refusal().to_string()));
        let (allowed, words) = (may.allowed, why.unwrap_or_else(|| about.into()));
        let checked = allowed && chosen == sharing;
        view! {
            <label class="checkbox">
                <input
                    type="radio"
                    name="sharing"
                    value=sharing.as_str()
                    required=true
                    checked=checked
                    disabled=!allowed
                />
                <span>{sharing.label()} <span class="hint">{words}</span></span>
            </label>
        }
        .into_any()
    };
    let shared = "Every client of this tenant whose scopes allow it uses this account.";
    let personal = "Only clients that act for you use it, and nobody else sees it.";
    view! {
        <fieldset class="field">
            <legend class="label">"Who may use it"</legend>
            {choice(Sharing::Shared, shared, share)}
            {choice(Sharing::Personal, personal, connect)}
        </fieldset>
    }
    .into_any()
}

/// What is asked for at the service, in plain words.
pub fn scopes(scopes: Vec<ScopeView>) -> Option<AnyView> {
    if scopes.is_empty() {
        return None;
    }
    let boxes: Vec<AnyView> = scopes
        .into_iter()
        .map(|scope| {
            let ScopeView {
                name,
                about,
                chosen,
            } = scope;
            let word = name.clone();
            view! {
                <label class="checkbox">
                    <input type="checkbox" name="scope" value=name checked=chosen/>
                    <span>{about} <code class="hint long-word">{word}</code></span>
                </label>
            }
            .into_any()
        })
        .collect();
    let list = view! {
        <fieldset class="field">
            <legend class="label">"What Bulkhead may do there"</legend>
            {boxes}
        </fieldset>
    };
    Some(list.into_any())
}
