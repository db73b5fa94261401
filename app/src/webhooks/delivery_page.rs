//! `/t/{slug}/webhooks/{id}/{delivery}`: one delivery: what is sent, and every attempt.

use super::{
    delivery_fns::{DeliveryPageView, ResendDelivery, get_delivery},
    looks::{DeliveryBadge, answer, snippet, snippet_of},
    pretty::pretty,
};
use crate::ui::{
    Alert, Badge, Card, Denied, EmptyState, Form, Icon, Live, Look, PageHeader, Post, Submit, Tone,
    accepted, data,
    figures::{milliseconds, second},
    load, moment, use_param,
};
use api_types::webhooks::{
    AttemptView, DeliveryDetail, DeliveryState, DeliveryView, EndpointState,
};
use leptos::prelude::*;

/// Said once a delivery is sent again.
pub const RESENT: &str = "It is sent again.";

#[component]
pub fn DeliveryPage() -> AnyView {
    let (tenant, webhook, id) = (use_param("slug"), use_param("id"), use_param("delivery"));
    let resend = Post::<ResendDelivery>::new();
    let resent = accepted(resend);
    let delivery = data(
        move || (tenant.get(), webhook.get(), id.get(), resent.get()),
        |(tenant, webhook, id, _)| get_delivery(tenant, webhook, id),
    );
    let back = move || format!("/t/{}/webhooks/{}", tenant.get(), webhook.get());
    let live = Signal::derive(move || format!("/t/{}/webhooks/live", tenant.get()));
    view! {
        <div class="back-line">
            <a class="back-link" href=back>"The endpoint"</a>
            <Live address=live changed=move || delivery.refetch()/>
        </div>
        {load(delivery, move |view| page(view, tenant.get_untracked(), resend))}
    }
    .into_any()
}

fn page(view: DeliveryPageView, tenant: String, resend: Post<ResendDelivery>) -> AnyView {
    let DeliveryPageView { endpoint, detail } = view;
    let DeliveryDetail {
        webhook,
        delivery,
        payload,
        attempts,
        may_manage,
    } = detail;
    let is_disabled = endpoint.state == EndpointState::Disabled;
    let again = (may_manage.allowed && !is_disabled).then(|| {
        view! {
            <Form action=resend done=RESENT class="form-inline">
                <input type="hidden" name="tenant" value=tenant/>
                <input type="hidden" name="webhook" value=webhook.to_string()/>
                <input type="hidden" name="id" value=delivery.id.to_string()/>
                <Submit label="Send again" look=Look::Secondary icon=Icon::Refresh/>
            </Form>
        }
    });
    let headers = headers(&endpoint.url, &delivery, attempts.first());
    let set = pretty(&payload);
    view! {
        <PageHeader title=delivery.event.clone() about=endpoint.url>
            {again}
        </PageHeader>
        <Denied decision=may_manage/>
        <div class="columns">
            <div class="stack">
                {tried(attempts)}
                <Card title="What is sent">
                    {snippet("Request", headers)}
                    {snippet_of("Payload", set, "Copy as sent", payload)}
                    <p class="hint">
                        "The signature is made anew for each attempt, over the payload as it is sent: without the line \
                         breaks that are shown here."
                    </p>
                </Card>
            </div>
            {facts(delivery, is_disabled)}
        </div>
    }
    .into_any()
}

fn facts(delivery: DeliveryView, is_disabled: bool) -> AnyView {
    let next = delivery.next_at.map(|at| {
        view! {
            <dt>"Next attempt"</dt>
            <dd><time title=moment(at)>{second(at)}</time></dd>
        }
    });
    view! {
        <Card title="About">
            <dl class="facts">
                <dt>"State"</dt>
                <dd><DeliveryBadge state=delivery.state/></dd>
                <dt>"Last answer"</dt>
                <dd>{answer(delivery.status, delivery.attempts)}</dd>
                {next}
                <dt>"Happened"</dt>
                <dd>{moment(delivery.created_at)}</dd>
                <dt>"Id"</dt>
                <dd><code class="long-word">{delivery.id.to_string()}</code></dd>
            </dl>
            {explained(delivery.state, is_disabled)}
        </Card>
    }
    .into_any()
}

/// What the state means, where it is not plain.
fn explained(state: DeliveryState, is_disabled: bool) -> AnyView {
    let words = match state {
        _ if is_disabled => "The endpoint is disabled. Enable it to send this again.",
        DeliveryState::Dead => {
            "It was given up: it is not tried again by itself. Sending it again begins anew, with the same id."
        }
        DeliveryState::Retrying => "It is tried again by itself. Sending it again does so at once.",
        DeliveryState::Waiting | DeliveryState::Delivered => return ().into_any(),
    };
    view! { <p class="hint">{words}</p> }.into_any()
}

/// The request as the last attempt has made it.
fn headers(url: &str, delivery: &DeliveryView, last: Option<&AttemptView>) -> String {
    let sent = last.map_or_else(
        || "seconds since 1970, at the attempt".into(),
        |last| last.at.unix_timestamp().to_string(),
    );
    format!(
        "POST {url}\ncontent-type: application/json\nwebhook-id: {}\nwebhook-timestamp: {sent}\nwebhook-signature: v1,…",
        delivery.id
    )
}

fn tried(attempts: Vec<AttemptView>) -> AnyView {
    if attempts.is_empty() {
        return view! {
            <Card title="Attempts" flush=true>
                <EmptyState
                    icon=Icon::Webhook
                    title="Not sent yet"
                    about="The first attempt follows within seconds."
                />
            </Card>
        }
        .into_any();
    }
    let rows: Vec<AnyView> = attempts.into_iter().map(attempt).collect();
    view! {
        <Card title="Attempts" about="The newest first; times in UTC." flush=true>
            <ol class="rows">{rows}</ol>
        </Card>
    }
    .into_any()
}

fn attempt(attempt: AttemptView) -> AnyView {
    let took = milliseconds(attempt.duration_ms as f64);
    let is_good = matches!(attempt.status, Some(200..300));
    let tone = if is_good { Tone::Good } else { Tone::Bad };
    let word = match attempt.status {
        Some(status) => status.to_string(),
        None => "No answer".into(),
    };
    let error = attempt
        .error
        .map(|text| view! { <Alert tone=Tone::Bad text=crate::error::sentence(&text)/> });
    let response = attempt.response.filter(|text| !text.is_empty());
    let response = response.map(|text| {
        let label = format!("Response to attempt {}", attempt.number);
        view! { <pre class="response" tabindex="0" aria-label=label><code>{text}</code></pre> }
    });
    view! {
        <li class="row">
            <div class="row-words attempt">
                <p class="badges">
                    <strong>{format!("Attempt {}", attempt.number)}</strong>
                    <Badge tone text=word/>
                    <span class="muted tabular-nums">
                        <time title=moment(attempt.at)>{second(attempt.at)}</time>
                        ", took " {took}
                    </span>
                </p>
                {error}
                {response}
            </div>
        </li>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn the_request_has_the_time_of_the_last_attempt() {
        let delivery = DeliveryView {
            id: "0190f5c0-0000-7000-8000-000000000001"
                .parse()
                .expect("an id"),
            event: "webhook.test".into(),
            state: DeliveryState::Retrying,
            attempts: 1,
            status: None,
            created_at: datetime!(2026-11-22 05:00 UTC),
            next_at: None,
        };
        let last = AttemptView {
            number: 1,
            at: datetime!(2026-11-22 05:00:01 UTC),
            duration_ms: 3,
            status: None,
            error: None,
            response: None,
        };
        let request = headers("https://a.example/in", &delivery, Some(&last));
        assert!(request.starts_with("POST https://a.example/in\n"));
        assert!(
            request.contains("webhook-timestamp: 1795323601\n"),
            "{request}"
        );
        assert!(headers("x", &delivery, None).contains("at the attempt"));
    }
}
