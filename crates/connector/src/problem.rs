//! What an answer says beside its content: that and why it is a refusal, how much may still be asked, and when.

use crate::{Api, ResetIs, path};
use serde_json::Value;
use std::time::{Duration, UNIX_EPOCH};

/// Nobody waits longer than that.
const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// How much may still be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// How many more requests.
    pub remaining: Option<u64>,
    /// Until there are more again.
    pub reset_in: Option<Duration>,
}

/// The status of an answer, also where a 200 says inside that it is a refusal (`ok_at`): by `false`, or by a number
/// that is not 0, which is a status where it is one.
pub fn status(api: &Api, status: u16, body: &[u8]) -> u16 {
    let Some(at) = api.ok_at.as_ref().filter(|_| status < 400) else {
        return status;
    };
    let json = serde_json::from_slice::<Value>(body).unwrap_or_default();
    match path::read(&json, at) {
        Some(Value::Bool(false)) => 400,
        Some(Value::Number(said)) if said.as_i64() != Some(0) => {
            let said = said.as_i64().and_then(|said| u16::try_from(said).ok());
            said.filter(|said| (400..600).contains(said)).unwrap_or(400)
        }
        _ => status,
    }
}

/// Whether an answer is a refusal.
pub fn is_refusal(api: &Api, said: u16, body: &[u8]) -> bool {
    status(api, said, body) >= 400
}

/// Why it was refused: the provider's own words, at most 300 characters, or else what the status is called.
pub fn problem(api: &Api, status: u16, body: &[u8]) -> String {
    let json = serde_json::from_slice::<Value>(body).unwrap_or_default();
    let said = api.error_at.iter().find_map(|at| {
        let words = plain(path::read(&json, at)?.as_str()?, 300);
        (!words.is_empty()).then_some(words)
    });
    said.unwrap_or_else(|| name(status).map_or_else(|| format!("status {status}"), str::to_owned))
}

/// Somebody else's text as one short line, without what would change how it reads.
pub(crate) fn plain(text: &str, longest: usize) -> String {
    let is_odd = |c: &char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    let line: String = text
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| !c.is_control() && !is_odd(c))
        .take(longest)
        .collect();
    line.trim().into()
}

/// The name of a status (RFC 9110, section 15, and RFC 6585).
fn name(status: u16) -> Option<&'static str> {
    Some(match status {
        400 => "bad request",
        401 => "unauthorized",
        402 => "payment required",
        403 => "forbidden",
        404 => "not found",
        405 => "method not allowed",
        406 => "not acceptable",
        408 => "request timeout",
        409 => "conflict",
        410 => "gone",
        412 => "precondition failed",
        413 => "content too large",
        415 => "unsupported media type",
        422 => "unprocessable content",
        423 => "locked",
        429 => "too many requests",
        500 => "internal server error",
        501 => "not implemented",
        502 => "bad gateway",
        503 => "service unavailable",
        504 => "gateway timeout",
        _ => return None,
    })
}

/// How much may still be asked, if the answer says so in the API's headers. `now` in seconds since 1970.
pub fn rate_limit(api: &Api, headers: &[(String, String)], now: u64) -> Option<Limit> {
    let names = api.rate_limit.as_ref()?;
    let number = |name: &str| number(header(headers, name)?);
    let reset_in = names.reset.as_deref().and_then(number).map(|reset| {
        let seconds = match names.reset_is {
            ResetIs::Epoch => reset - now as f64,
            ResetIs::EpochMillis => reset / 1000.0 - now as f64,
            ResetIs::Seconds => reset,
        };
        // A month is the longest window that anybody has.
        Duration::from_secs(seconds.clamp(0.0, 31.0 * 86_400.0).ceil() as u64)
    });
    let limit = Limit {
        remaining: number(&names.remaining).map(|left| left as u64),
        reset_in,
    };
    (limit.remaining.is_some() || limit.reset_in.is_some()).then_some(limit)
}

/// When to try again (`Retry-After`, RFC 9110, section 10.2.3), at most an hour from now. `now` in seconds since 1970.
pub fn retry_after(headers: &[(String, String)], now: u64) -> Option<Duration> {
    let value = header(headers, "retry-after")?;
    let wait = if let Some(seconds) = number(value) {
        Duration::from_secs(seconds.min(86_400.0).ceil() as u64)
    } else {
        let then = httpdate::parse_http_date(value).ok()?;
        let then = then.duration_since(UNIX_EPOCH).unwrap_or_default();
        then.saturating_sub(Duration::from_secs(now))
    };
    Some(wait.min(LONGEST_WAIT))
}

fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let is_it = |(known, _): &&(String, String)| known.eq_ignore_ascii_case(name);
    Some(headers.iter().find(is_it)?.1.trim())
}

/// A number without a sign. Some have a fraction, and some a list of which the first is meant (`10, 100;w=60`).
fn number(text: &str) -> Option<f64> {
    let first = text.split([',', ';']).next()?.trim();
    let plain = !first.is_empty() && first.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    first.parse().ok().filter(|_| plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api() -> Api {
        toml::from_str(
            r#"
            base = "https://a.test"
            error_at = ["error.message", "errors[].message", "error"]
            ok_at = "ok"
            rate_limit = { remaining = "x-left", reset = "x-reset" }"#,
        )
        .unwrap()
    }

    fn headers(all: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = |(name, value): &(&str, &str)| ((*name).into(), (*value).into());
        all.iter().map(owned).collect()
    }

    #[test]
    fn a_refusal_is_told_in_the_providers_words() {
        for (body, words) in [
            (
                r#"{"error":{"message":" no\n\u0007 \u202euser "}}"#,
                "no  user",
            ),
            (
                r#"{"errors":[{"message":"first"},{"message":"second"}]}"#,
                "first",
            ),
            (r#"{"error":"plain"}"#, "plain"),
            (r#"{"error":{"code":7}}"#, "forbidden"),
            ("<html>", "forbidden"),
        ] {
            assert_eq!(problem(&api(), 403, body.as_bytes()), words);
        }
        assert_eq!(problem(&api(), 599, b""), "status 599");
        let long = format!(r#"{{"error":"{}"}}"#, "é".repeat(999));
        assert_eq!(problem(&api(), 400, long.as_bytes()), "é".repeat(300));
    }

    #[test]
    fn a_200_may_be_a_refusal() {
        assert!(is_refusal(&api(), 200, br#"{"ok":false}"#));
        assert!(!is_refusal(&api(), 200, br#"{"ok":true}"#) && !is_refusal(&api(), 204, b""));
        assert!(is_refusal(&api(), 404, b""));
    }

    #[test]
    fn limits_are_read() {
        let limit = |left, reset| {
            let headers = headers(&[("X-Left", left), ("x-reset", reset)]);
            let limit = rate_limit(&api(), &headers, 1000)?;
            Some((limit.remaining, limit.reset_in.map(|wait| wait.as_secs())))
        };
        assert_eq!(limit("7", "1060"), Some((Some(7), Some(60))));
        assert_eq!(limit("7, 100;w=60", "1"), Some((Some(7), Some(0))));
        assert_eq!(
            limit("-1", "99999999999999999999"),
            Some((None, Some(2_678_400)))
        );
        assert_eq!(limit("", "soon"), None);
    }

    #[test]
    fn one_waits_an_hour_at_most() {
        let wait =
            |text| Some(retry_after(&headers(&[("Retry-After", text)]), 784_111_777)?.as_secs());
        assert_eq!(wait("120"), Some(120));
        assert_eq!(wait("1.2"), Some(2));
        assert_eq!(wait("99999999999999999999"), Some(3600));
        assert_eq!(wait("Sun, 06 Nov 1994 08:50:37 GMT"), Some(60));
        assert_eq!(wait("Sun, 06 Nov 1994 08:00:00 GMT"), Some(0));
        assert_eq!(wait("Sat, 06 Nov 2094 08:00:00 GMT"), Some(3600));
        assert_eq!((wait("-1"), wait("soon"), wait("NaN")), (None, None, None));
    }
}
