//! Slows down guessing of passwords: so many tries per account and per address in a window.
//! Counted in the database, so that several servers share the count.

mod store;

use crate::{Db, Result};
use api_types::Refusal;
use std::net::IpAddr;

/// Tries against one account in a window, whoever makes them.
const PER_ACCOUNT: i32 = 10;

/// Tries from one address in a window, whatever the account.
const PER_ADDRESS: i32 = 50;

const WINDOW_SECONDS: i64 = 15 * 60;

/// Counts a try before the password is looked at, and refuses when there were too many.
/// An unknown account counts like a known one.
pub(crate) async fn count_guess(db: &Db, address: IpAddr, email: &str) -> Result<()> {
    let account = vault::digest("bulkhead/guess/account/v1", email.to_lowercase().as_bytes());
    let address = vault::digest("bulkhead/guess/address/v1", subject(address).as_bytes());
    let mut connection = db.global().await?;
    for (subject, most) in [(address, PER_ADDRESS), (account, PER_ACCOUNT)] {
        let counted = store::count(&mut connection, &subject, WINDOW_SECONDS).await?;
        if counted.guesses > most {
            let retry_after_seconds = counted.seconds_left.max(1).unsigned_abs();
            return Err(Refusal::TooMany {
                retry_after_seconds,
            }
            .into());
        }
    }
    Ok(())
}

/// Forgets an account's tries after it signed in.
pub(crate) async fn forgive(db: &Db, email: &str) -> Result<()> {
    let account = vault::digest("bulkhead/guess/account/v1", email.to_lowercase().as_bytes());
    store::forget(&mut *db.global().await?, &account).await
}

/// Deletes counts of windows that are over. Answers how many.
pub async fn prune(db: &Db) -> Result<u64> {
    store::prune(&mut *db.system().await?, WINDOW_SECONDS).await
}

/// An IPv6 customer holds a /64 at least, so that is what is counted.
fn subject(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("{:x?}", &address.segments()[..4]),
    }
}
