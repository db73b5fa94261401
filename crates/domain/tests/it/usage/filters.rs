//! Every filter, alone and with others, against the calls themselves.

use super::{change, record, roll_up};
use api_types::{
    ConnectionId,
    usage::{Outcome, Range, UsageFilter},
};
use domain::usage::{self, Event};
use std::borrow::Cow;
use test_support::World;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

const TOOLS: [(&str, &str); 4] = [
    ("tasks", "list"),
    ("tasks", "get"),
    ("account", "whoami"),
    ("github", "issues"),
];

fn fits(filter: &UsageFilter, call: &Event) -> bool {
    let is = |wanted: &Option<String>, word: &Cow<'static, str>| {
        wanted.as_deref().is_none_or(|wanted| wanted == word)
    };
    is(&filter.tool, &call.tool)
        && is(&filter.toolkit, &call.toolkit)
        && filter.client.is_none_or(|id| id == call.client)
        && filter.credential.is_none_or(|id| id == call.credential)
        && filter.member.is_none_or(|id| Some(id) == call.member)
        && filter
            .connection
            .is_none_or(|id| Some(id) == call.connection)
        && filter.outcome.is_none_or(|outcome| outcome == call.outcome)
}

#[tokio::test]
async fn each_filter_leaves_its_own_calls_in_every_range() {
    let world = World::new().await;
    let (ada, bob) = (world.owner("ada").await, world.owner("bob").await);
    let mut keys = Vec::new();
    for name in ["ci", "agent"] {
        let client = ada.client(name).await;
        keys.extend([ada.key(&client).await, ada.key(&client).await]);
    }
    let bobs = bob.key(&bob.client("bob's").await).await;
    let connections = [None, Some(ConnectionId(Uuid::now_v7()))];
    let now = OffsetDateTime::now_utc();
    let calls: Vec<Event> = (0..240_i64)
        .map(|nth| {
            let place = nth as usize;
            let (toolkit, tool) = TOOLS[place % 4];
            let outcome = [Outcome::Ok, Outcome::Ok, Outcome::ToolError][place % 3];
            Event {
                id: usage::id_at(now - Duration::minutes(nth * nth)),
                toolkit: toolkit.into(),
                tool: tool.into(),
                member: [Some(ada.user), Some(bob.user), None][place / 2 % 3],
                connection: connections[place / 3 % 2],
                units: nth % 5,
                duration_us: 1000 * (nth + 1),
                ..ada.call(&keys[place / 5 % 4], "x", outcome)
            }
        })
        .collect();
    // Half of the time is final when it arrives, the other half becomes so from minutes.
    change(
        &world,
        "update usage_rollup_state set seen_until = now() - interval '20 days',
            (hours_until, days_until, months_until) = (select t, t, t from date_trunc('day', now() - interval '20 days') t)",
    )
    .await;
    record(&world, calls.clone()).await;
    record(&world, [bob.call(&bobs, "list", Outcome::Ok)]).await;
    roll_up(&world).await;
    let none = UsageFilter::default();
    let tool = |tool: &str| Some(tool.to_owned());
    let filters = [
        none.clone(),
        UsageFilter {
            tool: tool("get"),
            ..none.clone()
        },
        UsageFilter {
            toolkit: tool("tasks"),
            ..none.clone()
        },
        UsageFilter {
            client: Some(keys[0].key.client),
            ..none.clone()
        },
        UsageFilter {
            credential: Some(keys[1].key.id.into()),
            ..none.clone()
        },
        UsageFilter {
            member: Some(bob.user),
            ..none.clone()
        },
        UsageFilter {
            connection: connections[1],
            ..none.clone()
        },
        UsageFilter {
            outcome: Some(Outcome::ToolError),
            ..none.clone()
        },
        UsageFilter {
            outcome: Some(Outcome::Ok),
            tool: tool("list"),
            ..none.clone()
        },
        UsageFilter {
            toolkit: tool("tasks"),
            tool: tool("list"),
            ..none.clone()
        },
        UsageFilter {
            client: Some(keys[2].key.client),
            member: Some(ada.user),
            connection: connections[1],
            outcome: Some(Outcome::Ok),
            ..none.clone()
        },
        UsageFilter {
            tool: tool("nowhere"),
            ..none.clone()
        },
    ];
    for range in Range::ALL {
        for filter in &filters {
            let filter = UsageFilter {
                range,
                ..filter.clone()
            };
            check(&world, &ada.actor, &filter, &calls).await;
        }
    }
}

async fn check(world: &World, actor: &domain::Actor, filter: &UsageFilter, calls: &[Event]) {
    let report = usage::report(&world.services, actor, filter).await;
    let report = report.expect("a report");
    let (length, _) = filter.range.seconds();
    let (from, length) = (report.bars[0].start, Duration::seconds(length));
    let fitting = |since: OffsetDateTime, until: OffsetDateTime| {
        let within = calls
            .iter()
            .filter(move |call| call.at() >= since && call.at() < until);
        within.filter(|call| fits(filter, call)).collect::<Vec<_>>()
    };
    let expected = fitting(from, from + length);
    let said = (report.total.calls, report.total.units);
    let units = expected.iter().map(|call| call.units).sum::<i64>();
    assert_eq!(said, (expected.len() as i64, units), "{filter:?}");
    let before = fitting(from - length, from);
    assert_eq!(
        report.before.calls,
        before.len() as i64,
        "before: {filter:?}"
    );
    let bars: i64 = report.bars.iter().map(|bar| bar.ok + bar.errors).sum();
    let layers: i64 = report.layers.iter().flat_map(|layer| &layer.calls).sum();
    assert_eq!((bars, layers), (said.0, said.0), "{filter:?}");
    let connected = expected
        .iter()
        .filter(|call| call.connection.is_some())
        .count();
    let owned = expected.iter().filter(|call| call.member.is_some()).count();
    let whole = expected.len();
    let groups = [
        (&report.by_tool, whole),
        (&report.by_toolkit, whole),
        (&report.by_client, whole),
        (&report.by_credential, whole),
        (&report.by_member, owned),
        (&report.by_connection, connected),
    ];
    for (nth, (groups, calls)) in groups.into_iter().enumerate() {
        let sum: i64 = groups.iter().map(|group| group.totals.calls).sum();
        assert_eq!(sum, calls as i64, "table {nth}: {filter:?}");
    }
    assert_eq!(report.recent.len(), whole.min(50), "{filter:?}");
    if let Some(hours) = &report.hours_of_week {
        assert_eq!(hours.iter().sum::<i64>(), said.0, "{filter:?}");
    }
}
