//! `/account`: a person's own account, which belongs to no tenant.

use super::server_fns::{Account, ChangeAddress, account};
use crate::{
    oauth::ConnectedApps,
    passkeys::{PasskeyForms, PasskeysCard},
    second_factor::{FactorCard, FactorForms},
    sessions::{
        SessionsCard,
        server_fns::{EndOneSession, EndOtherSessions},
    },
    sign_in_with::{IdentitiesCard, NoPasswordCard, WhyNot, server_fns::UnlinkIdentity},
    ui::{
        Alert, Badge, Card, Field, Form, Logo, Look, PageHeader, Post, Submit, Tone, accepted,
        data, load, query_is,
    },
    users::PasswordCard,
};
use api_types::{accounts::FactorView, users::Me};
use leptos::prelude::*;

/// The forms whose effect is seen elsewhere on the page.
#[derive(Clone, Copy)]
struct Forms {
    address: Post<ChangeAddress>,
    factor: FactorForms,
    passkeys: PasskeyForms,
    unlink: Post<UnlinkIdentity>,
    end: Post<EndOneSession>,
    end_others: Post<EndOtherSessions>,
}

#[component]
pub fn AccountPage() -> AnyView {
    let factor = FactorForms::new();
    let forms = Forms {
        address: Post::new(),
        factor,
        passkeys: PasskeyForms::new(factor),
        unlink: Post::new(),
        end: Post::new(),
        end_others: Post::new(),
    };
    let [added, renamed, removed] = forms.passkeys.changed();
    let changed = [
        added,
        renamed,
        removed,
        accepted(forms.factor.begin),
        accepted(forms.factor.confirm),
        accepted(forms.factor.renew),
        accepted(forms.factor.remove),
        accepted(forms.unlink),
        accepted(forms.end),
        accepted(forms.end_others),
    ];
    let changed = move || changed.iter().map(|changed| changed.get()).sum::<usize>();
    let data = data(changed, |_| account());
    let needed = query_is("needed", "factor");
    view! {
        <div class="account">
            <header>
                <a class="brand" href="/">
                    <Logo/>
                    "Bulkhead"
                </a>
            </header>
            <main id="main" tabindex="-1">
                <div class="page">
                    <a class="back-link" href="/">"Your tenants"</a>
                    <PageHeader title="Your account" about="How you sign in, here and in every tenant."/>
                    {move || needed.get().then(|| view! {
                        <Alert
                            tone=Tone::Warning
                            text="The tenant asks its members for a second factor. Add one here, and you are in."
                        />
                    })}
                    <WhyNot/>
                    {load(data, move |account| cards(account, &forms))}
                    <ConnectedApps/>
                </div>
            </main>
        </div>
    }
    .into_any()
}

fn cards(account: Account, forms: &Forms) -> AnyView {
    let Account {
        me,
        factor,
        passkeys,
        identities,
        sessions,
        fresh_codes,
    } = account;
    let recovers = !matches!(factor, FactorView::On { .. });
    view! {
        <div class="stack settings">
            <PasskeysCard
                passkeys
                forms=forms.passkeys
                factor=forms.factor
                recovers
                fresh=fresh_codes.clone()
            />
            <FactorCard factor fresh=fresh_codes forms=forms.factor/>
            <AddressCard me change=forms.address/>
            <IdentitiesCard identities=identities.clone() unlink=forms.unlink/>
            {password(identities.has_password)}
            <SessionsCard sessions end=forms.end end_others=forms.end_others/>
        </div>
    }
    .into_any()
}

fn password(has_password: bool) -> AnyView {
    if has_password {
        view! { <PasswordCard/> }.into_any()
    } else {
        view! { <NoPasswordCard/> }.into_any()
    }
}

#[component]
fn AddressCard(me: Me, change: Post<ChangeAddress>) -> AnyView {
    let (tone, word) = if me.email_verified {
        (Tone::Good, "Confirmed")
    } else {
        (Tone::Warning, "Not confirmed")
    };
    view! {
        <Card title="Email" about="Where letters go, and what you sign in with.">
            <Form action=change done="A link is on its way to the new address.">
                <p class="badges"><span>{me.email}</span><Badge tone text=word/></p>
                <Field
                    label="New address"
                    name="email"
                    kind="email"
                    autocomplete="email"
                    required=true
                    hint="It becomes yours once you follow the link that we send there."
                />
                <Submit label="Change address" look=Look::Secondary/>
            </Form>
        </Card>
    }
    .into_any()
}
