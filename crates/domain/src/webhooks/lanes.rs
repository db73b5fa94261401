//! How much of this server is on its way at once: a few deliveries of one endpoint, and less of one that fails, so that
//! what does not answer holds no more than its share of the places.

use api_types::{TenantId, WebhookId};
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::Notify;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

/// Deliveries of all tenants that began lately. What takes longer leaves its place to others.
const OF_ALL: usize = 64;
const LATELY: Duration = Duration::from_secs(1);

/// Deliveries of all tenants. One tenant's endpoints are 160 at their most.
const OF_ALL_AND_SLOW: usize = 256;

/// Deliveries of one endpoint that has answered.
pub(super) const OF_ONE: usize = 8;

/// Of one that has not: whether it is there shows with two.
const OF_ONE_UNKNOWN: usize = 2;

/// Of all that fail, and of all that have not answered yet: whatever hangs, others have the rest.
const OF_FAILING: usize = 32;
const OF_UNKNOWN: usize = 32;

/// Endpoints that are remembered to have answered.
const MOST_KNOWN: usize = 10_000;

/// Pages hear of attempts at most so often: each notification is one that the commits of all tenants wait for.
const TELL: Duration = Duration::from_millis(500);

/// Deliveries that are on their way of this server.
#[derive(Default)]
pub(crate) struct Shared {
    /// Each on its own: the round that began it goes on.
    pub(super) tasks: TaskTracker,
    lanes: Arc<Lanes>,
}

#[derive(Default)]
struct Lanes {
    state: Mutex<State>,
    /// Something has ended, or has been asked for.
    news: Notify,
}

#[derive(Default)]
struct State {
    /// And since when.
    on_their_way: HashMap<Uuid, Instant>,
    endpoints: HashMap<WebhookId, Lane>,
    /// Endpoints whose last attempt was answered, in whatever words.
    known: HashSet<WebhookId>,
    failing: usize,
    unknown: usize,
    /// Where something has come of attempts since pages were told.
    changed: HashSet<Uuid>,
    told_at: Option<Instant>,
}

#[derive(Default)]
struct Lane {
    on_their_way: usize,
    /// The way out said that asking is of no use until then.
    rests_until: Option<Instant>,
}

/// What is known of an endpoint when a delivery begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Known,
    Unknown,
    Failing,
}

/// A delivery's place, until it is dropped.
pub(super) struct Place {
    lanes: Arc<Lanes>,
    endpoint: WebhookId,
    id: Uuid,
    kind: Kind,
}

impl Shared {
    /// Whether there may be more, and endpoints of which there may be no more.
    pub(super) fn room(&self) -> (bool, Vec<Uuid>) {
        let mut state = self.lanes.state();
        let now = Instant::now();
        let is_in_use = |lane: &Lane| lane.on_their_way > 0 || lane.rests(now);
        state.endpoints.retain(|_, lane| is_in_use(lane));
        let full = state.endpoints.iter().filter(|(endpoint, lane)| {
            lane.on_their_way >= state.of_one(**endpoint) || lane.rests(now)
        });
        let full = full.map(|(endpoint, _)| endpoint.0).collect();
        (state.has_room(now), full)
    }

    /// Takes a place, unless there is none or the delivery has one.
    pub(super) fn enter(&self, endpoint: WebhookId, id: Uuid, is_failing: bool) -> Option<Place> {
        let mut state = self.lanes.state();
        let now = Instant::now();
        let (kind, most) = if is_failing {
            (Kind::Failing, OF_ONE_UNKNOWN)
        } else if state.known.contains(&endpoint) {
            (Kind::Known, OF_ONE)
        } else {
            (Kind::Unknown, OF_ONE_UNKNOWN)
        };
        let of_one = state.endpoints.get(&endpoint);
        let is_full = of_one.is_some_and(|lane| lane.on_their_way >= most)
            || (kind == Kind::Failing && state.failing >= OF_FAILING)
            || (kind == Kind::Unknown && state.unknown >= OF_UNKNOWN);
        if is_full || !state.has_room(now) || state.on_their_way.contains_key(&id) {
            return None;
        }
        state.on_their_way.insert(id, now);
        state.endpoints.entry(endpoint).or_default().on_their_way += 1;
        state.failing += usize::from(kind == Kind::Failing);
        state.unknown += usize::from(kind == Kind::Unknown);
        drop(state);
        Some(Place {
            lanes: self.lanes.clone(),
            endpoint,
            id,
            kind,
        })
    }

    /// The tenants whose pages are to be told now.
    pub(super) fn changed(&self) -> Vec<Uuid> {
        let mut state = self.lanes.state();
        let now = Instant::now();
        if state.told_at.is_some_and(|at| now < at + TELL) || state.changed.is_empty() {
            return Vec::new();
        }
        state.told_at = Some(now);
        state.changed.drain().collect()
    }

    /// Says that there may be something to do.
    pub(super) fn wake(&self) {
        self.lanes.news.notify_one();
    }

    /// Waits until there may be something to do.
    pub(super) async fn news(&self) {
        self.lanes.news.notified().await;
    }

    /// Waits until nothing is on its way.
    pub(super) async fn ended(&self) {
        while !self.lanes.state().on_their_way.is_empty() {
            self.news().await;
        }
    }
}

impl State {
    fn has_room(&self, now: Instant) -> bool {
        let lately = self.on_their_way.values();
        let lately = lately.filter(|since| now.duration_since(**since) < LATELY);
        self.on_their_way.len() < OF_ALL_AND_SLOW && lately.count() < OF_ALL
    }

    fn of_one(&self, endpoint: WebhookId) -> usize {
        if self.known.contains(&endpoint) {
            OF_ONE
        } else {
            OF_ONE_UNKNOWN
        }
    }
}

impl Place {
    /// The endpoint has answered, or it has not.
    pub(super) fn answered(&self, is_there: bool) {
        let mut state = self.lanes.state();
        if state.known.len() >= MOST_KNOWN {
            state.known.clear();
        }
        if is_there {
            state.known.insert(self.endpoint);
        } else {
            state.known.remove(&self.endpoint);
        }
    }

    /// Something has come of an attempt of this tenant's.
    pub(super) fn tell(&self, tenant: TenantId) {
        self.lanes.state().changed.insert(tenant.0);
    }

    /// Nothing more of this endpoint for a while.
    pub(super) fn rest(&self, wait: Duration) {
        let mut state = self.lanes.state();
        let lane = state.endpoints.entry(self.endpoint).or_default();
        lane.rests_until = lane.rests_until.max(Some(Instant::now() + wait));
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.lanes.state();
        state.on_their_way.remove(&self.id);
        state.failing -= usize::from(self.kind == Kind::Failing);
        state.unknown -= usize::from(self.kind == Kind::Unknown);
        if let Some(lane) = state.endpoints.get_mut(&self.endpoint) {
            lane.on_their_way -= 1;
        }
        drop(state);
        self.lanes.news.notify_one();
    }
}

impl Lane {
    fn rests(&self, now: Instant) -> bool {
        self.rests_until.is_some_and(|until| until > now)
    }
}

impl Lanes {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing is done under the lock that could panic half-way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint() -> WebhookId {
        WebhookId(Uuid::now_v7())
    }

    fn fill(shared: &Shared, endpoint: WebhookId, is_failing: bool) -> Vec<Place> {
        let enter = || shared.enter(endpoint, Uuid::now_v7(), is_failing);
        std::iter::from_fn(enter).collect()
    }

    fn known(shared: &Shared) -> WebhookId {
        let one = endpoint();
        let place = shared.enter(one, Uuid::now_v7(), false);
        place.expect("a place").answered(true);
        one
    }

    #[test]
    fn an_endpoint_has_eight_places_and_two_while_it_is_not_known_or_fails() {
        let shared = Shared::default();
        let (one, other) = (known(&shared), endpoint());
        let places = fill(&shared, one, false);
        assert_eq!(places.len(), 8);
        assert_eq!(shared.room(), (true, vec![one.0]));
        assert_eq!(fill(&shared, other, false).len(), 2);
        assert_eq!(fill(&shared, other, true).len(), 2);
        places[0].answered(false);
        drop(places);
        assert_eq!(fill(&shared, one, false).len(), 2, "it hangs");
        assert_eq!(shared.room(), (true, vec![]));
    }

    #[test]
    fn those_that_fail_or_are_not_known_leave_places_to_the_others() {
        for is_failing in [true, false] {
            let shared = Shared::default();
            let others = (known(&shared), known(&shared));
            let all = (0..100).flat_map(|_| fill(&shared, endpoint(), is_failing));
            let all: Vec<Place> = all.collect();
            assert_eq!(all.len(), 32);
            assert_eq!(fill(&shared, others.0, false).len(), 8);
            assert_eq!(fill(&shared, others.1, false).len(), 8);
        }
    }

    #[test]
    fn what_takes_long_leaves_its_place_to_others() {
        let shared = Shared::default();
        let ends: Vec<WebhookId> = (0..20).map(|_| known(&shared)).collect();
        let fill_all = || -> Vec<Place> {
            let all = ends.iter().flat_map(|one| fill(&shared, *one, false));
            all.collect()
        };
        let first = fill_all();
        assert_eq!((first.len(), shared.room().0), (64, false));
        let slow = Instant::now().checked_sub(LATELY).expect("a moment");
        let mut state = shared.lanes.state();
        state
            .on_their_way
            .values_mut()
            .for_each(|since| *since = slow);
        drop(state);
        assert!(shared.room().0);
        assert_eq!((fill_all().len(), first.len()), (64, 64));
    }

    #[test]
    fn a_delivery_has_one_place_and_a_rest_is_kept() {
        let (shared, one, id) = (Shared::default(), endpoint(), Uuid::now_v7());
        let place = shared.enter(one, id, false).expect("a place");
        assert!(shared.enter(one, id, false).is_none());
        place.rest(Duration::from_mins(1));
        drop(place);
        assert_eq!(shared.room().1, [one.0]);
    }
}
