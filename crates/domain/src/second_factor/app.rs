//! Authenticator apps: their secrets and their codes.

use super::{old, store::Factor};
use crate::{
    Result, Services,
    data_keys::{Cell, SECOND_FACTOR_SECRET, Sealed},
};
use anyhow::{Context as _, anyhow};
use api_types::{UserId, accounts::Enrolment};
use qrcode::{Color, EcLevel, QrCode};
use sqlx::PgConnection;
use std::fmt::Write as _;
use time::OffsetDateTime;
use totp_rs::{Builder, Secret, Totp};

/// Of a code.
pub(super) const DIGITS: usize = 6;

/// 160 bits, as RFC 4226 recommends.
pub(super) type AppSecret = [u8; 20];

/// Seals a secret for one person's row and no other.
pub(super) async fn seal(
    s: &Services,
    db: &mut PgConnection,
    user: UserId,
    secret: &AppSecret,
) -> Result<Sealed> {
    s.data_keys.seal(db, cell(user), secret).await
}

/// Opens what [`seal`] made.
pub(super) async fn open(
    s: &Services,
    db: &mut PgConnection,
    user: UserId,
    factor: &Factor,
) -> Result<AppSecret> {
    let secret = if factor.sealed.version == 0 {
        old::open(s, user, &factor.sealed.bytes)?
    } else {
        s.data_keys.open(db, cell(user), &factor.sealed).await?
    };
    let secret = secret.as_slice().try_into();
    Ok(secret.context("a second factor's secret has another length")?)
}

pub(super) fn cell(user: UserId) -> Cell {
    Cell::of_instance(&SECOND_FACTOR_SECRET, user.0)
}

/// The time step whose code this is: the present one, the one before, or the one after.
pub(super) fn matching_step(secret: &AppSecret, code: &str) -> Result<Option<i64>> {
    let now = u64::try_from(OffsetDateTime::now_utc().unix_timestamp()).unwrap_or_default();
    let step = totp(secret, "account")?.check(code, now);
    Ok(step.and_then(|step| i64::try_from(step).ok()))
}

/// What the person scans or types.
pub(super) fn enrolment(secret: &AppSecret, email: &str) -> Result<Enrolment> {
    // A colon would end the name.
    let uri = totp(secret, &email.replace(':', "_"))?
        .to_url()
        .map_err(|error| anyhow!("{error}"))?;
    let code = QrCode::with_error_correction_level(&uri, EcLevel::M)
        .map_err(|error| anyhow!("drawing a QR code: {error}"))?;
    let size = code.width();
    Ok(Enrolment {
        secret: Secret::from(*secret).to_base32(),
        qr_path: path(&code.into_colors(), size)?,
        qr_size: u32::try_from(size).context("a QR code of this size")?,
        uri,
    })
}

fn totp(secret: &AppSecret, account: &str) -> Result<Totp> {
    let totp = Builder::new()
        .with_secret(*secret)
        .with_account_name(account)
        .with_issuer(Some("Bulkhead"))
        .build();
    Ok(totp.map_err(|error| anyhow!("{error}"))?)
}

/// A unit square for each dark module.
fn path(modules: &[Color], size: usize) -> Result<String> {
    let mut path = String::new();
    for (place, module) in modules.iter().enumerate() {
        if *module == Color::Dark {
            write!(path, "M{} {}h1v1h-1z", place % size, place / size).context("drawing")?;
        }
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_rfc_6238() {
        let totp = totp(b"12345678901234567890", "a").expect("a totp");
        for (time, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(totp.generate(time).to_string(), code);
        }
    }

    #[test]
    fn an_app_is_told_all_it_needs() {
        let told = enrolment(b"12345678901234567890", "ada@example.com").expect("an enrolment");
        assert_eq!(told.secret, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert!(
            told.uri
                .starts_with("otpauth://totp/Bulkhead:ada%40example.com?secret=GEZD"),
            "{}",
            told.uri
        );
        assert!(told.qr_size > 20 && told.qr_path.starts_with("M0 0h1v1h-1z"));
    }
}
