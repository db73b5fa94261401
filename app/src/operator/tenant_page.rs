//! `/operator/tenants/{id}`: one tenant, as far as the operator sees it without its consent.

use super::{
    CONSOLE,
    correct_card::CorrectCard,
    dialogs::{BlockDialog, enter_form, unblock_form},
    frame::console,
    server_fns::{BlockTenant, CorrectCall, EnterTenant, UnblockTenant, operator_tenant},
    tenants_page::StateBadge,
};
use crate::{
    limits::StandingBadge,
    ui::{
        Alert, Card, Column, EmptyState, Icon, LinkButton, Look, PageHeader, Post, RelativeTime,
        Stat, Table, Tone, accepted, count, data, figures::percent, moment, use_param, use_path,
    },
    usage::{Chart, Numbers},
};
use api_types::{
    TenantId,
    operator::{OwnerView, SupportView, TenantAct, TenantFacts},
    usage::{Bar, Range},
};
use leptos::prelude::*;

/// What the forms of the page do.
#[derive(Clone, Copy)]
struct Actions {
    block: Post<BlockTenant>,
    unblock: Post<UnblockTenant>,
    correct: Post<CorrectCall>,
    enter: Post<EnterTenant>,
}

#[component]
pub fn OperatorTenantPage() -> AnyView {
    let id = use_param("id");
    let actions = Actions {
        block: Post::new(),
        unblock: Post::new(),
        correct: Post::new(),
        enter: Post::new(),
    };
    let changed = [
        accepted(actions.block),
        accepted(actions.unblock),
        accepted(actions.correct),
    ];
    let facts = data(
        move || (id.get(), changed.map(|changed| changed.get())),
        |(id, _)| operator_tenant(id),
    );
    crate::tenants::go_there(actions.enter.value().into());
    console(facts, move |facts| page(facts, actions))
}

fn page(facts: TenantFacts, actions: Actions) -> AnyView {
    let id = facts.row.id;
    let path = use_path();
    let open = Signal::derive(move || format!("{}?dialog=suspend", path.get()));
    let switch = if facts.blocked.is_some() {
        unblock_form(id, actions.unblock)
    } else {
        view! { <LinkButton href=open label="Suspend tenant" look=Look::Danger/> }.into_any()
    };
    let blocked = facts.blocked.clone().map(|blocked| {
        let text = format!(
            "Suspended by the operator since {}: {}",
            moment(blocked.since),
            blocked.reason
        );
        view! { <Alert tone=Tone::Bad text/> }
    });
    let (numbers, about) = (numbers(&facts), about(&facts));
    view! {
        <a class="back-link" href=CONSOLE>"All tenants"</a>
        <PageHeader title=facts.row.name about=facts.row.slug>{switch}</PageHeader>
        {blocked}
        {numbers}
        <Card title="Calls of the last 90 days">{chart(facts.bars)}</Card>
        <div class="columns">
            {about}
            {support(facts.support, id, actions.enter)}
        </div>
        {owners(facts.owners)}
        <CorrectCard id action=actions.correct/>
        {acts(facts.acts)}
        <BlockDialog id action=actions.block/>
    }
    .into_any()
}

fn numbers(facts: &TenantFacts) -> AnyView {
    let (calls, errors) = facts.bars.iter().fold((0, 0), |sum, bar| {
        (sum.0 + bar.ok + bar.errors, sum.1 + bar.errors)
    });
    let share = errors as f64 / calls.max(1) as f64;
    view! {
        <dl class="stats">
            <Stat label="Calls" value=count(facts.row.calls) note="30 days"/>
            <Stat label="Calls" value=count(calls) note="90 days"/>
            <Stat label="Errors" value=percent(share) note="90 days"/>
            <Stat label="Members" value=count(facts.row.members)/>
            <Stat label="MCP clients" value=count(facts.clients)/>
        </dl>
    }
    .into_any()
}

/// Calls a day, drawn and as a table.
pub(super) fn chart(bars: Vec<Bar>) -> AnyView {
    view! {
        <Chart bars=bars.clone() range=Range::Quarter/>
        <Numbers bars range=Range::Quarter/>
    }
    .into_any()
}

fn about(facts: &TenantFacts) -> AnyView {
    let (row, endpoint) = (facts.row.clone(), facts.endpoint.clone());
    let (plan, state) = (facts.now.plan.name.clone(), facts.now.state);
    let until = facts
        .now
        .until
        .map(|at| view! { <span class="note">"until " {moment(at)}</span> });
    let own = facts
        .suspended_at
        .map(|at| view! { <dt>"By itself since"</dt> <dd>{moment(at)}</dd> });
    let gone = row
        .delete_after
        .map(|at| view! { <dt>"Gone for good"</dt> <dd><RelativeTime at/></dd> });
    let last = match row.last_call {
        Some(at) => view! { <RelativeTime at/> }.into_any(),
        None => "never".into_any(),
    };
    view! {
        <Card title="About">
            <dl class="facts">
                <dt>"State"</dt>
                <dd><StateBadge state=row.state/></dd>
                {own}
                {gone}
                <dt>"Plan"</dt>
                <dd>{plan} " " <StandingBadge state/> {until}</dd>
                <dt>"Endpoint"</dt>
                <dd class="long-word"><code>{endpoint}</code></dd>
                <dt>"Id"</dt>
                <dd class="long-word"><code>{row.id.to_string()}</code></dd>
                <dt>"Last call"</dt>
                <dd>{last}</dd>
                <dt>"Created"</dt>
                <dd>{moment(row.created_at)}</dd>
            </dl>
        </Card>
    }
    .into_any()
}

/// What the tenant lets the operator look at, and the way in.
fn support(support: Option<SupportView>, id: TenantId, enter: Post<EnterTenant>) -> AnyView {
    let content = match support {
        Some(support) => view! {
            <dl class="facts">
                <dt>"Because"</dt>
                <dd class="long-word">{support.reason}</dd>
                <dt>"Given by"</dt>
                <dd>{support.given_by} ", " <RelativeTime at=support.since/></dd>
                <dt>"Until"</dt>
                <dd>{moment(support.until)}</dd>
            </dl>
            <p class="muted">"You see what a viewer sees, and change nothing. Entering and leaving are in its audit log."</p>
            {enter_form(id, enter)}
        }
        .into_any(),
        None => view! {
            <p class="muted">
                "What is inside is the tenant's own. An owner can let you look at it, under Settings, Support access."
            </p>
        }
        .into_any(),
    };
    view! { <Card title="Support access">{content}</Card> }.into_any()
}

fn owners(owners: Vec<OwnerView>) -> AnyView {
    let row = |owner: OwnerView| {
        let href = format!("mailto:{}", owner.email);
        view! {
            <tr>
                <th scope="row">{owner.name}</th>
                <td><a class="link" rel="external" href=href>{owner.email}</a></td>
            </tr>
        }
        .into_any()
    };
    let rows: Vec<AnyView> = owners.into_iter().map(row).collect();
    view! {
        <Card title="Owners" about="To whom you write." flush=true>
            <Table
                label="Owners"
                caption="The owners of the tenant"
                columns=[Column::text("Name"), Column::text("Address")]
                rows
            />
        </Card>
    }
    .into_any()
}

fn acts(acts: Vec<TenantAct>) -> AnyView {
    if acts.is_empty() {
        return view! {
            <EmptyState icon=Icon::Shield title="Nothing lately" about="Acts on the tenant as a whole stand here."/>
        }
        .into_any();
    }
    let row = |act: TenantAct| {
        let who = act.operator.unwrap_or_else(|| "the tenant".into());
        view! {
            <tr>
                <th scope="row">{act.act.label()}</th>
                <td>{who}</td>
                <td class="whitespace-nowrap">{moment(act.at)}</td>
            </tr>
        }
        .into_any()
    };
    let rows: Vec<AnyView> = acts.into_iter().map(row).collect();
    view! {
        <Card title="Lately" about="What was done to the tenant as a whole." flush=true>
            <Table
                label="What was done"
                caption="Acts on the tenant, newest first"
                columns=[Column::text("Act"), Column::text("By"), Column::text("When")]
                rows
            />
        </Card>
    }
    .into_any()
}
