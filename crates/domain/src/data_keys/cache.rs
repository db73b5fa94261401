//! Data keys unwrapped in memory, so that a cell costs neither a look-up nor a key management service.
//!
//! A key is used for less than a second after it was last seen in the database, whatever happens, and
//! is dropped at once when the database tells that it was retired or erased. Unwrapping is remembered
//! for longer; what is dropped is overwritten in memory.

use super::Owner;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use vault::envelope::{DataKey, DataKeyId};

/// Under a second, with room for the look-up itself.
const FRESH: Duration = Duration::from_millis(700);

/// How long a key stays unwrapped that nobody asks for.
const IDLE: Duration = Duration::from_mins(10);

/// More than this many tenants at once cost look-ups, not memory.
const MOST: usize = 4096;

/// The shared state.
#[derive(Default)]
pub(crate) struct Cache(Mutex<Held>);

#[derive(Default)]
struct Held {
    keys: HashMap<(Owner, DataKeyId), Entry>,
    in_use: HashMap<Owner, DataKeyId>,
    /// Grows whenever something is forgotten.
    forgotten: u64,
}

struct Entry {
    key: Arc<DataKey>,
    seen: Instant,
    used: Instant,
}

/// The moment before the database was asked: what was forgotten since then is not kept.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    at: Instant,
    forgotten: u64,
}

impl Cache {
    /// To be called before asking the database, for [`keep`](Self::keep).
    pub(super) fn ask(&self) -> Asked {
        Asked {
            at: Instant::now(),
            forgotten: self.held().forgotten,
        }
    }

    /// The key that an owner's cells are sealed with, where that was seen lately.
    pub(super) fn in_use(&self, owner: Owner) -> Option<Arc<DataKey>> {
        let mut held = self.held();
        let id = *held.in_use.get(&owner)?;
        held.fresh(owner, id)
    }

    /// A key that was seen in the database lately.
    pub(super) fn fresh(&self, owner: Owner, id: DataKeyId) -> Option<Arc<DataKey>> {
        self.held().fresh(owner, id)
    }

    /// A key that was unwrapped before; whoever asks has just seen it in the database.
    pub(super) fn known(&self, owner: Owner, id: DataKeyId) -> Option<Arc<DataKey>> {
        let held = self.held();
        held.keys.get(&(owner, id)).map(|entry| entry.key.clone())
    }

    /// Keeps a key that the database showed.
    pub(super) fn keep(&self, asked: Asked, owner: Owner, key: &Arc<DataKey>) {
        self.held().keep(asked, owner, key);
    }

    /// Keeps a key that the database showed as the one in use.
    pub(super) fn keep_in_use(&self, asked: Asked, owner: Owner, key: &Arc<DataKey>) {
        let mut held = self.held();
        if held.keep(asked, owner, key) {
            held.in_use.insert(owner, key.id());
        }
    }

    /// Forgets a key that is not in the database.
    pub(super) fn forget_key(&self, owner: Owner, id: DataKeyId) {
        let mut held = self.held();
        held.forgotten += 1;
        held.keys.remove(&(owner, id));
    }

    /// Forgets the keys of an owner, by the word of a notification.
    pub(crate) fn forget(&self, owner: &str) {
        let owner = match owner.parse() {
            Ok(tenant) => Owner::Tenant(tenant),
            Err(_) => Owner::Instance,
        };
        let mut held = self.held();
        held.forgotten += 1;
        held.in_use.remove(&owner);
        held.keys.retain(|(whose, _), _| *whose != owner);
    }

    /// Forgets every key.
    pub(crate) fn forget_all(&self) {
        let mut held = self.held();
        held.forgotten += 1;
        held.in_use.clear();
        held.keys.clear();
    }

    /// Forgets what nobody has asked for lately.
    pub(super) fn sweep(&self) {
        let mut held = self.held();
        held.keys.retain(|_, entry| entry.used.elapsed() < IDLE);
        let Held { keys, in_use, .. } = &mut *held;
        in_use.retain(|owner, id| keys.contains_key(&(*owner, *id)));
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn fresh(&mut self, owner: Owner, id: DataKeyId) -> Option<Arc<DataKey>> {
        let entry = self.keys.get_mut(&(owner, id))?;
        entry.used = Instant::now();
        (entry.seen.elapsed() < FRESH).then(|| entry.key.clone())
    }

    /// False where something was forgotten in between: it may have been this.
    fn keep(&mut self, asked: Asked, owner: Owner, key: &Arc<DataKey>) -> bool {
        if self.forgotten != asked.forgotten {
            return false;
        }
        if self.keys.len() >= MOST && !self.keys.contains_key(&(owner, key.id())) {
            self.drop_oldest();
        }
        let entry = Entry {
            key: key.clone(),
            seen: asked.at,
            used: asked.at,
        };
        self.keys.insert((owner, key.id()), entry);
        true
    }

    fn drop_oldest(&mut self) {
        let oldest = self.keys.iter().min_by_key(|(_, entry)| entry.used);
        if let Some(place) = oldest.map(|(place, _)| *place) {
            self.keys.remove(&place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(nth: u64) -> Arc<DataKey> {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&nth.to_be_bytes());
        Arc::new(DataKey::generate(id))
    }

    #[test]
    fn what_was_forgotten_while_the_database_was_asked_is_not_kept() {
        let (cache, key) = (Cache::default(), key(1));
        let asked = cache.ask();
        cache.forget("instance");
        cache.keep_in_use(asked, Owner::Instance, &key);
        assert!(cache.in_use(Owner::Instance).is_none());
        cache.keep_in_use(cache.ask(), Owner::Instance, &key);
        assert!(cache.in_use(Owner::Instance).is_some());
    }

    #[test]
    fn a_key_is_dropped_when_it_is_forgotten() {
        let (cache, key) = (Cache::default(), key(1));
        let tenant = TENANT.parse().map(Owner::Tenant).expect("an id");
        cache.keep_in_use(cache.ask(), tenant, &key);
        cache.forget("instance");
        assert!(cache.known(tenant, key.id()).is_some());
        cache.forget(TENANT);
        assert!(cache.known(tenant, key.id()).is_none());
        assert_eq!(Arc::strong_count(&key), 1, "somebody still holds it");
    }

    const TENANT: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

    #[test]
    fn the_number_of_keys_in_memory_is_bounded() {
        let cache = Cache::default();
        for nth in 0..MOST as u64 + 10 {
            cache.keep(cache.ask(), Owner::Instance, &key(nth));
        }
        assert_eq!(cache.held().keys.len(), MOST);
    }
}
