//! When something was last heard, for pages that open their stream after it was told: one moment a tenant and kind, on
//! this server, since it listens. Not what changed, and not how often.

use super::What;
use api_types::TenantId;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};
use time::{Duration, OffsetDateTime};

/// How far the clocks of servers, and of their database, may be apart: so much longer ago counts as since.
pub const OVERLAP: Duration = Duration::seconds(5);

/// Moments in memory, about 2 MB of them. One more, and all are forgotten: pages that open then load once too often.
const MOST: usize = 30_000;

/// What is remembered of the notifications.
#[derive(Default)]
pub(super) struct Memory(Mutex<Heard>);

#[derive(Default)]
struct Heard {
    /// From when on nothing was missed or forgotten; none while nobody listens.
    since: Option<OffsetDateTime>,
    last: HashMap<(TenantId, What), OffsetDateTime>,
}

impl Heard {
    fn since(now: OffsetDateTime) -> Self {
        Self {
            since: Some(now),
            last: HashMap::new(),
        }
    }
}

impl Memory {
    /// From now on everything is heard.
    pub(super) fn begin(&self, now: OffsetDateTime) {
        *self.heard() = Heard::since(now);
    }

    /// From now on nothing is heard.
    pub(super) fn forget_all(&self) {
        *self.heard() = Heard::default();
    }

    /// Remembers what was heard, before anybody is told.
    pub(super) fn note(&self, change: (TenantId, What), now: OffsetDateTime) {
        let mut heard = self.heard();
        if heard.last.len() >= MOST && !heard.last.contains_key(&change) {
            *heard = Heard::since(now);
        }
        heard.last.insert(change, now);
    }

    /// Whether this was heard at that moment or later, or may have been: of what is longer ago than the memory, nobody knows.
    pub(super) fn may_have_changed(&self, change: (TenantId, What), since: OffsetDateTime) -> bool {
        let heard = self.heard();
        let Some(begun) = heard.since else {
            return true;
        };
        let last = heard.last.get(&change).copied().unwrap_or(begun);
        last + OVERLAP >= since
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;
    const ADA: TenantId = TenantId(Uuid::from_u128(1));
    const BOB: TenantId = TenantId(Uuid::from_u128(2));

    fn at(seconds: i64) -> OffsetDateTime {
        NOW + Duration::seconds(seconds)
    }

    fn listening() -> Memory {
        let memory = Memory::default();
        memory.begin(NOW);
        memory
    }

    #[test]
    fn what_was_heard_since_is_known_by_tenant_and_kind() {
        let memory = listening();
        let usage = (ADA, What::Usage);
        assert!(!memory.may_have_changed(usage, at(60)));
        memory.note(usage, at(100));
        assert!(memory.may_have_changed(usage, at(60)));
        assert!(
            memory.may_have_changed(usage, at(105)),
            "another clock may be ahead"
        );
        assert!(!memory.may_have_changed(usage, at(106)));
        assert!(!memory.may_have_changed((BOB, What::Usage), at(60)));
        assert!(!memory.may_have_changed((ADA, What::Billing), at(60)));
    }

    #[test]
    fn what_cannot_be_known_may_have_changed() {
        let memory = Memory::default();
        let usage = (ADA, What::Usage);
        assert!(memory.may_have_changed(usage, at(1_000)), "not listening");
        memory.begin(at(100));
        assert!(memory.may_have_changed(usage, at(105)), "begun too late");
        assert!(!memory.may_have_changed(usage, at(106)));
        memory.forget_all();
        assert!(memory.may_have_changed(usage, at(1_000)), "deaf");
    }

    #[test]
    fn memory_is_bounded_and_knows_that_it_forgot() {
        let memory = listening();
        let tenants = 1..=MOST as u128 + 1;
        for tenant in tenants {
            memory.note((TenantId(Uuid::from_u128(tenant)), What::Usage), at(100));
            assert!(memory.heard().last.len() <= MOST);
        }
        assert_eq!(memory.heard().last.len(), 1);
        let silent = (ADA, What::Billing);
        assert!(memory.may_have_changed(silent, at(60)), "forgotten");
        assert!(!memory.may_have_changed(silent, at(106)));
    }

    #[test]
    fn hearing_the_same_again_takes_no_room() {
        let memory = listening();
        for tenant in 1..=MOST as u128 {
            memory.note((TenantId(Uuid::from_u128(tenant)), What::Usage), at(100));
        }
        memory.note((ADA, What::Usage), at(200));
        assert_eq!(memory.heard().last.len(), MOST);
        assert!(memory.may_have_changed((ADA, What::Usage), at(200)));
        assert!(!memory.may_have_changed((BOB, What::Usage), at(200)));
    }
}
