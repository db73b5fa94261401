//! Closing a tenant's endpoint for a while: the card that does it, and what every page says meanwhile.

use super::{server_fns::SuspendTenant, settings::go_there};
use crate::ui::{
    Alert, Card, Denied, DialogButtons, Form, LinkButton, Look, Modal, Post, Submit, Tone,
    query_is, use_path,
};
use api_types::{Decision, tenants::Suspension};
use leptos::prelude::*;

/// Suspends or resumes the tenant, in the settings.
#[component]
pub fn SuspensionCard(tenant: String, suspension: Suspension, may: Decision) -> AnyView {
    let action = Post::<SuspendTenant>::new();
    go_there(action.value().into());
    let allowed = may.allowed;
    let suspended = suspension.own;
    let blocked = suspension
        .by_operator
        .map(|reason| view! { <Alert tone=Tone::Bad text=blocked(&reason)/> });
    let about = if suspended {
        "Suspended: the endpoint refuses every client. Keys and data are as they were."
    } else {
        "Refuse every client at once, for as long as you need: keys and data stay as they are."
    };
    let act = allowed.then(|| act(tenant, suspended, action));
    view! {
        <Card title="Suspend" about>
            {blocked}
            <Denied decision=may/>
            {act}
        </Card>
    }
    .into_any()
}

fn act(tenant: String, suspended: bool, action: Post<SuspendTenant>) -> AnyView {
    if suspended {
        return view! {
            <Form action class="form-inline">
                <input type="hidden" name="tenant" value=tenant/>
                <input type="hidden" name="suspended" value="false"/>
                <Submit label="Resume tenant"/>
            </Form>
        }
        .into_any();
    }
    let (path, tenant) = (use_path(), StoredValue::new(tenant));
    let open = Signal::derive(move || format!("{}?dialog=suspend", path.get()));
    view! {
        <LinkButton href=open label="Suspend tenant" look=Look::Danger/>
        <Modal title="Suspend tenant" open=query_is("dialog", "suspend") close_to=path>
            <Form action>
                <p>
                    "Every call to this tenant's endpoint is refused within a second, until somebody \
                     resumes it here. People can go on working on these pages."
                </p>
                <input type="hidden" name="tenant" value=tenant.get_value()/>
                <input type="hidden" name="suspended" value="true"/>
                <DialogButtons label="Suspend tenant" look=Look::Danger/>
            </Form>
        </Modal>
    }
    .into_any()
}

/// What nobody in the tenant can lift.
fn blocked(reason: &str) -> String {
    format!(
        "The people who run this server have suspended this tenant: its endpoint refuses every client until they lift it. \
         Their reason: {reason}"
    )
}

/// Above every page of a suspended tenant.
#[component]
pub fn SuspendedBanner(suspension: Suspension, slug: String) -> AnyView {
    let settings = format!("/t/{slug}/settings");
    let (tone, text) = if let Some(reason) = &suspension.by_operator {
        (Tone::Bad, blocked(reason))
    } else {
        let text = "This tenant is suspended: its endpoint refuses every client.";
        (Tone::Warning, text.to_owned())
    };
    view! {
        <section class="banner" aria-label="Suspended">
            <Alert tone text/>
            <LinkButton href=settings label="Settings"/>
        </section>
    }
    .into_any()
}
