//! Slows down guessing of passwords and codes, and sending of letters: so many tries per account and per address in a window.
//! Counted in the database, so that several servers share the count.

mod invitations;
mod store;

use crate::{Db, Result};
use api_types::{Refusal, UserId};
pub(crate) use invitations::{count_invitation, count_invitation_again};
use sqlx::PgConnection;
use std::net::IpAddr;

/// Tries against one account in a window, whoever makes them.
const PER_ACCOUNT: i32 = 10;

/// Tries from one address in a window, whatever the account.
const PER_ADDRESS: i32 = 50;

/// Letters that somebody may ask for to one account in a window.
const LETTERS_PER_ACCOUNT: i32 = 5;

/// Programs that register themselves from one address in a window.
const REGISTRATIONS: i32 = 100;

/// Challenges that one address may ask for in a window before anybody is known.
const CHALLENGES: i32 = 200;
/// Attempts to sign in elsewhere from one address in a window.
const ATTEMPTS_PER_ADDRESS: i32 = 100;

const WINDOW_SECONDS: i64 = 15 * 60;

/// The longest window in which anything is counted.
const DAY_SECONDS: i64 = 24 * 3600;

/// Counts a try before the password is looked at, and refuses when there were too many.
/// An unknown account counts like a known one.
pub(crate) async fn count_guess(db: &Db, address: IpAddr, email: &str) -> Result<()> {
    count(db, address, password(email), PER_ACCOUNT).await
}

/// Counts an attempt to sign in elsewhere, of which only the address is known.
pub(crate) async fn count_attempt(db: &Db, address: IpAddr) -> Result<()> {
    let attempts = vault::digest("bulkhead/guess/attempt/v1", subject(address).as_bytes());
    let mut connection = db.global().await?;
    count_one(
        &mut connection,
        &attempts,
        ATTEMPTS_PER_ADDRESS,
        WINDOW_SECONDS,
    )
    .await
}

/// Counts a letter that somebody asked for, likewise.
pub(crate) async fn count_letter(db: &Db, address: IpAddr, email: &str) -> Result<()> {
    let account = vault::digest("bulkhead/guess/letter/v1", email.to_lowercase().as_bytes());
    count(db, address, account, LETTERS_PER_ACCOUNT).await
}

/// Counts a try at a code of a person's second factor, likewise.
pub(crate) async fn count_code(db: &Db, address: IpAddr, user: UserId) -> Result<()> {
    count(db, address, code(user), PER_ACCOUNT).await
}

/// Counts an answer of a passkey, likewise.
pub(crate) async fn count_passkey(db: &Db, address: IpAddr, credential: &[u8]) -> Result<()> {
    count(db, address, passkey(credential), PER_ACCOUNT).await
}

/// Forgets the answers of a passkey after one was right.
pub(crate) async fn forgive_passkey(db: &Db, credential: &[u8]) -> Result<()> {
    store::forget(&mut *db.global().await?, &passkey(credential)).await
}

/// Counts a challenge that nobody known asked for. Apart from guesses: asking for one is none.
pub(crate) async fn count_challenge(db: &Db, address: IpAddr) -> Result<()> {
    let address = vault::digest("bulkhead/guess/challenge/v1", subject(address).as_bytes());
    count_all(db, [(address, CHALLENGES)]).await
}

/// Forgets a person's tries at codes after one was right.
pub(crate) async fn forgive_codes(db: &Db, user: UserId) -> Result<()> {
    store::forget(&mut *db.global().await?, &code(user)).await
}

/// Counts a program that registers itself.
pub(crate) async fn count_registration(db: &Db, address: IpAddr) -> Result<()> {
    let address = vault::digest(
        "bulkhead/guess/registration/v1",
        subject(address).as_bytes(),
    );
    count_all(db, [(address, REGISTRATIONS)]).await
}

fn password(email: &str) -> vault::Digest {
    vault::digest("bulkhead/guess/account/v1", email.to_lowercase().as_bytes())
}

fn passkey(credential: &[u8]) -> vault::Digest {
    vault::digest("bulkhead/guess/passkey/v1", credential)
}

fn code(user: UserId) -> vault::Digest {
    vault::digest("bulkhead/guess/code/v1", user.0.as_bytes())
}

async fn count(db: &Db, address: IpAddr, account: vault::Digest, most: i32) -> Result<()> {
    let address = vault::digest("bulkhead/guess/address/v1", subject(address).as_bytes());
    count_all(db, [(address, PER_ADDRESS), (account, most)]).await
}

async fn count_all<const N: usize>(db: &Db, subjects: [(vault::Digest, i32); N]) -> Result<()> {
    let mut connection = db.global().await?;
    for (subject, most) in subjects {
        count_one(&mut connection, &subject, most, WINDOW_SECONDS).await?;
    }
    Ok(())
}

async fn count_one(
    db: &mut PgConnection,
    subject: &vault::Digest,
    most: i32,
    seconds: i64,
) -> Result<()> {
    let counted = store::count(db, subject, seconds).await?;
    if counted.guesses > most {
        let retry_after_seconds = counted.seconds_left.max(1).unsigned_abs();
        return Err(Refusal::TooMany {
            retry_after_seconds,
        }
        .into());
    }
    Ok(())
}

/// Forgets an account's tries after it signed in.
pub(crate) async fn forgive(db: &Db, email: &str) -> Result<()> {
    store::forget(&mut *db.global().await?, &password(email)).await
}

/// Deletes counts of windows that are over. Answers how many.
pub async fn prune(db: &Db) -> Result<u64> {
    store::prune(&mut *db.system().await?, DAY_SECONDS).await
}

/// An IPv6 customer holds a /64 at least, so that is what is counted.
fn subject(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("{:x?}", &address.segments()[..4]),
    }
}
