//! Adding, renewing and removing a second factor.

use super::{
    RecoveryCodes,
    server_fns::{BeginFactor, ConfirmFactor, RemoveFactor, RenewCodes},
};
use crate::ui::{Badge, Card, CopyField, Field, Form, Look, Post, Submit, Tone};
use api_types::accounts::{Enrolment, FactorView};
use leptos::prelude::*;

/// The forms of the card, whose effect the page shows.
#[derive(Clone, Copy)]
pub struct FactorForms {
    pub begin: Post<BeginFactor>,
    pub confirm: Post<ConfirmFactor>,
    pub renew: Post<RenewCodes>,
    pub remove: Post<RemoveFactor>,
    /// The recovery codes that were made last, which a later form of another kind may have made.
    fresh: RwSignal<Option<Vec<String>>>,
}

impl FactorForms {
    pub fn new() -> Self {
        let forms = Self {
            begin: Post::new(),
            confirm: Post::new(),
            renew: Post::new(),
            remove: Post::new(),
            fresh: RwSignal::new(None),
        };
        for value in [forms.confirm.value(), forms.renew.value()] {
            Effect::new(move |_| {
                if let Some(Ok(codes)) = value.get() {
                    forms.fresh.set(Some(codes));
                }
            });
        }
        forms
    }

    /// Recovery codes that were just made, by whatever form.
    pub fn show(self, codes: Vec<String>) {
        if !codes.is_empty() {
            self.fresh.set(Some(codes));
        }
    }

    pub(super) fn fresh(self) -> Option<Vec<String>> {
        self.fresh.get()
    }
}

/// `fresh` are codes that a form without WebAssembly has just made.
#[component]
pub fn FactorCard(factor: FactorView, fresh: Option<Vec<String>>, forms: FactorForms) -> AnyView {
    let content = match factor {
        FactorView::Off => off(forms),
        FactorView::Enrolling(enrolment) => enrolling(enrolment, forms),
        FactorView::On {
            recovery_codes_left,
        } => on(recovery_codes_left, fresh, forms),
    };
    view! {
        <div id="second-factor">
            <Card
                title="Authenticator app"
                about="A second factor: a code from your phone besides the password, so that a stolen password is not enough."
            >
                {content}
            </Card>
        </div>
    }
    .into_any()
}

fn off(forms: FactorForms) -> AnyView {
    view! {
        <Form action=forms.begin>
            <p>
                "You need an authenticator app, such as Aegis, Google Authenticator or 1Password."
            </p>
            <Submit label="Add an authenticator app" look=Look::Secondary/>
        </Form>
    }
    .into_any()
}

fn enrolling(enrolment: Enrolment, forms: FactorForms) -> AnyView {
    let Enrolment {
        secret,
        qr_path,
        qr_size,
        ..
    } = enrolment;
    // A scanner needs a quiet zone of four squares around the code.
    let view_box = format!("-4 -4 {0} {0}", qr_size + 8);
    view! {
        <Form action=forms.confirm done="Your second factor is on.">
            <p>"Scan this with your app, or type the key into it. Then enter the code that it shows."</p>
            <svg class="qr" viewBox=view_box role="img" aria-label="QR code for your authenticator app">
                <rect x="-4" y="-4" width="100%" height="100%" fill="#fff"/>
                <path d=qr_path fill="#000"/>
            </svg>
            <CopyField text=secret label="Key for your authenticator app"/>
            <Field
                label="Code"
                name="code"
                autocomplete="one-time-code"
                required=true
                maxlength=10
                hint="Six digits from the app."
            />
            <Submit label="Turn on"/>
        </Form>
    }
    .into_any()
}

fn on(left: i64, fresh: Option<Vec<String>>, forms: FactorForms) -> AnyView {
    view! {
        <div class="form">
            <p class="badges"><Badge tone=Tone::Good text="On"/></p>
            <RecoveryCodes left fresh forms/>
            <div class="form-actions">
                <Form action=forms.remove class="form-inline" done="The authenticator app is removed.">
                    <Submit label="Remove authenticator app" look=Look::Danger/>
                </Form>
            </div>
        </div>
    }
    .into_any()
}
