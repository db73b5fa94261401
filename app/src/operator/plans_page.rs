//! `/operator/plans`: which plans there are, who has them, and what they bring in.

use super::{frame::console, server_fns::operator_plans};
use crate::ui::{Alert, Badge, Card, Column, PageHeader, Stat, Table, Tone, count, data};
use api_types::{
    billing::amount,
    operator::{Income, PlanRevenue, Revenue},
    plans::{Plan, PlanState},
};
use leptos::prelude::*;

#[component]
pub fn OperatorPlansPage() -> AnyView {
    let revenue = data(|| (), |()| operator_plans());
    console(revenue, page)
}

fn page(revenue: Revenue) -> AnyView {
    let pays = revenue.takes_payments;
    let notice = notice(&revenue);
    let stats = pays.then(|| stats(revenue.totals()));
    view! {
        <PageHeader title="Plans" about="Which plans there are, who has them, and what they bring in."/>
        {notice}
        {stats}
        <Card title="Plans" flush=true>{table(revenue.plans, pays)}</Card>
        <p class="muted">
            "Plans are edited in the file that " <code>"BULKHEAD_PLANS_FILE"</code>
            " names; without one they are those of this build. A change counts with the next start. Each field is described in "
            <code>"docs/operations.md"</code> ", Plans."
        </p>
    }
    .into_any()
}

/// What is to be known before the numbers are read.
fn notice(revenue: &Revenue) -> AnyView {
    let (tone, text) = match (revenue.takes_payments, revenue.is_test) {
        (false, _) => (
            Tone::Neutral,
            "Nobody pays through this instance: BULKHEAD_STRIPE_SECRET_KEY is not set, and tenants have the plans that they are given.",
        ),
        (true, true) => (
            Tone::Warning,
            "This server is in Stripe's test mode: no money is real.",
        ),
        (true, false) => return ().into_any(),
    };
    view! { <Alert tone text/> }.into_any()
}

fn stats(totals: Vec<Income>) -> AnyView {
    let stat = |total: Income| {
        let recurring = amount(total.recurring, &total.currency);
        let beyond = amount(total.beyond, &total.currency);
        view! {
            <Stat label="Recurring revenue" value=recurring note="a month"/>
            <Stat label="Paying tenants" value=count(total.paying)/>
            <Stat label="Used beyond" value=beyond note="this period so far"/>
        }
        .into_any()
    };
    let stats: Vec<AnyView> = totals.into_iter().map(stat).collect();
    view! { <dl class="stats">{stats}</dl> }.into_any()
}

fn table(plans: Vec<PlanRevenue>, pays: bool) -> AnyView {
    let mut columns = vec![
        Column::text("Plan"),
        Column::number("Price a month"),
        Column::number("Units a month").wide(),
        Column::text("Sold beyond").wide(),
        Column::number("Tenants"),
    ];
    if pays {
        columns.extend([
            Column::number("Paying"),
            Column::number("Revenue a month"),
            Column::number("Used beyond"),
        ]);
    }
    let rows: Vec<AnyView> = plans.into_iter().map(|plan| row(plan, pays)).collect();
    view! {
        <Table
            label="Plans"
            caption="Plans, who has them, and what they bring in"
            columns
            class="dense"
            rows
        />
    }
    .into_any()
}

fn row(row: PlanRevenue, pays: bool) -> AnyView {
    let (plan, income) = (row.plan, row.income);
    let tenants: i64 = row.tenants.iter().map(|(_, number)| number).sum();
    let otherwise: Vec<AnyView> = row
        .tenants
        .into_iter()
        .filter(|(state, number)| *state != PlanState::Active && *number > 0)
        .map(|(state, number)| {
            let words = format!("{}: {}", state.label(), count(number));
            view! { <span class="note">{words}</span> }.into_any()
        })
        .collect();
    let default = row
        .is_default
        .then(|| view! { " " <Badge text="Default"/> });
    let price = match plan.monthly_price {
        0 => "free".to_owned(),
        price => amount(price, &plan.currency),
    };
    let units = plan
        .included_units
        .map_or_else(|| "not limited".to_owned(), count);
    let income = pays.then(|| {
        view! {
            <td class="num">{count(income.paying)}</td>
            <td class="num">{amount(income.recurring, &income.currency)}</td>
            <td class="num">{amount(income.beyond, &income.currency)}</td>
        }
    });
    let sold = sold(&plan);
    view! {
        <tr>
            <th scope="row">
                {plan.name} {default}
                <span class="note">{plan.id}</span>
            </th>
            <td class="num">{price}</td>
            <td class="num wide-only">{units}</td>
            <td class="wide-only">{sold}</td>
            <td class="num">{count(tenants)} {otherwise}</td>
            {income}
        </tr>
    }
    .into_any()
}

/// What can be had beyond what the price includes, and for how much.
fn sold(plan: &Plan) -> String {
    let price = |minor| amount(minor, &plan.currency);
    // A thousand: single ones cost less than the smallest coin.
    let units = plan.included_units.zip(plan.overage_micros);
    let units = units.map(|(included, _)| plan.overage(included.saturating_add(1000)));
    let units = units.map(|minor| format!("1,000 units for {}", price(minor)));
    let seat = plan.seat_price;
    let seat = seat.map(|minor| format!("a member for {} a month", price(minor)));
    let sold: Vec<String> = units.into_iter().chain(seat).collect();
    if sold.is_empty() {
        return "nothing".into();
    }
    sold.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(more: &str) -> Plan {
        let plan = format!(
            r#"{{ "id": "a", "name": "A", "about": "x", "currency": "usd", "monthly_price": 0 {more} }}"#
        );
        serde_json::from_str(&plan).expect("a plan")
    }

    #[test]
    fn what_is_sold_beyond_has_prices_that_people_can_read() {
        assert_eq!(sold(&plan("")), "nothing");
        let all = r#", "included_units": 10, "overage_micros": 400, "seats": 3, "seat_price": 900"#;
        assert_eq!(
            sold(&plan(all)),
            "1,000 units for 0.40 USD, a member for 9.00 USD a month"
        );
    }
}
