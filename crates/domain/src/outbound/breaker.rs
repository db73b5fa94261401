//! Leaving alone a service that does not answer.
//!
//! Crates were looked at: `failsafe` lets every call through once it is half open, `recloser` and the breaker of
//! `tower-resilience` go by rates over windows. What is wanted is one probe at a time, and words about when to come
//! back, which is little.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// After so many failures in a row.
const FAILURES: u32 = 5;

/// For so long, and then again between one probe and the next: a service that has come back is found out within this
/// time and that of one call.
const REST: Duration = Duration::from_secs(5);

/// Counts failures in a row of reaching one service.
///
/// An answer of any status is none, not even 500: the service is there, answers in time, and it may be this one
/// operation that it cannot do. What fills places and wastes deadlines is silence.
#[derive(Debug, Default)]
pub(super) struct Breaker(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    failures: u32,
    /// While it is open.
    next_probe: Option<Instant>,
}

impl Breaker {
    /// Lets a call through, or says when to come back.
    pub(super) fn admit(&self, now: Instant) -> Result<(), Duration> {
        let mut state = self.state();
        match state.next_probe {
            Some(at) if now < at => Err(at - now),
            // A probe that is never heard of again is followed by another.
            Some(_) => {
                state.next_probe = Some(now + REST);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// The service has answered.
    pub(super) fn reached(&self) {
        *self.state() = State::default();
    }

    /// It has not. Calls that began before do not make the rest longer.
    pub(super) fn failed(&self, now: Instant) {
        let mut state = self.state();
        state.failures = state.failures.saturating_add(1);
        if state.failures >= FAILURES && state.next_probe.is_none() {
            state.next_probe = Some(now + REST);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing is done under the lock that could panic half-way.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fail(breaker: &Breaker, times: u32, now: Instant) {
        for _ in 0..times {
            breaker.failed(now);
        }
    }

    fn broken(now: Instant) -> Breaker {
        let breaker = Breaker::default();
        for _ in 0..FAILURES {
            assert_eq!(breaker.admit(now), Ok(()));
            breaker.failed(now);
        }
        breaker
    }

    #[test]
    fn five_failures_in_a_row_open_it_and_an_answer_between_them_does_not() {
        let (breaker, now) = (Breaker::default(), Instant::now());
        for _ in 0..3 {
            fail(&breaker, FAILURES - 1, now);
            breaker.reached();
        }
        assert_eq!(breaker.admit(now), Ok(()));
        assert_eq!(broken(now).admit(now), Err(REST));
    }

    #[test]
    fn one_probe_goes_through_every_five_seconds() {
        let mut now = Instant::now();
        let breaker = broken(now);
        let early = Duration::from_millis(1);
        for _ in 0..3 {
            assert_eq!(breaker.admit(now + early), Err(REST.saturating_sub(early)));
            now += REST;
            assert_eq!(breaker.admit(now), Ok(()), "a probe");
            assert_eq!(breaker.admit(now), Err(REST), "one alone");
            breaker.failed(now);
        }
    }

    #[test]
    fn a_probe_that_is_answered_closes_it_however_late() {
        let now = Instant::now();
        let breaker = broken(now);
        assert_eq!(breaker.admit(now + REST), Ok(()));
        breaker.reached();
        fail(&breaker, FAILURES - 1, now + REST * 4);
        assert_eq!(breaker.admit(now + REST * 4), Ok(()), "counted anew");
    }

    #[test]
    fn calls_that_began_before_do_not_make_the_rest_longer() {
        let now = Instant::now();
        let breaker = broken(now);
        let later = now + Duration::from_secs(4);
        fail(&breaker, 10, later);
        assert_eq!(breaker.admit(later), Err(Duration::from_secs(1)));
    }
}
