//! The refusals of plans: each says which plan has what is missing.

use super::{Plans, in_tx, store};
use crate::{Result, Services, TenantTx};
use api_types::{
    Refusal, TenantId,
    numbers::count,
    plans::{Feature, InUse, Plan},
};

/// What plans count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counted {
    /// Members that are people.
    Seats,
    /// The same, with invitations that wait for an answer.
    InvitedSeats,
    /// MCP clients.
    Clients,
    /// API keys.
    Keys,
}

impl Counted {
    fn words(self) -> &'static str {
        match self {
            Self::Seats | Self::InvitedSeats => "members",
            Self::Clients => "MCP clients",
            Self::Keys => "API keys",
        }
    }

    fn most(self, plan: &Plan) -> Option<u32> {
        match self {
            Self::Seats | Self::InvitedSeats => plan.most_seats(),
            Self::Clients => plan.clients,
            Self::Keys => plan.keys,
        }
    }

    fn of(self, in_use: &InUse) -> i64 {
        match self {
            Self::Seats => in_use.members,
            Self::InvitedSeats => in_use.members + in_use.invitations,
            Self::Clients => in_use.clients,
            Self::Keys => in_use.keys,
        }
    }
}

/// Refuses unless the tenant's plan has that.
pub(crate) async fn require(
    s: &Services,
    tx: &mut TenantTx,
    tenant: TenantId,
    feature: Feature,
) -> Result<()> {
    let now = in_tx(s, tx, tenant).await?;
    if now.has(feature) {
        return Ok(());
    }
    Err(lacking(&s.plans, &now.plan, feature).into())
}

/// The refusal for what a plan has not.
pub fn lacking(plans: &Plans, plan: &Plan, feature: Feature) -> Refusal {
    let better = plans.cheapest(|plan| plan.has(feature));
    let (what, name) = (feature.label(), &plan.name);
    let advice = advice(better, "has this");
    Refusal::conflict(format!("not in the plan {name}: {what}{advice}"))
}

/// Refuses if there is more of it now than the tenant's plan allows. To be asked when the audit log is held, so that
/// nobody else adds to it until the commit.
pub(crate) async fn require_room(
    s: &Services,
    tx: &mut TenantTx,
    tenant: TenantId,
    counted: Counted,
) -> Result<()> {
    let plan = in_tx(s, tx, tenant).await?.plan;
    let Some(most) = counted.most(&plan) else {
        return Ok(());
    };
    let now = counted.of(&store::in_use(tx, tenant).await?);
    if now <= i64::from(most) {
        return Ok(());
    }
    let better = s
        .plans
        .cheapest(|plan| counted.most(plan).is_none_or(|most| now <= i64::from(most)));
    let message = format!(
        "the plan {} has room for {} {}{}",
        plan.name,
        count(most.into()),
        counted.words(),
        advice(better, "has more")
    );
    Err(Refusal::conflict(message).into())
}

fn advice(better: Option<&Plan>, how: &str) -> String {
    better.map_or_else(String::new, |better| {
        format!("; the plan {} {how}", better.name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_the_cheapest_plan_that_has_it() {
        let plans = Plans::built_in();
        let free = plans.get("free").expect("a plan");
        let words = |feature| lacking(&plans, free, feature).to_string();
        assert_eq!(
            words(Feature::Webhooks),
            "not in the plan Free: Webhooks; the plan Pro has this"
        );
        assert_eq!(
            words(Feature::Sso),
            "not in the plan Free: Single sign-on; the plan Enterprise has this"
        );
    }
}
