//! Plans, who has them, and what they bring in.

use super::{Scene, URL};
use api_types::{
    operator::{Income, PlanRevenue, Revenue, TenantFilter},
    plans::PlanState,
};
use domain::{
    Services,
    billing::{Settings, Stripe},
    operator,
    sign_in_with::Secret,
};

/// Tenants on plans. One is deleted; one pays in Stripe's other mode; Ada and Grace have chosen nothing.
const TENANTS: &str = "
    insert into tenants (tenant_id, slug, name, created_at)
    select gen_random_uuid(), slug, slug, now()
    from unnest(array['acme', 'bolt', 'cider', 'delta', 'ether', 'fable']) slug;
    insert into tenant_plans (tenant_id, plan, state, until)
    select tenant_id, plan, state,
        case when state in ('trialing', 'past_due') then now() + interval '1 day' end
    from tenants join (values
        ('acme', 'pro', 'active'), ('bolt', 'pro', 'past_due'), ('cider', 'pro', 'trialing'),
        ('delta', 'pro', 'suspended'), ('ether', 'enterprise', 'active'), ('fable', 'pro', 'active')
    ) stands (slug, plan, state) using (slug);
    insert into billing_accounts (tenant_id, livemode, customer, status, plan, seats, period_from)
    select tenant_id, live, 'cus_' || slug, status, plan, seats, now() - interval '5 days'
    from tenants join (values
        ('acme', false, 'active', 'pro', 2), ('bolt', false, 'past_due', 'pro', 0),
        ('cider', false, 'trialing', 'pro', 1), ('delta', false, 'unpaid', 'pro', 0),
        ('ether', true, 'active', 'enterprise', 3), ('fable', false, 'active', 'pro', 9)
    ) owes (slug, live, status, plan, seats) using (slug);
    update tenants set delete_after = now() + interval '1 day' where slug = 'fable'";

/// Units of days ago. Of what was used before the period nothing counts; of what a trial uses neither.
const USED: &str = "
    insert into usage_sums (tenant_id, grain, dimension, bucket, value, outcome, calls, units,
        duration_us, bytes)
    select tenant_id, 'day', 'all', date_trunc('day', now(), 'UTC') - ago * interval '1 day', '', 'ok',
        1, units, 1, 1
    from tenants join (values
        ('acme', 0, 150000), ('acme', 3, 200000), ('acme', 20, 900000), ('bolt', 1, 250000),
        ('cider', 1, 900000), ('ether', 1, 6000000), ('fable', 1, 900000)
    ) used (slug, ago, units) using (slug)";

impl Scene {
    /// What comes in where this key of Stripe's is set.
    async fn revenue(&self, key: &str) -> Revenue {
        let settings = Settings {
            secret_key: Secret::new(key),
            webhook_secret: Secret::new("whsec_x"),
            api_base: None,
        };
        let stripe = Stripe::new(settings).expect("good settings");
        self.revenue_at(&self.world.with_stripe(URL, stripe).services)
            .await
    }

    async fn revenue_at(&self, s: &Services) -> Revenue {
        let answer = operator::revenue(s, &self.operator().await).await;
        answer.expect("what comes in")
    }
}

fn of<'a>(revenue: &'a Revenue, plan: &str) -> &'a PlanRevenue {
    let mut plans = revenue.plans.iter();
    plans.find(|one| one.plan.id == plan).expect(plan)
}

fn income(paying: i64, recurring: i64, beyond: i64) -> Income {
    Income {
        currency: "usd".into(),
        paying,
        recurring,
        beyond,
    }
}

#[tokio::test]
async fn plans_show_who_has_them_who_pays_and_what_is_used_beyond() {
    let scene = Scene::new().await;
    scene.set(TENANTS).await;
    scene.set(USED).await;
    let revenue = scene.revenue("sk_test_1").await;
    assert!(revenue.takes_payments && revenue.is_test);
    let ids: Vec<_> = revenue.plans.iter().map(|one| &one.plan.id).collect();
    assert_eq!(ids, ["unlimited", "free", "pro", "enterprise"]);
    let pro = of(&revenue, "pro");
    assert_eq!(
        pro.tenants,
        [
            (PlanState::Trialing, 1),
            (PlanState::Active, 1),
            (PlanState::PastDue, 1),
            (PlanState::Suspended, 1)
        ]
    );
    // Two plans and two further members a month; 100,000 units beyond, at 0.0004.
    assert_eq!(pro.income, income(2, 2 * 4900 + 2 * 900, 4000));
    // Who pays in the other mode does not pay here, and who has chosen nothing has the default plan.
    assert_eq!(of(&revenue, "enterprise").income, income(0, 0, 0));
    let default = of(&revenue, "unlimited");
    assert!(default.is_default && !pro.is_default);
    assert_eq!(default.tenants[1], (PlanState::Active, 2));
    assert_eq!(revenue.totals(), std::slice::from_ref(&pro.income));
    // Where money is real, three further members and a million units beyond, at 0.0002.
    let live = scene.revenue("sk_live_1").await;
    assert!(live.takes_payments && !live.is_test);
    let enterprise = &of(&live, "enterprise").income;
    assert_eq!(*enterprise, income(1, 49_000 + 3 * 1200, 20_000));
    assert_eq!(live.totals(), std::slice::from_ref(enterprise));
}

#[tokio::test]
async fn without_stripe_tenants_are_counted_and_nothing_comes_in() {
    let scene = Scene::new().await;
    scene.set(TENANTS).await;
    scene.set(USED).await;
    let revenue = scene.revenue_at(scene.s()).await;
    assert!(!revenue.takes_payments && !revenue.is_test);
    let on = |plan| {
        let tenants = of(&revenue, plan).tenants.iter();
        tenants.map(|(_, number)| number).sum::<i64>()
    };
    assert_eq!(
        ["unlimited", "free", "pro", "enterprise"].map(on),
        [2, 0, 4, 1]
    );
    assert_eq!(revenue.totals(), [income(0, 0, 0)]);
}

#[tokio::test]
async fn a_tenant_shows_its_plan_in_the_list_and_how_it_stands_with_it_on_its_page() {
    let scene = Scene::new().await;
    let (s, a, o) = (scene.s(), scene.a(), scene.operator().await);
    scene.set(TENANTS).await;
    let page = operator::list(s, &o, &TenantFilter::default(), None).await;
    let rows = page.expect("a page").rows;
    let plan = |name: &str| {
        let row = rows.iter().find(|row| row.name == name);
        row.expect(name).plan.as_str()
    };
    assert_eq!(
        ["ada's team", "cider", "ether"].map(plan),
        ["Self-hosted", "Pro", "Enterprise"]
    );
    let facts = operator::facts(s, &o, a.tenant()).await.expect("facts");
    assert_eq!(facts.now.plan.name, "Self-hosted");
    assert_eq!(facts.now.state, PlanState::Active);
    let cider = rows.iter().find(|row| row.name == "cider");
    let cider = cider.expect("a tenant").id;
    let facts = operator::facts(s, &o, cider).await.expect("facts");
    assert_eq!(facts.now.plan.name, "Pro");
    assert_eq!(facts.now.state, PlanState::Trialing);
    assert!(facts.now.until.is_some());
}
