//! Secrets that version 0.1 sealed with the master key itself, before there were data keys. They open as
//! they are, and a worker seals them anew. To be removed, with version 0 of `second_factors.secret`
//! and `KeyRing::open_old`, when nobody can come from that version any more.

use super::{app, store};
use crate::{Result, Services};
use anyhow::Context as _;
use api_types::UserId;
use zeroize::Zeroizing;

/// So many rows are sealed anew at once.
const BATCH: i64 = 100;

/// Opens a secret of version 0.1.
pub(super) fn open(s: &Services, user: UserId, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    let tied_to = [b"bulkhead/second-factor/v1".as_slice(), user.0.as_bytes()].concat();
    let secret = s.data_keys.open_old(&tied_to, sealed);
    let secret =
        secret.context("a second factor's secret does not open: is this another master key?")?;
    Ok(Zeroizing::new(secret))
}

/// Seals such secrets with the data key. Answers how many; one that does not open stays as it is.
pub async fn seal_old(s: &Services) -> Result<u64> {
    let mut db = s.db.system().await?;
    let (mut sealed, mut after) = (0, None);
    loop {
        let batch = store::sealed_by_old_version(&mut db, after, BATCH).await?;
        let Some((last, _)) = batch.last() else {
            return Ok(sealed);
        };
        after = Some(*last);
        for (user, factor) in &batch {
            let Ok(secret) = app::open(s, &mut db, *user, factor).await else {
                tracing::error!(%user, "the secret of a second factor does not open with any master key");
                continue;
            };
            let fresh = app::seal(s, &mut db, *user, &secret).await?;
            sealed += store::replace_sealed(&mut db, *user, &factor.sealed, &fresh).await?;
        }
    }
}
