//! Which calls are made again, and when. Asking again is for what passes by itself within moments; whoever has to wait
//! longer is told so.

use super::{Reply, Unreachable};
use std::time::{Duration, SystemTime};

/// Tries after the first.
const MOST: u32 = 2;

/// Waits that a caller is not bothered with.
const SHORT: Duration = Duration::from_secs(2);

/// The middle of the first wait, and how much longer the second is.
const FIRST: Duration = Duration::from_millis(100);
const LONGER: u32 = 3;

/// How long to wait before asking again. `None` when what there is, is the answer.
pub(super) fn after(
    answer: &Result<Reply, Unreachable>,
    may_repeat: bool,
    tries: u32,
) -> Option<Duration> {
    if tries > MOST {
        return None;
    }
    match answer {
        // The service has not heard of it.
        Err(Unreachable::Closed) => Some(jittered(tries)),
        // A kept connection that the service was about to close, say.
        Err(Unreachable::Malformed) if may_repeat => Some(jittered(tries)),
        Ok(reply) if may_repeat => of_reply(reply, tries),
        _ => None,
    }
}

fn of_reply(reply: &Reply, tries: u32) -> Option<Duration> {
    let said = retry_after(reply);
    match reply.status {
        429 | 503 if said.is_some() => said.filter(|wait| *wait <= SHORT),
        502..=504 => Some(jittered(tries)),
        _ => None,
    }
}

/// The wait that a 429 asks of everybody who has the same account.
pub(super) fn told_to_wait(reply: &Reply) -> Option<Duration> {
    (reply.status == 429).then(|| retry_after(reply)).flatten()
}

/// RFC 9110, section 10.2.3: seconds or a date.
pub(super) fn retry_after(reply: &Reply) -> Option<Duration> {
    let said = reply.header("retry-after")?.trim();
    if let Ok(seconds) = said.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(said).ok()?;
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}

/// Between half and one and a half of the wait: callers that failed together do not come back together.
fn jittered(tries: u32) -> Duration {
    let middle = FIRST * LONGER.pow(tries.saturating_sub(1));
    middle.mul_f64(0.5 + fastrand::f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, retry_after: Option<&str>) -> Reply {
        let headers = retry_after.map(|after| ("retry-after".to_owned(), after.to_owned()));
        Reply {
            status,
            headers: headers.into_iter().collect(),
            body: Vec::new(),
            tries: 1,
        }
    }

    #[test]
    fn what_may_have_happened_is_not_asked_for_again() {
        for answer in [
            Err(Unreachable::Malformed),
            Err(Unreachable::TooSlow),
            Err(Unreachable::Silent),
            Ok(reply(429, Some("1"))),
            Ok(reply(502, None)),
            Ok(reply(503, None)),
            Ok(reply(504, None)),
        ] {
            assert_eq!(after(&answer, false, 1), None, "{answer:?}");
        }
        assert!(after(&Err(Unreachable::Closed), false, 1).is_some());
    }

    #[test]
    fn only_what_passes_by_itself_is_asked_for_again() {
        for answer in [
            Ok(reply(200, None)),
            Ok(reply(400, None)),
            Ok(reply(401, None)),
            Ok(reply(404, None)),
            Ok(reply(429, None)),
            Ok(reply(429, Some("3"))),
            Ok(reply(500, None)),
            Ok(reply(503, Some("60"))),
            Err(Unreachable::Blocked),
            Err(Unreachable::TooLong { most: 1 }),
            Err(Unreachable::TooSlow),
        ] {
            assert_eq!(after(&answer, true, 1), None, "{answer:?}");
        }
        let two = Duration::from_secs(2);
        assert_eq!(after(&Ok(reply(429, Some("2"))), true, 1), Some(two));
        assert_eq!(after(&Ok(reply(503, Some("2"))), true, 2), Some(two));
        assert_eq!(after(&Ok(reply(503, None)), true, 3), None, "enough");
    }

    #[test]
    fn waits_grow_and_differ() {
        for _ in 0..100 {
            let millis = |tries| after(&Ok(reply(502, None)), true, tries).map(|d| d.as_millis());
            assert!((50..=150).contains(&millis(1).expect("a wait")));
            assert!((150..=450).contains(&millis(2).expect("a wait")));
        }
    }

    #[test]
    fn a_wait_is_said_in_seconds_or_as_a_date() {
        let told = |said: &str| told_to_wait(&reply(429, Some(said)));
        assert_eq!(told("7"), Some(Duration::from_secs(7)));
        assert_eq!(told("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::ZERO));
        let soon = httpdate::fmt_http_date(SystemTime::now() + Duration::from_mins(1));
        assert!(told(&soon).expect("a wait") > Duration::from_secs(57));
        for none in ["soon", "-1", "1.5", ""] {
            assert_eq!(told(none), None, "{none}");
        }
    }
}
