//! `/t/{slug}/billing/change?plan=…`: what another plan costs, and the button that takes it.

use super::{
    lines,
    server_fns::{ChangePlan, preview_plan},
};
use crate::ui::{
    Card, Form, PageHeader, Post, Submit, counted, data, figures::day, load, use_param,
};
use api_types::billing::{Preview, amount};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

#[component]
pub fn ChangePlanPage() -> AnyView {
    let tenant = use_param("slug");
    let query = use_query_map();
    let plan = Signal::derive(move || query.with(|query| query.get("plan").unwrap_or_default()));
    let change = Post::<ChangePlan>::new();
    let preview = data(
        move || (tenant.get(), plan.get()),
        |(tenant, plan)| preview_plan(tenant, plan),
    );
    view! {
        <a class="back-link" href=move || format!("/t/{}/billing", tenant.get())>"Billing"</a>
        {load(preview, move |preview| page(preview, tenant.get_untracked(), change))}
    }
    .into_any()
}

fn page(preview: Preview, tenant: String, change: Post<ChangePlan>) -> AnyView {
    let Preview {
        plan,
        seats,
        at,
        next,
        total,
        currency,
        lines,
    } = preview;
    let about = format!(
        "The change counts at once. The next invoice comes on {} and will be {}, use until then apart.",
        day(next.date()),
        amount(total, &currency)
    );
    let seats = (seats > 0).then(|| {
        let words = counted(seats, "further member is", "further members are");
        view! { <p>{format!("{words} paid for.")}</p> }
    });
    view! {
        <PageHeader title=format!("Change to {}", plan.name) about/>
        <div class="stack">
            <Card title="The next invoice" flush=true>
                {lines::table(lines, &currency, total, None)}
            </Card>
            {seats}
            <Form action=change>
                <input type="hidden" name="tenant" value=tenant/>
                <input type="hidden" name="plan" value=plan.id/>
                <input type="hidden" name="at" value=at.to_string()/>
                <Submit label=format!("Change to {}", plan.name)/>
            </Form>
        </div>
    }
    .into_any()
}
