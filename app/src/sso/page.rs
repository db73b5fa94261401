//! `/t/{slug}/sso`: verify a domain, connect a provider, test it, enforce it.

use super::{
    forms::{assertions, connection_form, domain_row, enforcement},
    server_fns::{
        AddDomain, ConnectSso, DisconnectSso, EnforceSso, RemoveDomain, SwitchIdentityAssertions,
        VerifyDomain, sso,
    },
};
use crate::{
    sign_in_with::WhyNot,
    ui::{
        Alert, Badge, Card, CopyField, Field, Form, LinkButton, Look, PageHeader, Post, Submit,
        Tone, accepted, data, load, query_is, use_param,
    },
};
use api_types::sso::SsoView;
use leptos::prelude::*;

/// What the page's forms do.
#[derive(Clone, Copy)]
pub(super) struct Actions {
    pub(super) add: Post<AddDomain>,
    pub(super) verify: Post<VerifyDomain>,
    pub(super) remove: Post<RemoveDomain>,
    pub(super) connect: Post<ConnectSso>,
    pub(super) disconnect: Post<DisconnectSso>,
    pub(super) enforce: Post<EnforceSso>,
    pub(super) assertions: Post<SwitchIdentityAssertions>,
}

/// The way here from the settings.
#[component]
pub fn SsoCard(tenant: String) -> AnyView {
    view! {
        <Card title="Single sign-on" about="Let your people in by your company's own sign-in.">
            <LinkButton href=Signal::stored(format!("/t/{tenant}/sso")) label="Set up single sign-on"/>
        </Card>
    }
    .into_any()
}

#[component]
pub fn SsoPage() -> AnyView {
    let slug = use_param("slug");
    let actions = Actions {
        add: Post::new(),
        verify: Post::new(),
        remove: Post::new(),
        connect: Post::new(),
        disconnect: Post::new(),
        enforce: Post::new(),
        assertions: Post::new(),
    };
    let changes = [
        accepted(actions.add),
        accepted(actions.verify),
        accepted(actions.remove),
        accepted(actions.connect),
        accepted(actions.disconnect),
        accepted(actions.enforce),
        accepted(actions.assertions),
    ];
    let data = data(
        move || (slug.get(), changes.map(|change| change.get())),
        |(slug, _)| sso(slug),
    );
    let tested = query_is("tested", "yes");
    view! {
        <PageHeader
            title="Single sign-on"
            about="People with an address of your domain come in by your own provider: as new members the first time, with the role that their groups give them."
        />
        <WhyNot/>
        {move || tested.get().then(|| view! {
            <Alert tone=Tone::Good text="It works: you went there and came back."/>
        })}
        {load(data, move |view| steps(&slug.get_untracked(), view, &actions))}
    }
    .into_any()
}

fn steps(slug: &str, view: SsoView, actions: &Actions) -> AnyView {
    let has_domain = view.has_domain();
    let connection = view.connection.clone();
    let rows: Vec<AnyView> = view
        .domains
        .into_iter()
        .map(|domain| domain_row(slug, domain, actions))
        .collect();
    let none = rows.is_empty().then(|| {
        view! {
            <li class="row">
                <span class="muted">
                    "Begin with the domain behind the @ of your people's addresses. A DNS record shows that it is yours; \
                     from then on nobody else's sign-in can speak for it."
                </span>
            </li>
        }
    });
    let test = test(
        slug,
        connection.as_ref().map(|known| known.tested_at.is_some()),
    );
    let enforce = enforcement(slug, connection.as_ref(), actions);
    let assertions = assertions(slug, connection.as_ref(), view.grants_clients, actions);
    let connect = if has_domain {
        connection_form(slug, connection, &view.roles, actions)
    } else {
        view! { <p class="muted">"Verify a domain first."</p> }.into_any()
    };
    let (tenant, redirect_uri, add) = (slug.to_string(), view.redirect_uri, actions.add);
    view! {
        <div class="stack settings">
            <Card title="1. Verify a domain" flush=true>
                <ul class="rows">{none}{rows}</ul>
                <div class="card-body">
                    <Form action=add done="Domain added. Now set its record.">
                        <input type="hidden" name="tenant" value=tenant/>
                        <Field label="Domain" name="domain" placeholder="example.com" required=true maxlength=253/>
                        <Submit label="Add domain" look=Look::Secondary/>
                    </Form>
                </div>
            </Card>
            <Card title="2. Connect your provider" about="Any that speaks OpenID Connect: Okta, Entra, Google Workspace, Keycloak.">
                <p>"Register a web application there with this redirect URI, and nothing else."</p>
                <CopyField text=redirect_uri label="Redirect URI"/>
                {connect}
            </Card>
            <Card title="3. Test it" about="Go the way there and back yourself. Nothing changes for anybody else.">
                {test}
            </Card>
            <Card title="4. Enforce it" flush=true>
                {enforce}
            </Card>
            <Card title="5. Let it bring MCP clients in" flush=true>
                {assertions}
            </Card>
        </div>
    }
    .into_any()
}

/// `tested` is none where nothing is connected.
fn test(slug: &str, tested: Option<bool>) -> AnyView {
    let Some(tested) = tested else {
        return view! { <p class="muted">"Connect a provider first."</p> }.into_any();
    };
    let badge = if tested {
        view! { <Badge tone=Tone::Good text="Tested"/> }.into_any()
    } else {
        view! { <Badge tone=Tone::Warning text="Not tested"/> }.into_any()
    };
    let action = format!("/t/{slug}/sso/test");
    view! {
        <form action=action method="post">
            <div class="form">
                <p class="badges">{badge}</p>
                <button type="submit" class=Look::Secondary.class()>"Test the connection"</button>
            </div>
        </form>
    }
    .into_any()
}
