//! An authenticator app.

use time::OffsetDateTime;
use totp_rs::{Builder, Secret};

/// The code that an app shows now, or so many steps of 30 s later.
///
/// # Panics
/// When the secret is not one.
pub fn code_of_app(secret: &str, steps_later: i64) -> String {
    let secret = Secret::try_from_base32(secret).expect("a secret in base32");
    let app = Builder::new()
        .with_secret(secret)
        .with_account_name("anybody")
        .build();
    let at = OffsetDateTime::now_utc().unix_timestamp() + 30 * steps_later;
    let at = u64::try_from(at).expect("a time after 1970");
    app.expect("an app").generate(at).to_string()
}
