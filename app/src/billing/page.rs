//! `/t/{slug}/billing`: the subscription, the plans, invoices, tax ids, and what was compared.

use super::{
    drift::DriftCard,
    plans::{Choice, PlanCards},
    server_fns::{CancelSubscription, RepairBilling, ResumeSubscription, get_billing},
};
use crate::limits::StandingBadge;
use crate::ui::{
    Alert, Badge, Card, Column, Denied, DialogButtons, EmptyState, Form, Icon, LinkButton, Live,
    Look, Modal, PageHeader, Post, Stat, Submit, Table, Tone, accepted, counted, data,
    figures::day, load, query_is, use_param, use_path,
};
use api_types::{
    billing::{
        BillingPage as View, InvoiceState, InvoiceView, SubscriptionView, TaxIdView, amount,
    },
    plans::PlanState,
};
use leptos::prelude::*;

#[derive(Clone, Copy)]
struct Actions {
    cancel: Post<CancelSubscription>,
    resume: Post<ResumeSubscription>,
    repair: Post<RepairBilling>,
}

#[component]
pub fn BillingPage() -> AnyView {
    let tenant = use_param("slug");
    let actions = Actions {
        cancel: Post::new(),
        resume: Post::new(),
        repair: Post::new(),
    };
    let done = (
        accepted(actions.cancel),
        accepted(actions.resume),
        accepted(actions.repair),
    );
    let done = move || done.0.get() + done.1.get() + done.2.get();
    let billing = data(
        move || (tenant.get(), done()),
        |(tenant, _)| get_billing(tenant),
    );
    let live = Signal::derive(move || format!("/t/{}/billing/live", tenant.get()));
    view! {
        <PageHeader title="Billing" about="The plan, what it costs, and what was paid.">
            <Live address=live changed=move || billing.refetch()/>
        </PageHeader>
        {load(billing, move |view| page(view, &tenant.get_untracked(), actions))}
    }
    .into_any()
}

/// Whether somebody has paid a moment ago, and we have not heard of it yet.
fn awaits_stripe(view: &View) -> bool {
    query_is("done", "subscribed").get_untracked() && !is_alive(view)
}

fn is_alive(view: &View) -> bool {
    let subscription = view.subscription.as_ref();
    subscription.is_some_and(|subscription| subscription.is_alive)
}

fn page(view: View, tenant: &str, actions: Actions) -> AnyView {
    let alive = is_alive(&view);
    let may = view.may_manage.allowed;
    let choice = match (view.takes_payments && may, alive) {
        (false, _) => Choice::Look,
        (true, false) => Choice::Subscribe,
        (true, true) => Choice::Change,
    };
    let awaits = awaits_stripe(&view);
    let owner = tenant.to_owned();
    let is_customer = view.subscription.is_some();
    let stands = standing(&view, tenant, actions);
    let current = view.now.plan.id.clone();
    view! {
        <div class="stack">
            <Denied decision=view.may_manage.clone()/>
            {view.is_test.then(|| view! {
                <Alert tone=Tone::Warning text="This server is in Stripe's test mode: no money is real."/>
            })}
            {awaits.then(|| view! {
                <Alert text="Thank you. The plan changes here as soon as Stripe has told us, which takes a moment."/>
            })}
            {stands}
            <h2 class="visually-hidden">"Plans"</h2>
            <PlanCards tenant=owner.clone() plans=view.plans now=current choice/>
            {view.trouble.map(|trouble| view! { <Alert tone=Tone::Warning text=trouble/> })}
            {is_customer.then(|| invoices(view.invoices, tenant))}
            {is_customer.then(|| tax_ids(view.tax_ids))}
            {is_customer.then(|| view! {
                <DriftCard
                    tenant=owner
                    drifts=view.drifts
                    compared_at=view.compared_at
                    may_repair=may
                    repair=actions.repair
                />
            })}
        </div>
    }
    .into_any()
}

/// The plan, how the tenant stands with it, and what can be done about that.
fn standing(view: &View, tenant: &str, actions: Actions) -> AnyView {
    let (now, plan) = (&view.now, &view.now.plan);
    let members = match plan.seats {
        Some(seats) => format!("{} of {seats} included", view.members),
        None => view.members.to_string(),
    };
    let subscription = view
        .subscription
        .clone()
        .filter(|subscription| subscription.is_alive);
    let seats = subscription
        .as_ref()
        .map_or(0, |subscription| subscription.seats);
    let seats = (seats > 0).then(|| {
        counted(
            seats,
            "further member is paid for",
            "further members are paid for",
        )
    });
    let next = subscription
        .as_ref()
        .and_then(|subscription| subscription.period_until);
    let next = next.map_or_else(|| "none".into(), |at| day(at.date()));
    let trouble = trouble(now.state, subscription.as_ref());
    let (title, state) = (format!("Your plan is {}", plan.name), now.state);
    let may = view.may_manage.allowed && view.takes_payments;
    let acts = subscription
        .filter(|_| may)
        .map(|subscription| acts(&subscription, tenant, actions));
    let nothing = (!view.takes_payments).then(|| {
        view! { <p class="muted">"This server takes no payments: plans are given by whoever runs it."</p> }
    });
    view! {
        <Card title>
            <p><StandingBadge state/></p>
            {trouble}
            <dl class="stats">
                <Stat label="Members" value=members note=seats.unwrap_or_default()/>
                <Stat label="Next invoice" value=next/>
            </dl>
            {nothing}
            {acts}
        </Card>
    }
    .into_any()
}

fn trouble(state: PlanState, subscription: Option<&SubscriptionView>) -> AnyView {
    let ends = subscription.and_then(|subscription| subscription.cancel_at);
    let text = match (state, ends) {
        (PlanState::PastDue, _) => {
            "The last payment failed. Everything stays as it is for two weeks: change the card, please.".into()
        }
        (PlanState::Suspended, _) => {
            "Nothing was paid for too long, so calls are refused. They are let through as soon as it is.".into()
        }
        (_, Some(at)) => format!("The subscription ends on {}.", day(at.date())),
        _ => return ().into_any(),
    };
    view! { <Alert tone=Tone::Warning text/> }.into_any()
}

fn acts(subscription: &SubscriptionView, tenant: &str, actions: Actions) -> AnyView {
    let portal = format!("/t/{tenant}/billing/portal");
    let (path, owner) = (use_path(), StoredValue::new(tenant.to_owned()));
    let ends = subscription.cancel_at.is_some();
    let open = Signal::derive(move || format!("{}?dialog=cancel", path.get()));
    let until = subscription
        .period_until
        .map(|at| day(at.date()))
        .unwrap_or_default();
    let until = StoredValue::new(until);
    let end = if ends {
        view! {
            <Form action=actions.resume class="form-inline">
                <input type="hidden" name="tenant" value=owner.get_value()/>
                <Submit label="Let it go on" look=Look::Secondary/>
            </Form>
        }
        .into_any()
    } else {
        view! {
            <LinkButton href=open label="End the subscription" look=Look::Quiet/>
            <Modal title="End the subscription" open=query_is("dialog", "cancel") close_to=path>
                <Form action=actions.cancel>
                    <p>
                        {move || format!(
                            "It ends on {}, and everything stays until then. What is used until then is billed.",
                            until.get_value()
                        )}
                    </p>
                    <input type="hidden" name="tenant" value=owner.get_value()/>
                    <DialogButtons label="End the subscription" look=Look::Danger/>
                </Form>
            </Modal>
        }
        .into_any()
    };
    view! {
        <div class="page-actions">
            <form action=portal method="post">
                <button type="submit" class=Look::Secondary.class()>"Card, address and tax ids"</button>
            </form>
            {end}
        </div>
    }
    .into_any()
}

fn invoices(invoices: Vec<InvoiceView>, tenant: &str) -> AnyView {
    if invoices.is_empty() {
        return view! {
            <Card title="Invoices">
                <EmptyState
                    icon=Icon::Archive
                    title="No invoices yet"
                    about="The first one is made when the trial is over, or at once without a trial."
                />
            </Card>
        }
        .into_any();
    }
    let caption = counted(invoices.len() as i64, "invoice", "invoices");
    let rows: Vec<AnyView> = invoices
        .into_iter()
        .map(|invoice| row(invoice, tenant))
        .collect();
    view! {
        <Card title="Invoices" flush=true>
            <Table
                label="Invoices"
                caption
                columns=[
                    Column::text("Invoice"),
                    Column::text("State"),
                    Column::text("Period").wide(),
                    Column::number("Total"),
                    Column::text("Receipt"),
                ]
                rows
            />
        </Card>
    }
    .into_any()
}

fn row(invoice: InvoiceView, tenant: &str) -> AnyView {
    let href = format!("/t/{tenant}/billing/invoices/{}", invoice.id);
    let name = invoice.number.unwrap_or_else(|| "Not numbered yet".into());
    let tone = match invoice.state {
        InvoiceState::Paid => Tone::Good,
        InvoiceState::Open => Tone::Warning,
        InvoiceState::Uncollectible => Tone::Bad,
        InvoiceState::Draft | InvoiceState::Void => Tone::Neutral,
    };
    let period = format!(
        "{} to {}",
        day(invoice.period_from.date()),
        day(invoice.period_until.date())
    );
    let again = invoice.next_try.map(|at| {
        view! { <span class="note">{format!("Tried again on {}", day(at.date()))}</span> }
    });
    let link = |url: Option<String>, words: &'static str| {
        url.map(|url| view! { <a class="link" href=url rel="noreferrer">{words}</a> " " })
    };
    let page = if invoice.owed > 0 { "Pay" } else { "Receipt" };
    view! {
        <tr>
            <th scope="row">
                <a class="link" href=href>{name}</a>
                <span class="note">{day(invoice.created_at.date())}</span>
            </th>
            <td><Badge tone text=invoice.state.label()/>{again}</td>
            <td class="wide-only">{period}</td>
            <td class="num">{amount(invoice.total, &invoice.currency)}</td>
            <td>{link(invoice.page, page)} {link(invoice.pdf, "PDF")}</td>
        </tr>
    }
    .into_any()
}

fn tax_ids(tax_ids: Vec<TaxIdView>) -> AnyView {
    let rows: Vec<AnyView> = tax_ids
        .iter()
        .map(|tax_id| {
            let kind = tax_id.kind.replace('_', " ").to_uppercase();
            let status = tax_id
                .status
                .clone()
                .map(|text| view! { " " <Badge text/> });
            view! { <dt>{kind}</dt> <dd class="long-word">{tax_id.value.clone()} {status}</dd> }
                .into_any()
        })
        .collect();
    let shown = if rows.is_empty() {
        view! { <p class="muted">"None. They are added where the card is changed, and stand on invoices."</p> }.into_any()
    } else {
        view! { <dl class="facts">{rows}</dl> }.into_any()
    };
    view! { <Card title="Tax ids">{shown}</Card> }.into_any()
}
