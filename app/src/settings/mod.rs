//! `/t/{slug}/settings`: the tenant's and the person's settings on one page.

mod server_fns;

use crate::{
    layout::Place,
    members::LeaveCard,
    operator::{SupportCard, SupportForms},
    second_factor::{PolicyCard, server_fns::RequireFactor},
    sso::SsoCard,
    tenants::{
        DeleteTenantCard, ExportCard, NewTenantCard, SuspensionCard, TenantCard, ToolkitsCard,
        server_fns::{RenameTenant, SwitchToolkit},
    },
    ui::{PageHeader, Post, accepted, data, load, use_param},
    users::{ProfileCard, SecurityCard, server_fns::RenamePerson},
};
use api_types::Permission;
use leptos::prelude::*;
use server_fns::{Settings, settings};

/// The forms whose effect is seen elsewhere on the page.
#[derive(Clone, Copy)]
struct Forms {
    switch: Post<SwitchToolkit>,
    tenant: Post<RenameTenant>,
    person: Post<RenamePerson>,
    factor: Post<RequireFactor>,
    support: SupportForms,
}

#[component]
pub fn SettingsPage() -> AnyView {
    let slug = use_param("slug");
    let forms = Forms {
        switch: Post::new(),
        tenant: Post::new(),
        person: Post::new(),
        factor: Post::new(),
        support: SupportForms {
            allow: Post::new(),
            end: Post::new(),
        },
    };
    let switched = [
        accepted(forms.switch),
        accepted(forms.factor),
        accepted(forms.support.allow),
        accepted(forms.support.end),
    ];
    let switched = move || {
        switched
            .iter()
            .map(|switched| switched.get())
            .sum::<usize>()
    };
    let renamed = (accepted(forms.tenant), accepted(forms.person));
    let renamed = move || renamed.0.get() + renamed.1.get();
    let data = data(
        move || (slug.get(), switched() + renamed()),
        |(slug, _)| settings(slug),
    );
    Place::follow(renamed);
    view! {
        <PageHeader title="Settings" about="This tenant and your account."/>
        {load(data, move |settings| cards(settings, &forms))}
    }
    .into_any()
}

fn cards(settings: Settings, forms: &Forms) -> AnyView {
    let forms = *forms;
    let Settings {
        me,
        tenant,
        toolkits,
        factor_required,
        suspension,
        operated,
        support,
        visiting,
    } = settings;
    let (slug, role) = (tenant.slug.clone(), tenant.role.clone());
    let rename = role.decide(Permission::ManageTenant);
    let switch = role.decide(Permission::ManageToolkits);
    let (owned, delete) = (slug.clone(), role.decide(Permission::DeleteTenant));
    let (policy_of, closed, exported) = (slug.clone(), slug.clone(), slug.clone());
    let suspend = role.decide(Permission::ManageSecurity);
    let export = role.decide(Permission::ExportTenant);
    let sso_of = slug.clone();
    let policy = role.allows(Permission::ManageSecurity);
    let (looked_at, left) = (slug.clone(), owned.clone());
    let (allow, end) = (role.decide(Permission::AllowSupport), suspend.clone());
    let support = (operated || support.is_some()).then(|| {
        view! {
            <SupportCard tenant=looked_at support forms=forms.support may_allow=allow may_end=end/>
        }
    });
    let own = (!visiting).then(|| {
        view! {
            <NewTenantCard/>
            <ProfileCard me rename=forms.person/>
            <SecurityCard/>
            <LeaveCard slug=left/>
        }
    });
    view! {
        <div class="stack settings">
            <ToolkitsCard tenant=slug toolkits switch=forms.switch may=switch/>
            <TenantCard tenant rename=forms.tenant may=rename/>
            <PolicyCard tenant=policy_of required=factor_required action=forms.factor may=policy/>
            {policy.then(|| view! { <SsoCard tenant=sso_of/> })}
            {own}
            {support}
            <ExportCard tenant=exported may=export/>
            <SuspensionCard tenant=closed suspension may=suspend/>
            <DeleteTenantCard slug=owned may=delete/>
        </div>
    }
    .into_any()
}
