//! What opens over the page of an endpoint: its fields, another secret, its end, and sending again.

use super::{
    delivery_fns::ResendDeliveries,
    form::EndpointFields,
    moments::written,
    query::Shown,
    server_fns::{ChangeWebhook, DeleteWebhook},
    webhook_page::{Actions, which},
};
use crate::{
    Visit,
    ui::{Checkbox, DialogButtons, Field, Form, Look, Modal, Post, counted, query_is},
};
use api_types::webhooks::{DeliveryState, WebhookDetail};
use leptos::prelude::*;
use time::{Duration, OffsetDateTime};

/// Said once a test event was made.
pub const TESTED: &str = "A test event is on its way.";

/// Said once deliveries of a range of time are sent again.
pub fn sent_again(number: i64) -> String {
    match number {
        0 => "There was nothing to send again.".into(),
        1 => "1 delivery is sent again.".into(),
        number => format!(
            "{} are sent again.",
            counted(number, "delivery", "deliveries")
        ),
    }
}

#[component]
pub fn Dialogs(
    detail: StoredValue<WebhookDetail>,
    tenant: String,
    /// Where closing leads.
    back: Signal<String>,
    shown: Memo<Shown>,
    actions: StoredValue<Actions>,
) -> AnyView {
    let Actions {
        change,
        rotate,
        disable,
        delete,
        again,
        ..
    } = actions.get_value();
    let id = detail.with_value(|detail| detail.endpoint.id.to_string());
    let (tenant, id) = (StoredValue::new(tenant), StoredValue::new(id));
    let which = move || which(&tenant.get_value(), &id.get_value());
    view! {
        <Modal title="Edit endpoint" open=query_is("dialog", "edit") close_to=back>
            {move || edit_form(detail.get_value(), which(), back, change)}
        </Modal>
        <Modal title="Rotate secret" open=query_is("dialog", "rotate") close_to=back>
            <Form action=rotate>
                <p>
                    "A new secret is made and shown once. For 24 hours deliveries are signed with both, so that \
                     nothing is refused while you replace it."
                </p>
                {which()}
                <DialogButtons label="Rotate secret" back/>
            </Form>
        </Modal>
        <Modal title="Disable endpoint" open=query_is("dialog", "disable") close_to=back>
            <Form action=disable done="Disabled. Nothing is sent to it.">
                <p>
                    "Nothing is sent to it until somebody enables it again, and what happens meanwhile is not kept \
                     for it. What waits for it is given up, and can be sent again then."
                </p>
                {which()}
                <DialogButtons label="Disable" look=Look::Danger back/>
            </Form>
        </Modal>
        <Modal title="Delete endpoint" open=query_is("dialog", "delete") close_to=back>
            {move || delete_form(&detail.get_value(), which(), back, delete)}
        </Modal>
        <Modal title="Send again" open=query_is("dialog", "again") close_to=back>
            {move || again_form(&shown.get_untracked(), which(), back, again)}
        </Modal>
    }
    .into_any()
}

fn edit_form(
    detail: WebhookDetail,
    which: AnyView,
    back: Signal<String>,
    change: Post<ChangeWebhook>,
) -> AnyView {
    let WebhookDetail {
        endpoint, types, ..
    } = detail;
    view! {
        <Form action=change done="Endpoint saved.">
            {which}
            <EndpointFields types endpoint/>
            <DialogButtons label="Save" back/>
        </Form>
    }
    .into_any()
}

fn delete_form(
    detail: &WebhookDetail,
    which: AnyView,
    back: Signal<String>,
    delete: Post<DeleteWebhook>,
) -> AnyView {
    let url = detail.endpoint.url.clone();
    view! {
        <Form action=delete done="Endpoint deleted.">
            <p>
                <strong class="long-word">{url}</strong>
                " is told nothing any more, and its deliveries are deleted with their attempts. This cannot be undone."
            </p>
            {which}
            <DialogButtons label="Delete endpoint" look=Look::Danger back/>
        </Form>
    }
    .into_any()
}

/// Of a day; of as long as deliveries are kept, from the list of what was given up.
fn again_form(
    shown: &Shown,
    which: AnyView,
    back: Signal<String>,
    again: Post<ResendDeliveries>,
) -> AnyView {
    let now = OffsetDateTime::now_utc();
    let is_dead = shown.state == Some(DeliveryState::Dead);
    let from = now - Duration::days(if is_dead { 30 } else { 1 });
    let to = now + Duration::minutes(1);
    let only_dead = match Visit::typed("only_dead") {
        Some(ticked) => ticked == "true",
        None => shown.state != Some(DeliveryState::Delivered),
    };
    view! {
        <Form action=again>
            <p>"Events of this time are sent again with the ids that they had, at most 10,000 at once."</p>
            {which}
            <div class="form-row">
                <Field label="From (UTC)" name="from" kind="datetime-local" value=written(from) required=true/>
                <Field label="To (UTC)" name="to" kind="datetime-local" value=written(to) required=true/>
            </div>
            <Checkbox
                label="Only what was given up"
                name="only_dead"
                checked=only_dead
                hint="Otherwise also what was delivered: your side may see it twice."
            />
            <DialogButtons label="Send again" back/>
        </Form>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::sent_again;

    #[test]
    fn it_is_said_how_many_are_sent_again() {
        assert_eq!(sent_again(0), "There was nothing to send again.");
        assert_eq!(sent_again(1), "1 delivery is sent again.");
        assert_eq!(sent_again(1_200), "1,200 deliveries are sent again.");
    }
}
