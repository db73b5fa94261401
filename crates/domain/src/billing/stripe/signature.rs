//! The signature of what Stripe tells: HMAC-SHA256 over `timestamp.body`, in a header such as
//! `t=1492774577,v1=5257a8…,v0=6ffbb5…` (<https://docs.stripe.com/webhooks#verify-manually>).

use super::Stripe;

/// How far the time of a signature may be from ours, either way.
const TOLERANCE: i64 = 300;

/// Whether these bytes were signed by Stripe for us, not long before `now`.
pub(in crate::billing) fn is_signed(stripe: &Stripe, header: &str, body: &[u8], now: i64) -> bool {
    let parts = || {
        header
            .split(',')
            .filter_map(|part| part.trim().split_once('='))
    };
    let mut times = parts().filter(|(name, _)| *name == "t");
    let (Some((_, time)), None) = (times.next(), times.next()) else {
        return false;
    };
    let Ok(timestamp) = time.parse::<i64>() else {
        return false;
    };
    if now.abs_diff(timestamp) > TOLERANCE.unsigned_abs() {
        return false;
    }
    let signed = [time.as_bytes(), b".", body].concat();
    let made = vault::hmac_sha256(stripe.0.webhook_secret.reveal().as_bytes(), &signed);
    let mut shown = parts().filter(|(name, _)| *name == "v1");
    // While a secret is rotated there is a signature with each.
    shown.any(|(_, text)| unhex(text).is_some_and(|shown| vault::constant_time_eq(&shown, &made)))
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let digits = text.as_bytes().chunks(2);
    let digits = digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    digits.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{billing::stripe::Settings, sign_in_with::Secret};
    use std::fmt::Write as _;

    const NOW: i64 = 1_790_000_000;
    const BODY: &[u8] = br#"{"id":"evt_1"}"#;

    fn stripe() -> Stripe {
        let settings = Settings {
            secret_key: Secret::new("sk_test_1"),
            webhook_secret: Secret::new("whsec_test"),
            api_base: None,
        };
        Stripe::new(settings).expect("settings")
    }

    fn mac(secret: &str, at: i64) -> String {
        let signed = [at.to_string().as_bytes(), b".", BODY].concat();
        let made = vault::hmac_sha256(secret.as_bytes(), &signed);
        made.iter().fold(String::new(), |mut hex, byte| {
            // Writing to a string cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }

    #[test]
    fn what_stripe_signed_lately_is_taken() {
        let (good, other) = (mac("whsec_test", NOW), mac("whsec_other", NOW));
        for header in [
            format!("t={NOW},v1={good}"),
            format!("t={NOW},v1={other},v1={good}"),
            format!("t={NOW}, v0=x, v1={good}"),
        ] {
            assert!(is_signed(&stripe(), &header, BODY, NOW), "{header}");
            assert!(is_signed(&stripe(), &header, BODY, NOW + 300), "{header}");
            assert!(is_signed(&stripe(), &header, BODY, NOW - 300), "{header}");
            assert!(!is_signed(&stripe(), &header, BODY, NOW + 301), "{header}");
            assert!(!is_signed(&stripe(), &header, BODY, NOW - 301), "{header}");
            assert!(!is_signed(&stripe(), &header, b"{}", NOW), "{header}");
        }
    }

    #[test]
    fn nothing_else_is() {
        let (good, later) = (mac("whsec_test", NOW), NOW + 1);
        for header in [
            String::new(),
            "t=,v1=".into(),
            format!("t={NOW}"),
            format!("v1={good}"),
            format!("t={later},v1={good}"),
            format!("t={NOW},t={later},v1={good}"),
            format!("t={NOW},v0={good}"),
            format!("t={NOW},v1={}", &good[..62]),
            format!("t={NOW},v1={}é", &good[..62]),
            format!("t={NOW},v1={}", mac("whsec_other", NOW)),
            format!("t={},v1={good}", i64::MAX),
            format!("t={},v1={good}", i64::MIN),
        ] {
            assert!(!is_signed(&stripe(), &header, BODY, NOW), "{header}");
        }
    }
}
