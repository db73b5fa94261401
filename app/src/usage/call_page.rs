//! `/t/{slug}/usage/calls/{id}`: one call with all that is known of it.

use super::{groups::OutcomeBadge, server_fns::get_call};
use crate::ui::{
    Alert, Badge, Card, Column, CopyButton, PageHeader, Table, Tone, count, data,
    figures::{bytes, milliseconds, second},
    load, moment, use_param,
};
use api_types::usage::{CallDetail, CallView};
use leptos::prelude::*;

#[component]
pub fn CallPage() -> AnyView {
    let (tenant, id) = (use_param("slug"), use_param("id"));
    let call = data(
        move || (tenant.get(), id.get()),
        |(tenant, id)| get_call(tenant, id),
    );
    let back = move || format!("/t/{}/usage", tenant.get());
    view! {
        <div class="back-line">
            <a class="back-link" href=back>"Usage"</a>
        </div>
        {load(call, move |detail| page(detail, &tenant.get_untracked()))}
    }
    .into_any()
}

fn page(detail: CallDetail, tenant: &str) -> AnyView {
    let call = detail.call.clone();
    let (badge, who) = (badge(&call), who(&detail, tenant));
    let corrected: i64 = detail.corrections.iter().map(|one| one.units).sum();
    let error = call.error.clone().map(|error| {
        view! { <Alert tone=Tone::Warning text=error/> }
    });
    let corrections = (!detail.corrections.is_empty()).then(|| corrections(&detail.corrections));
    let units = if corrected == 0 {
        count(call.units)
    } else {
        format!("{} of {}", count(call.units + corrected), count(call.units))
    };
    view! {
        <PageHeader title=call.tool.clone() about=moment(call.at)>
            {badge}
        </PageHeader>
        {error}
        <div class="columns">
            <div class="stack">{corrections} {who}</div>
            <Card title="What">
                <dl class="facts">
                    <dt>"Toolkit"</dt>
                    <dd>{detail.toolkit.clone()}</dd>
                    <dt>"Units"</dt>
                    <dd>{units}</dd>
                    <dt>"Duration"</dt>
                    <dd>{milliseconds(call.duration_ms)}</dd>
                    <dt>"Request"</dt>
                    <dd>{bytes(detail.request_bytes)}</dd>
                    <dt>"Answer"</dt>
                    <dd>{bytes(detail.response_bytes)}</dd>
                    <dt>"Era of the protocol"</dt>
                    <dd>{call.era.clone()}</dd>
                    <dt>"Id"</dt>
                    <dd>{copied(call.id.to_string())}</dd>
                    <dt>"Request id"</dt>
                    <dd>{copied(call.request_id)}</dd>
                </dl>
            </Card>
        </div>
    }
    .into_any()
}

/// An id that somebody may want elsewhere.
fn copied(id: String) -> AnyView {
    view! {
        <span class="request-id">
            <code class="long-word">{id.clone()}</code>
            <CopyButton text=Signal::stored(id)/>
        </span>
    }
    .into_any()
}

/// Units that were added, with their sign.
fn signed(units: i64) -> String {
    let sign = if units > 0 { "+" } else { "" };
    format!("{sign}{}", count(units))
}

fn badge(call: &CallView) -> AnyView {
    if call.corrects.is_some() {
        return view! { <Badge tone=Tone::Neutral text="Correction"/> }.into_any();
    }
    view! { <OutcomeBadge outcome=call.outcome/> }.into_any()
}

fn who(detail: &CallDetail, tenant: &str) -> AnyView {
    let client = format!("/t/{tenant}/clients/{}", detail.client);
    let connection = detail.connection.clone().map(|(id, label)| {
        let href = format!("/t/{tenant}/connections/{id}");
        view! {
            <dt>"Connection"</dt>
            <dd><a href=href>{label}</a></dd>
        }
    });
    let fact = |name: &'static str, value: &Option<String>| {
        value.clone().map(|value| {
            view! {
                <dt>{name}</dt>
                <dd>{value}</dd>
            }
        })
    };
    let corrects = detail.call.corrects.map(|id| {
        let href = format!("/t/{tenant}/usage/calls/{id}");
        view! {
            <dt>"Corrects"</dt>
            <dd><a href=href>"the call"</a></dd>
        }
    });
    let name = detail.call.client.clone();
    let credential = fact("Key or log-in", &detail.credential);
    let member = fact("Member", &detail.member);
    view! {
        <Card title="Who">
            <dl class="facts">
                <dt>"Client"</dt>
                <dd><a href=client>{name}</a></dd>
                {credential}
                {member}
                {connection}
                {corrects}
            </dl>
        </Card>
    }
    .into_any()
}

fn corrections(corrections: &[CallView]) -> AnyView {
    let rows: Vec<AnyView> = corrections
        .iter()
        .map(|one| {
            view! {
                <tr>
                    <td class="whitespace-nowrap tabular-nums">{second(one.at)}</td>
                    <td class="num">{signed(one.units)}</td>
                    <td>{one.error.clone()}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    view! {
        <Card title="Corrections" flush=true>
            <Table
                label="Corrections"
                caption="Corrections of this call, oldest first"
                columns=[Column::text("Time"), Column::number("Units"), Column::text("Reason")]
                rows
            />
        </Card>
    }
    .into_any()
}
