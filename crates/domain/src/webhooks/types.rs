//! The events that there are, and the filters of endpoints.

use api_types::{
    Refusal,
    audit::{Act, ObjectKind},
    webhooks::EventType,
};

/// Everything.
const ALL: &str = "*";

/// What a test is called. It goes to one endpoint, whatever its filters are.
pub(super) const TEST: &str = "webhook.test";

/// Families in the order in which people look for them.
const FAMILIES: [ObjectKind; 11] = [
    ObjectKind::Connection,
    ObjectKind::ApiKey,
    ObjectKind::Client,
    ObjectKind::Grant,
    ObjectKind::Member,
    ObjectKind::Invitation,
    ObjectKind::Role,
    ObjectKind::Toolkit,
    ObjectKind::Provider,
    ObjectKind::Api,
    ObjectKind::Tenant,
];

/// Every event that an endpoint can be told, family by family.
pub fn types() -> Vec<EventType> {
    let place = |act: Act| FAMILIES.iter().position(|family| *family == act.object());
    let mut acts: Vec<Act> = Act::ALL
        .iter()
        .copied()
        .filter(|act| is_told(*act))
        .collect();
    // What is in none of them comes last.
    acts.sort_by_key(|act| place(*act).unwrap_or(FAMILIES.len()));
    let event = |act: Act| EventType {
        name: act.as_str().into(),
        about: act.label().into(),
    };
    acts.into_iter().map(event).collect()
}

/// Whether an act is told. What people do to their own accounts is their own affair, and stands in the log of each of
/// their tenants; that old rows of the log were removed is no news.
pub(super) fn is_told(act: Act) -> bool {
    act.object() != ObjectKind::Person && act != Act::TenantLogTrimmed
}

/// The filters that let an event through.
pub(super) fn filters_for(event: &str) -> [String; 3] {
    let family = event.split('.').next().unwrap_or_default();
    [ALL.into(), format!("{family}.*"), event.into()]
}

/// Filters as somebody chose them: known ones, each once.
pub(super) fn checked(chosen: Vec<String>) -> Result<Vec<String>, Refusal> {
    let mut filters: Vec<String> = Vec::new();
    let known = types();
    for filter in chosen.iter().map(|filter| filter.trim()) {
        let is_known = filter == ALL
            || known.iter().any(|event| {
                let [_, family, name] = filters_for(&event.name);
                filter == family || filter == name
            });
        if !is_known {
            let message = format!("there is no event \"{}\"", filter.escape_debug());
            return Err(Refusal::invalid("events", message));
        }
        if !filters.iter().any(|other| other == filter) {
            filters.push(filter.into());
        }
    }
    if filters.is_empty() {
        return Err(Refusal::invalid("events", "choose at least one event"));
    }
    if filters.iter().any(|filter| filter == ALL) {
        filters = vec![ALL.into()];
    }
    Ok(filters)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(filters: &[&str]) -> Result<Vec<String>, Refusal> {
        checked(filters.iter().map(|filter| (*filter).into()).collect())
    }

    #[test]
    fn every_act_but_those_of_people_can_be_told() {
        let names: Vec<String> = types().into_iter().map(|event| event.name).collect();
        assert_eq!(names[0], "connection.made");
        for act in Act::ALL {
            let is_listed = names.iter().any(|name| name == act.as_str());
            assert_eq!(is_listed, is_told(*act), "{}", act.as_str());
        }
        assert!(!is_told(Act::PasswordChanged) && !is_told(Act::TenantLogTrimmed));
        assert!(is_told(Act::ConnectionLost) && is_told(Act::WebhookDisabled));
    }

    #[test]
    fn a_filter_is_a_type_a_family_or_everything() {
        for good in [
            &["connection.lost"][..],
            &["connection.*", "api_key.revoked"],
        ] {
            assert_eq!(choose(good).expect("filters"), good);
        }
        assert_eq!(choose(&[" api.* ", "api.*"]).expect("filters"), ["api.*"]);
        assert_eq!(choose(&["api.*", "*"]).expect("filters"), ["*"]);
        for bad in [
            "",
            "connection",
            "connection.",
            "person.*",
            "*.lost",
            "**",
            "webhook.test",
        ] {
            assert!(choose(&[bad]).is_err(), "{bad}");
        }
        assert!(choose(&[]).is_err());
    }

    #[test]
    fn an_event_is_let_through_by_its_own_filters() {
        assert_eq!(
            filters_for("connection.lost"),
            ["*", "connection.*", "connection.lost"]
        );
    }
}
