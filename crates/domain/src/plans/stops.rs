//! What does not go on with another plan. Pure, so that the page can say it beforehand and a test can hold it to it.

use api_types::{
    numbers::count,
    plans::{Feature, InUse, Plan, Stop},
};

/// What a tenant with this in use loses by going from one plan to another. Nothing is ever deleted by it.
pub fn what_stops(from: &Plan, to: &Plan, in_use: &InUse) -> Vec<Stop> {
    let mut stops = Vec::new();
    for (what, now, most, effect) in counts(to, in_use) {
        if let Some(most) = most.filter(|most| now > i64::from(*most)) {
            let (now, most) = (count(now), count(most.into()));
            let what = format!("{what}: {now} now, {most} with {}", to.name);
            stops.push(stop(what, effect));
        }
    }
    let lost = |feature: &&Feature| from.has(**feature) && !to.has(**feature);
    for feature in Feature::ALL.iter().filter(lost) {
        let (now, effect) = feature_stops(*feature, in_use);
        let what = match now {
            None => feature.label().to_owned(),
            Some(now) => format!("{}: {} now", feature.label(), count(now)),
        };
        stops.push(stop(what, effect));
    }
    stops.extend(units(from, to));
    stops.extend(rates(from, to));
    let kept = |plan: &Plan| plan.retention_days.unwrap_or(u32::MAX);
    if kept(to) < kept(from) {
        let days = kept(to);
        let effect = "Older ones are not shown; the sums of each day stay";
        stops.push(stop(format!("Calls one by one for {days} days"), effect));
    }
    stops
}

fn stop(what: impl Into<String>, effect: &str) -> Stop {
    Stop {
        what: what.into(),
        effect: effect.into(),
    }
}

/// What is counted: how many there are, how many there may be, and what becomes of more.
fn counts(to: &Plan, in_use: &InUse) -> [(&'static str, i64, Option<u32>, &'static str); 3] {
    [
        (
            "Members",
            in_use.members,
            to.most_seats(),
            "Everybody stays; nobody new comes in until there is room",
        ),
        (
            "MCP clients",
            in_use.clients,
            to.clients,
            "All go on working; no new one is taken until there is room",
        ),
        (
            "API keys",
            in_use.keys,
            to.keys,
            "All go on working; no new one is issued until there is room",
        ),
    ]
}

fn feature_stops(feature: Feature, in_use: &InUse) -> (Option<i64>, &'static str) {
    match feature {
        Feature::Sso => (
            None,
            if in_use.sso {
                "Your provider goes on signing people in, so that nobody is locked out; it cannot be changed"
            } else {
                "No provider can be connected"
            },
        ),
        Feature::CustomRoles => (
            Some(in_use.custom_roles),
            "Whoever has such a role keeps it; none can be made or changed",
        ),
        Feature::ServiceAccounts => (
            Some(in_use.service_accounts),
            "They stay; no new one can be made",
        ),
        Feature::AuditExport => (
            None,
            "The log goes on and can be read; it cannot be exported",
        ),
        Feature::Webhooks => (
            Some(in_use.webhooks),
            "They are told nothing more; no new one can be set up",
        ),
        Feature::Connections => (
            Some(in_use.connections),
            "Their tools are refused; no account can be connected",
        ),
        Feature::OwnApis => (
            Some(in_use.own_apis),
            "Their tools are refused; no API can be imported",
        ),
    }
}

fn units(from: &Plan, to: &Plan) -> Option<Stop> {
    let included = to.included_units?;
    if from.included_units.is_none_or(|units| units > included) || to.hard_quota && !from.hard_quota
    {
        let effect = if to.hard_quota {
            "Calls beyond it are refused until the next month"
        } else if to.overage_micros.is_some() {
            "Calls beyond it are charged one by one"
        } else {
            "You are told when they are used up"
        };
        return Some(stop(format!("{} units a month", count(included)), effect));
    }
    None
}

fn rates(from: &Plan, to: &Plan) -> Option<Stop> {
    let most = to.rates.tenant?;
    let is_less = from.rates.tenant.is_none_or(|rate| rate > most);
    let effect = "Faster calls are refused, and told when to come again";
    is_less.then(|| stop(format!("{} calls a minute", count(most.into())), effect))
}

#[cfg(test)]
mod tests {
    use super::super::Plans;
    use super::*;

    fn plan(id: &str) -> Plan {
        Plans::built_in().get(id).expect(id).clone()
    }

    #[test]
    fn going_up_stops_nothing() {
        let (free, pro, enterprise) = (plan("free"), plan("pro"), plan("enterprise"));
        let full = InUse {
            members: 3,
            clients: 5,
            keys: 10,
            connections: 4,
            ..InUse::default()
        };
        assert_eq!(what_stops(&free, &pro, &full), []);
        assert_eq!(what_stops(&pro, &enterprise, &full), []);
        assert_eq!(what_stops(&free, &free, &full), []);
    }

    #[test]
    fn going_down_says_each_thing_that_stops_and_nothing_that_does_not() {
        let in_use = InUse {
            members: 4,
            clients: 5,
            keys: 11,
            webhooks: 2,
            ..InUse::default()
        };
        let stops = what_stops(&plan("pro"), &plan("free"), &in_use);
        let said: Vec<_> = stops.iter().map(|stop| stop.what.as_str()).collect();
        assert_eq!(
            said,
            [
                "Members: 4 now, 3 with Free",
                "API keys: 11 now, 10 with Free",
                "Custom roles: 0 now",
                "Service accounts: 0 now",
                "Export of the audit log",
                "Webhooks: 2 now",
                "Imported APIs: 0 now",
                "10,000 units a month",
                "600 calls a minute",
                "Calls one by one for 7 days",
            ]
        );
    }
}
