//! The person's passkeys on their account page.

use super::{
    browser,
    row::{RenameDialog, row},
    server_fns::{AddPasskey, RemovePasskey, RenamePasskey, begin_passkey},
};
use crate::{
    second_factor::{FactorForms, RecoveryCodes},
    ui::{Alert, Card, EmptyState, Icon, Look, Post, Tone, accepted, go_to_step_up, toast::toast},
};
use api_types::accounts::Passkeys;
use leptos::{prelude::*, task::spawn_local};
use leptos_router::location::Url;

/// The forms of the card, whose effect the page shows.
#[derive(Clone, Copy)]
pub struct PasskeyForms {
    add: Post<AddPasskey>,
    pub rename: Post<RenamePasskey>,
    pub remove: Post<RemovePasskey>,
}

impl PasskeyForms {
    /// The first passkey brings recovery codes, which are shown where those of an app are.
    pub fn new(factor: FactorForms) -> Self {
        let add = Post::<AddPasskey>::new();
        Effect::new(move |_| {
            if let Some(Ok(codes)) = add.value().get() {
                toast("Passkey added.");
                factor.show(codes);
            }
        });
        Self {
            add,
            rename: Post::new(),
            remove: Post::new(),
        }
    }

    /// How often the list has changed.
    pub fn changed(self) -> [Signal<usize>; 3] {
        [
            accepted(self.add),
            accepted(self.rename),
            accepted(self.remove),
        ]
    }
}

/// `recovers` if recovery codes stand in for passkeys alone; else the app's card has them.
#[component]
pub fn PasskeysCard(
    passkeys: Passkeys,
    forms: PasskeyForms,
    factor: FactorForms,
    recovers: bool,
    fresh: Option<Vec<String>>,
) -> AnyView {
    let Passkeys {
        list,
        elsewhere,
        recovery_codes_left: left,
    } = passkeys;
    let recovers = recovers && !list.is_empty();
    let names = StoredValue::new(list.clone());
    let content = if list.is_empty() {
        view! {
            <EmptyState
                icon=Icon::Key
                title="No passkeys yet"
                about="Add one for each device that you sign in with. You need no password then, and no code."
            />
        }
        .into_any()
    } else {
        let rows: Vec<AnyView> = list.into_iter().map(|one| row(one, forms)).collect();
        view! { <ul class="rows">{rows}</ul> }.into_any()
    };
    let codes = recovers.then(|| {
        view! { <div class="card-footer"><RecoveryCodes left fresh forms=factor/></div> }
    });
    view! {
        <div id="passkeys">
            <Card
                title="Passkeys"
                about="Sign in with your finger, your face or your device's PIN. Nobody can guess a passkey or ask you for it."
                flush=true
            >
                {content}
                <div class="card-footer">{adding(elsewhere, forms.add)}</div>
                {codes}
            </Card>
            <RenameDialog passkeys=names action=forms.rename/>
        </div>
    }
    .into_any()
}

/// The button, or why there is none.
fn adding(elsewhere: Option<String>, add: Post<AddPasskey>) -> AnyView {
    if let Some(why) = elsewhere {
        let text = format!("Passkeys do not work here: {why}.");
        return view! { <Alert tone=Tone::Warning text/> }.into_any();
    }
    let failed = RwSignal::new(None::<String>);
    let value = add.value();
    let refused =
        move || value.with(|value| value.as_ref()?.as_ref().err().map(ToString::to_string));
    let ask = move |_| {
        failed.set(None);
        spawn_local(async move {
            match made().await {
                Ok(Some(answer)) => add.send(format!("passkey={}", Url::escape(&answer))),
                Ok(None) => go_to_step_up(),
                Err(message) => drop(failed.try_set(Some(message))),
            }
        });
    };
    view! {
        <div class="form">
            <p class="muted needs-scripts">"Adding a passkey needs JavaScript."</p>
            <button type="button" class=Look::Secondary.class() data-live="true" on:click=ask>
                "Add a passkey"
            </button>
            <div aria-live="polite">
                {move || failed.get().or_else(refused).map(|text| view! { <Alert tone=Tone::Bad text/> })}
            </div>
        </div>
    }
    .into_any()
}

/// What the device made; nothing if the person is first to confirm that it is them.
async fn made() -> Result<Option<String>, String> {
    match begin_passkey().await {
        Ok(options) => browser::create(&options).await.map(Some),
        Err(error) if error.is_step_up() => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}
