//! When a delivery that failed is tried again: within seconds what passes by itself, over three days what somebody has
//! to mend.

use std::time::Duration;

/// The pauses after the first failure, the second and so on. After one more it is given up.
const PAUSES: [Duration; 9] = [
    Duration::from_secs(5),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(5),
    Duration::from_hours(10),
    Duration::from_hours(14),
    Duration::from_hours(20),
    Duration::from_hours(24),
];

/// Attempts of which nothing more follows.
pub(super) const MOST_TRIES: i32 = PAUSES.len() as i32 + 1;

/// An endpoint may ask for more patience than we have, but not for as much as it likes.
const MOST_PATIENT: Duration = Duration::from_hours(24);

/// How long to wait after so many failures; none when it is given up. `wanted`: what the endpoint asked for.
pub(super) fn pause(failures: i32, wanted: Option<Duration>) -> Option<Duration> {
    let nth = usize::try_from(failures - 1).unwrap_or_default();
    let pause = jittered(*PAUSES.get(nth)?);
    Some(pause.max(wanted.unwrap_or_default().min(MOST_PATIENT)))
}

/// A tenth more or less: what failed together does not come back together.
pub(super) fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(0.9 + 0.2 * fastrand::f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_over_three_days_and_end() {
        let mut all = Duration::ZERO;
        for failures in 1..MOST_TRIES {
            let plain = PAUSES[failures as usize - 1];
            let pause = pause(failures, None).expect("a pause");
            let (least, most) = (plain.mul_f64(0.89), plain.mul_f64(1.11));
            assert!((least..=most).contains(&pause), "{failures}: {pause:?}");
            all += plain;
        }
        assert_eq!(all.as_secs() / 3600, 75);
        assert_eq!(pause(MOST_TRIES, None), None);
        assert_eq!(pause(MOST_TRIES, Some(Duration::from_secs(1))), None);
    }

    #[test]
    fn an_endpoints_own_wish_is_a_minimum_up_to_a_day() {
        let wish = |seconds| pause(1, Some(Duration::from_secs(seconds))).expect("a pause");
        assert!(wish(1) > Duration::from_secs(4));
        assert_eq!(wish(600), Duration::from_mins(10));
        assert_eq!(wish(1_000_000), MOST_PATIENT);
    }
}
