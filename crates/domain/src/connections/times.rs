//! When tokens are refreshed, and when it is tried again.

use connector::{OAuth2, oauth::Tokens};
use std::time::Duration;

pub(super) const FIRST_PAUSE: Duration = Duration::from_secs(2);
pub(super) const LONGEST_PAUSE: Duration = Duration::from_mins(5);

/// Two seconds, and twice as long with each failure, up to five minutes.
pub(super) fn pause(failures: i32) -> Duration {
    let doublings = failures.clamp(0, 16).unsigned_abs();
    (FIRST_PAUSE * 2_u32.pow(doublings)).min(LONGEST_PAUSE)
}

/// Up to a quarter longer, so that what failed together does not come back together.
pub(super) fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(1.0 + fastrand::f64() / 4.0)
}

/// In how many seconds tokens that live so long are refreshed: at four fifths of their life or five minutes before its
/// end, whichever is later, and some time into what is left then. What cannot be refreshed is looked at when it ends.
pub(super) fn refresh_in(lifetime: Duration, has_refresh_token: bool) -> f64 {
    if !has_refresh_token {
        return seconds(lifetime);
    }
    let ahead = lifetime.saturating_sub(Duration::from_mins(5));
    let at = lifetime.mul_f64(0.8).max(ahead);
    seconds(at + lifetime.saturating_sub(at).mul_f64(fastrand::f64() / 4.0))
}

/// How long an access token lives, if it ends.
pub(super) fn lifetime(how: &OAuth2, tokens: &Tokens) -> Option<Duration> {
    let said = tokens.expires_in.filter(|seconds| *seconds > 0);
    let seconds = said.or(how.lifetime.map(u64::from));
    // Longer than that is a provider's way of saying never, and no date.
    seconds.map(|seconds| Duration::from_secs(seconds.min(20 * 365 * 24 * 3600)))
}

/// As the database takes it.
pub(super) fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_refreshed_late_in_their_life_and_before_its_end() {
        for (lifetime, from) in [(3600, 3300.0), (600, 480.0), (60, 48.0), (86_400, 86_100.0)] {
            for _ in 0..100 {
                let at = refresh_in(Duration::from_secs(lifetime), true);
                assert!(at >= from && at < lifetime as f64, "{at} of {lifetime}");
            }
        }
        assert!((refresh_in(Duration::from_hours(1), false) - 3600.0).abs() < 0.1);
    }

    #[test]
    fn pauses_grow_to_five_minutes() {
        assert_eq!(pause(0), FIRST_PAUSE);
        assert_eq!(pause(2), FIRST_PAUSE * 4);
        assert_eq!(pause(i32::MAX), LONGEST_PAUSE);
    }
}
