//! The header `Stripe-Signature`: HMAC-SHA256 over `timestamp.body`, in hexadecimal.

use aws_lc_rs::hmac;
use std::fmt::Write as _;

/// The header for a body that is sent at this time (seconds since 1970).
pub fn signature(secret: &str, timestamp: i64, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, format!("{timestamp}.{body}").as_bytes());
    let mut header = format!("t={timestamp},v1=");
    for byte in tag.as_ref() {
        let _ = write!(header, "{byte:02x}");
    }
    header
}
