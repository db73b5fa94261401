//! Agents that make the same call again and again. The same tool with the same arguments by the same credential is
//! counted; the answer warns first, and then the call is refused for a while.
//!
//! What is counted is a fingerprint with a random key of this process, so that nobody can aim at another's. A tenant has
//! so many places and no more: a new call takes the place of the older of two.

use api_types::CredentialId;
use std::{
    hash::{BuildHasher as _, RandomState},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Calls are counted for so long, then anew.
pub const WINDOW: Duration = Duration::from_mins(1);

/// From so many same calls in a window on the answers warn.
pub const WARN_AT: u32 = 20;

/// From so many on they are refused.
pub const STOP_AT: u32 = 60;

/// For so long.
pub const STOPPED_FOR: Duration = Duration::from_mins(1);

/// Places of a tenant, two to choose from for each call: some 20 KiB.
const PLACES: usize = 512;

/// What to do with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is new, or not made often.
    Fine,
    /// It was made often.
    Warn(Repeated),
    /// It was made too often; come again in so many seconds.
    Stop(Repeated, u64),
}

/// A call that is made again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeated {
    /// How often it was made in its window, this time too, and refused ones too.
    pub times: u32,
    /// Made more often than that, it is refused. None: it is never refused for that.
    pub stops_at: Option<u32>,
}

#[derive(Clone, Copy)]
struct Place {
    print: u64,
    count: u32,
    since: Instant,
    stopped: bool,
}

/// The calls of a tenant.
pub(crate) struct Seen {
    keys: RandomState,
    places: Mutex<Box<[Option<Place>]>>,
}

impl Seen {
    pub(super) fn new() -> Self {
        Self {
            keys: RandomState::new(),
            places: Mutex::new(vec![None; PLACES].into_boxed_slice()),
        }
    }

    /// Counts a call. `stops`: whether calls are refused that are made too often.
    pub(super) fn count(
        &self,
        (credential, tool, arguments): (CredentialId, &str, &str),
        now: Instant,
        stops: bool,
    ) -> Verdict {
        let print = self.keys.hash_one((credential, tool, arguments));
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let place = place(&mut places, print, now);
        place.count = place.count.saturating_add(1);
        let repeated = Repeated {
            times: place.count,
            stops_at: stops.then_some(STOP_AT),
        };
        if place.stopped && stops {
            let left = STOPPED_FOR.saturating_sub(now - place.since);
            return Verdict::Stop(repeated, left.as_secs().max(1));
        }
        if place.count > STOP_AT && stops {
            place.stopped = true;
            place.since = now;
            return Verdict::Stop(repeated, STOPPED_FOR.as_secs());
        }
        if place.count >= WARN_AT {
            return Verdict::Warn(repeated);
        }
        Verdict::Fine
    }
}

/// Where a call is counted: its own place, else the older of its two.
fn place(places: &mut [Option<Place>], print: u64, now: Instant) -> &mut Place {
    let first = (print as usize % (PLACES / 2)) * 2;
    let two = &mut places[first..first + 2];
    let is_own = |place: &Option<Place>| place.is_some_and(|place| place.print == print);
    let began = |place: &Option<Place>| place.map(|place| place.since);
    let is_second = is_own(&two[1]) || began(&two[1]) < began(&two[0]);
    let at = usize::from(is_second && !is_own(&two[0]));
    let fresh = Place {
        print,
        count: 0,
        since: now,
        stopped: false,
    };
    let place = two[at].get_or_insert(fresh);
    let lasts = if place.stopped { STOPPED_FOR } else { WINDOW };
    if place.print != print || now.saturating_duration_since(place.since) >= lasts {
        *place = fresh;
    }
    place
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn credential() -> CredentialId {
        CredentialId(Uuid::from_u128(7))
    }

    /// So many times, where calls are refused at last.
    fn made(times: u32) -> Repeated {
        Repeated {
            times,
            stops_at: Some(STOP_AT),
        }
    }

    #[test]
    fn the_same_call_again_and_again_is_warned_of_then_stopped_for_a_while() {
        let (seen, now) = (Seen::new(), Instant::now());
        let call = (credential(), "tasks_list", "{}");
        let verdicts: Vec<_> = (0..62).map(|_| seen.count(call, now, true)).collect();
        assert!(
            verdicts[..19]
                .iter()
                .all(|verdict| *verdict == Verdict::Fine)
        );
        assert_eq!(verdicts[19], Verdict::Warn(made(20)));
        assert_eq!(verdicts[59], Verdict::Warn(made(60)));
        assert_eq!(verdicts[60], Verdict::Stop(made(61), 60));
        assert_eq!(verdicts[61], Verdict::Stop(made(62), 60));
        let later = now + Duration::from_secs(59);
        assert_eq!(seen.count(call, later, true), Verdict::Stop(made(63), 1));
        let free = now + STOPPED_FOR;
        assert_eq!(seen.count(call, free, true), Verdict::Fine);
    }

    #[test]
    fn other_arguments_another_tool_or_another_credential_are_another_call() {
        let (seen, now) = (Seen::new(), Instant::now());
        for nth in 0..50 {
            let arguments = format!("{{\"page\":{nth}}}");
            let other = CredentialId(Uuid::from_u128(nth));
            for call in [
                (credential(), "tasks_list", arguments.as_str()),
                (credential(), arguments.as_str(), "{}"),
                (other, "tasks_get", "{}"),
            ] {
                assert_eq!(seen.count(call, now, true), Verdict::Fine);
            }
        }
    }

    #[test]
    fn whoever_is_only_warned_is_never_stopped_and_a_slow_poll_is_no_loop() {
        let (seen, now) = (Seen::new(), Instant::now());
        let call = (credential(), "tasks_list", "{}");
        let last = (0..500).map(|_| seen.count(call, now, false)).last();
        let repeated = Repeated {
            times: 500,
            stops_at: None,
        };
        assert_eq!(last, Some(Verdict::Warn(repeated)));
        let poll = (credential(), "tasks_get", "{}");
        let polled = (0..200).map(|nth| seen.count(poll, now + Duration::from_secs(4 * nth), true));
        assert!(polled.into_iter().all(|verdict| verdict == Verdict::Fine));
    }

    #[test]
    fn a_flood_of_different_calls_takes_no_more_room() {
        let (seen, now) = (Seen::new(), Instant::now());
        for nth in 0..10_000 {
            let arguments = nth.to_string();
            seen.count((credential(), "tasks_list", &arguments), now, true);
        }
        let places = seen.places.lock().expect("no panic before");
        assert_eq!(places.len(), PLACES);
    }
}
