//! What an app asks for, and the form that answers it: a plain one, because what follows is the app.

use crate::{
    ui::{Alert, Badge, Checkbox, Look, Submit, Tone, counted},
    users::sign_in_path,
};
use api_types::oauth::{ClientSource, ConsentScope, ConsentTenant, ConsentView};
use leptos::prelude::*;

/// Everything below the page's title.
pub fn decision(asked: ConsentView) -> AnyView {
    let who = who(&asked);
    let other = sign_in_path(Some(&format!("/oauth/consent/{}", asked.request)));
    let email = asked.email.clone();
    view! {
        <div class="consent">
            {who}
            {form(asked)}
            <p class="doorway-other">
                "You are signed in as " <span class="long-word">{email}</span> ". "
                <a class="link" href=other>"Use another account"</a>
            </p>
        </div>
    }
    .into_any()
}

/// What is known of the app, and what nobody can know.
fn who(asked: &ConsentView) -> AnyView {
    let name = asked.client_name.clone();
    let badge = match (asked.source, &asked.verified_host) {
        (ClientSource::Registered, _) => {
            Some((Tone::Neutral, "Registered by the tenant".to_string()))
        }
        (_, Some(host)) => Some((Tone::Good, host.clone())),
        (_, None) => None,
    };
    let doubt = badge.is_none().then(|| {
        let text = format!("This app says it is {name}. Bulkhead cannot check that.");
        view! { <Alert tone=Tone::Warning text/> }
    });
    let local = asked.is_local.then(|| {
        view! {
            <Alert
                tone=Tone::Warning
                text="The answer stays on this computer, where any program could take it: allow only \
                      if you have just started this log-in yourself."
            />
        }
    });
    view! {
        <p class="badges">
            <strong class="consent-name long-word"><bdi>{name.clone()}</bdi></strong>
            {badge.map(|(tone, text)| view! { <Badge tone text/> })}
        </p>
        {doubt}
        {local}
    }
    .into_any()
}

fn form(asked: ConsentView) -> AnyView {
    let ConsentView {
        request,
        redirect_host,
        is_local,
        tenants,
        scopes,
        ..
    } = asked;
    let possible = tenants.iter().any(|tenant| !tenant.scopes.is_empty());
    let boxes: Vec<AnyView> = scopes
        .into_iter()
        .map(|scope| scope_box(scope, &tenants))
        .collect();
    let boxes = possible.then(|| {
        view! {
            <fieldset class="field">
                <legend class="label">"What it may do"</legend>
                <ul class="consent-scopes">{boxes}</ul>
            </fieldset>
        }
    });
    let remember = (possible && !is_local).then(|| {
        view! {
            <Checkbox
                label="Do not ask again for this app"
                name="remember"
                checked=true
                hint="You are asked all the same when it wants more than this."
            />
        }
    });
    let allow = possible.then(|| view! { <Submit label="Allow" name="decision" value="approve"/> });
    view! {
        <form action="/oauth/consent" method="post">
            <div class="form">
                <input type="hidden" name="request" value=request.to_string()/>
                {tenant_choice(tenants, possible)}
                {boxes}
                {remember}
                <p class="hint">
                    "You will be led back to " <strong class="long-word">{redirect_host}</strong>
                    ". You can take this back at any time, under your account."
                </p>
                <div class="form-actions">
                    {allow}
                    <Submit label="Deny" look=Look::Secondary name="decision" value="deny"/>
                </div>
            </div>
        </form>
    }
    .into_any()
}

/// The tenant it is about, or a choice among several.
fn tenant_choice(tenants: Vec<ConsentTenant>, possible: bool) -> AnyView {
    if !possible {
        return view! { <Alert tone=Tone::Warning text=nothing_possible(&tenants)/> }.into_any();
    }
    if let [one] = tenants.as_slice() {
        let (slug, name) = (one.slug.clone(), one.name.clone());
        return view! {
            <input type="hidden" name="tenant" value=slug/>
            <p class="long-word">"It asks for rights in the tenant " <strong>{name}</strong> "."</p>
        }
        .into_any();
    }
    let first = tenants.iter().position(|tenant| !tenant.scopes.is_empty());
    let choices: Vec<AnyView> = tenants
        .into_iter()
        .enumerate()
        .map(|(place, tenant)| {
            let usable = !tenant.scopes.is_empty();
            let checked = first == Some(place);
            view! {
                <label class="checkbox">
                    <input
                        type="radio"
                        name="tenant"
                        value=tenant.slug
                        required=true
                        checked=checked
                        disabled=!usable
                    />
                    <span class="long-word">
                        {tenant.name}
                        {(!usable).then(|| view! {
                            <span class="hint">"Your role there allows nothing of it."</span>
                        })}
                    </span>
                </label>
            }
            .into_any()
        })
        .collect();
    view! {
        <fieldset class="field">
            <legend class="label">"In which tenant"</legend>
            {choices}
        </fieldset>
    }
    .into_any()
}

/// Why nothing can be allowed.
fn nothing_possible(tenants: &[ConsentTenant]) -> String {
    match tenants {
        [] => "You belong to no tenant that this app could use.".into(),
        [one] => format!(
            "Your role in {} allows nothing of what it asks for.",
            one.name
        ),
        _ => "Your roles allow nothing of what it asks for.".into(),
    }
}

/// A right in plain words, with the tools that it opens.
fn scope_box(scope: ConsentScope, tenants: &[ConsentTenant]) -> AnyView {
    let usable = tenants
        .iter()
        .filter(|tenant| !tenant.scopes.is_empty())
        .count();
    let lacking = lacking(&scope.scope, tenants);
    let barred = lacking.len() == usable;
    let names = lacking.join(", ");
    let why = match (lacking.is_empty(), tenants.len()) {
        (true, _) => None,
        (false, 1) => Some(format!(
            "Not available: your role in {names} does not allow it."
        )),
        (false, _) => Some(format!(
            "Not available in {names}: your role does not allow it there."
        )),
    };
    let (about, word) = (scope.about.clone(), scope.scope.clone());
    view! {
        <li>
            <label class="checkbox">
                <input
                    type="checkbox"
                    name="scope"
                    value=scope.scope
                    checked=!barred
                    disabled=barred
                />
                <span>
                    {about} " " <code class="muted">{word}</code>
                    {why.map(|why| view! { <span class="hint">{why}</span> })}
                </span>
            </label>
            {tools(&scope.about, scope.tools)}
        </li>
    }
    .into_any()
}

/// Those tenants that may be chosen where the person's role does not allow it.
fn lacking<'a>(scope: &str, tenants: &'a [ConsentTenant]) -> Vec<&'a str> {
    tenants
        .iter()
        .filter(|tenant| !tenant.scopes.is_empty())
        .filter(|tenant| !tenant.scopes.iter().any(|held| held == scope))
        .map(|tenant| tenant.name.as_str())
        .collect()
}

fn tools(about: &str, tools: Vec<(String, String)>) -> Option<AnyView> {
    if tools.is_empty() {
        return None;
    }
    let number = counted(tools.len() as i64, "tool", "tools");
    let of = format!(" of: {about}");
    let items: Vec<AnyView> = tools
        .into_iter()
        .map(|(name, title)| {
            view! { <li><code>{name}</code><span class="muted">{title}</span></li> }.into_any()
        })
        .collect();
    let list = view! {
        <details class="disclosure">
            <summary>{number}<span class="visually-hidden">{of}</span></summary>
            <ul class="tools">{items}</ul>
        </details>
    };
    Some(list.into_any())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(name: &str, scopes: &[&str]) -> ConsentTenant {
        ConsentTenant {
            slug: name.to_lowercase(),
            name: name.into(),
            scopes: scopes.iter().map(|scope| (*scope).into()).collect(),
        }
    }

    #[test]
    fn a_right_is_lacking_where_the_role_does_not_allow_it() {
        let tenants = [
            tenant("Acme", &["tasks:read"]),
            tenant("Blue", &["tasks:write"]),
            tenant("None", &[]),
        ];
        assert_eq!(lacking("tasks:read", &tenants), ["Blue"]);
        assert_eq!(lacking("account:read", &tenants), ["Acme", "Blue"]);
    }
}
