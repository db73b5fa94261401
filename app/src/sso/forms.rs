//! The forms of the page on single sign-on.

use super::page::Actions;
use crate::ui::{Badge, CopyField, Field, Form, Look, Select, Submit, Switch, TextArea, Tone};
use api_types::{
    MemberRole, Role,
    sso::{ConnectionView, DomainView},
};
use leptos::prelude::*;

pub(super) fn domain_row(slug: &str, domain: DomainView, actions: &Actions) -> AnyView {
    let DomainView {
        domain,
        record,
        verified_at,
    } = domain;
    let label = format!("Remove {domain}");
    let (tenant, name) = (slug.to_string(), domain.clone());
    let state = if verified_at.is_some() {
        view! { <p class="badges"><Badge tone=Tone::Good text="Verified"/></p> }.into_any()
    } else {
        unverified(tenant.clone(), domain.clone(), record, actions)
    };
    view! {
        <li class="row">
            <div class="row-words">
                <strong>{domain}</strong>
                {state}
            </div>
            <Form action=actions.remove class="form-inline" done="The domain is removed.">
                <input type="hidden" name="tenant" value=tenant/>
                <input type="hidden" name="domain" value=name/>
                <button type="submit" class=Look::Quiet.class() aria-label=label>"Remove"</button>
            </Form>
        </li>
    }
    .into_any()
}

fn unverified(tenant: String, domain: String, record: String, actions: &Actions) -> AnyView {
    let label = format!("TXT record of {domain}");
    view! {
        <div class="form">
            <span class="muted">"Add this TXT record to the domain itself, then look for it."</span>
            <CopyField text=record label=label/>
            <Form action=actions.verify class="form-inline" done="The domain is verified.">
                <input type="hidden" name="tenant" value=tenant/>
                <input type="hidden" name="domain" value=domain/>
                <Submit label="Look for the record" look=Look::Secondary/>
            </Form>
        </div>
    }
    .into_any()
}

pub(super) fn connection_form(
    slug: &str,
    known: Option<ConnectionView>,
    roles: &[MemberRole],
    actions: &Actions,
) -> AnyView {
    let disconnect = known
        .is_some()
        .then(|| disconnect(slug.to_string(), actions));
    let hint = if known.is_some() {
        "Empty keeps the present one, which is not shown again."
    } else {
        "Kept sealed, and not shown again."
    };
    let known = known.unwrap_or_else(nothing_yet);
    let groups: Vec<String> = known
        .groups
        .iter()
        .map(|line| format!("{} = {}", line.group, line.role))
        .collect();
    let roles = roles.iter().map(|role| (role.choice(), role.name().into()));
    let roles: Vec<(String, String)> = roles.collect();
    let (tenant, groups) = (slug.to_string(), groups.join("\n"));
    view! {
        <Form action=actions.connect done="Connected. Now test it.">
            <input type="hidden" name="tenant" value=tenant/>
            <Field
                label="Issuer"
                name="issuer"
                kind="url"
                value=known.issuer
                placeholder="https://id.example.com"
                required=true
                maxlength=500
            />
            <Field label="Client ID" name="client_id" value=known.client_id required=true maxlength=300/>
            <Field label="Client secret" name="client_secret" kind="password" autocomplete="off" hint=hint/>
            <Select label="Role of new members" name="default_role" options=roles value=known.default_role.choice()/>
            <Field label="Claim with the groups" name="group_claim" value=known.group_claim maxlength=100/>
            <TextArea
                label="Roles of groups"
                name="groups"
                value=groups
                hint="A line each, such as: Platform team = admin. The first that fits decides, at every sign-in; \
                     without any line, roles stay as members have them. Roles of your own go by their names. \
                     Nobody becomes an owner, and owners stay owners."
            />
            <Submit label="Save connection"/>
        </Form>
        {disconnect}
    }
    .into_any()
}

fn nothing_yet() -> ConnectionView {
    ConnectionView {
        issuer: String::new(),
        client_id: String::new(),
        default_role: Role::Viewer.into(),
        group_claim: "groups".into(),
        groups: Vec::new(),
        tested_at: None,
        enforced: false,
        break_glass: None,
    }
}

fn disconnect(tenant: String, actions: &Actions) -> AnyView {
    view! {
        <Form action=actions.disconnect class="form-inline" done="The provider is disconnected.">
            <input type="hidden" name="tenant" value=tenant/>
            <Submit label="Disconnect" look=Look::Danger/>
        </Form>
    }
    .into_any()
}

pub(super) fn enforcement(
    slug: &str,
    known: Option<&ConnectionView>,
    actions: &Actions,
) -> AnyView {
    let tenant = slug.to_string();
    let ready = known.is_some_and(|known| known.tested_at.is_some());
    let enforced = known.is_some_and(|known| known.enforced);
    let who = known
        .and_then(|known| known.break_glass.clone())
        .filter(|_| enforced);
    let words = match who {
        Some(name) => format!("{name} can still sign in by password, for the day on which your provider does not answer."),
        None => "People of your verified domains can then enter this tenant by your provider alone. \
             The owner who turns it on can still sign in by password; guests with other addresses sign in as before. \
             Keys of MCP clients work as before.".into(),
    };
    let control = if ready {
        view! {
            <Form action=actions.enforce class="form-inline" done="Saved.">
                <input type="hidden" name="tenant" value=tenant/>
                <Switch label="Single sign-on required" name="enforced" on=enforced/>
            </Form>
        }
        .into_any()
    } else {
        view! { <Badge tone=Tone::Neutral text="Test it first"/> }.into_any()
    };
    switch_row("Single sign-on required", words, control)
}

/// What a switch is about, with the switch beside it.
fn switch_row(title: &'static str, words: String, control: AnyView) -> AnyView {
    view! {
        <ul class="rows">
            <li class="row">
                <div class="row-words">
                    <strong>{title}</strong>
                    <span class="muted">{words}</span>
                </div>
                {control}
            </li>
        </ul>
    }
    .into_any()
}

/// Whether what the provider vouches for lets MCP clients in.
pub(super) fn assertions(
    slug: &str,
    known: Option<&ConnectionView>,
    on: bool,
    actions: &Actions,
) -> AnyView {
    let tenant = slug.to_string();
    let ready = known.is_some_and(|known| known.tested_at.is_some());
    let control = if ready || on {
        view! {
            <Form action=actions.assertions class="form-inline" done="Saved.">
                <input type="hidden" name="tenant" value=tenant/>
                <Switch label="Identity assertions" name="on" on=on/>
            </Form>
        }
        .into_any()
    } else {
        view! { <Badge tone=Tone::Neutral text="Test it first"/> }.into_any()
    };
    let title = "Let this provider let MCP clients in (identity assertions, ID-JAG)";
    let words = "A client that your provider vouches for then gets in for one of your members without asking them \
                 here: with no more than their role allows. Each such log-in stands among the others, and can be ended.";
    switch_row(title, words.into(), control)
}
