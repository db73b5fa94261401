//! The card in a tenant's settings by which its owner lets the operator look at it.

use super::support_fns::{AllowSupport, EndSupport};
use crate::ui::{
    Alert, Card, Denied, Field, Form, Look, Post, RelativeTime, Select, Submit, Tone, moment,
};
use api_types::{
    Decision,
    operator::{SupportLength, SupportView},
};
use leptos::prelude::*;

/// The forms of the card, whose effect is seen on the page.
#[derive(Clone, Copy)]
pub struct SupportForms {
    pub allow: Post<AllowSupport>,
    pub end: Post<EndSupport>,
}

#[component]
pub fn SupportCard(
    tenant: String,
    support: Option<SupportView>,
    forms: SupportForms,
    may_allow: Decision,
    may_end: Decision,
) -> AnyView {
    let content = if let Some(support) = support {
        allowed(tenant, support, forms.end, may_end)
    } else {
        let form = may_allow.allowed.then(|| ask(tenant, forms.allow));
        view! { <Denied decision=may_allow/> {form} }.into_any()
    };
    view! {
        <Card
            title="Support access"
            about="Let the people who run this server look at this tenant, for as long as you say. They see what a \
                   viewer sees, never a secret, and can change nothing."
        >
            {content}
        </Card>
    }
    .into_any()
}

fn ask(tenant: String, action: Post<AllowSupport>) -> AnyView {
    let lengths = SupportLength::ALL.iter();
    let lengths = lengths.map(|length| (length.as_str().to_owned(), length.label().to_owned()));
    view! {
        <Form action done="The operator can look at this tenant now.">
            <input type="hidden" name="tenant" value=tenant/>
            <Select label="For" name="length" options=lengths.collect()/>
            <Field
                label="Reason"
                name="reason"
                required=true
                maxlength=500
                placeholder="Our agent gets 403 since this morning"
                hint="The operator reads it. It is in your audit log, as is when they enter and leave."
            />
            <Submit label="Let them look" look=Look::Secondary/>
        </Form>
    }
    .into_any()
}

fn allowed(
    tenant: String,
    support: SupportView,
    action: Post<EndSupport>,
    may_end: Decision,
) -> AnyView {
    let text = format!(
        "The operator can look at this tenant until {}.",
        moment(support.until)
    );
    let end = may_end.allowed.then(|| {
        view! {
            <Form action done="The operator can no longer look at this tenant." class="form-inline">
                <input type="hidden" name="tenant" value=tenant/>
                <Submit label="End access now" look=Look::Danger/>
            </Form>
        }
    });
    view! {
        <Alert tone=Tone::Warning text/>
        <dl class="facts">
            <dt>"Because"</dt>
            <dd class="long-word">{support.reason}</dd>
            <dt>"Given by"</dt>
            <dd>{support.given_by} ", " <RelativeTime at=support.since/></dd>
        </dl>
        <Denied decision=may_end/>
        {end}
    }
    .into_any()
}
