//! Signed ends of chains, kept in a second place: who rewrites a whole chain, or cuts off its end,
//! cannot rewrite what was signed before.

use super::{
    chain::{Hash, time_text},
    hex,
    store::{self, Moved},
};
use crate::{Db, Result};
use anyhow::Context as _;
use api_types::TenantId;
use serde::{Deserialize, Serialize};
use sqlx::Connection as _;
use vault::{PublicKey, SigningKey};

const DOMAIN: &[u8] = b"bulkhead/audit-checkpoint/v1";

/// One server at a time signs; the number is this job's name among advisory locks.
const LOCK: i64 = 0x6275_6c6b_6175_6474;

/// Whose checkpoints could not be kept is said of so many.
const NAMED: usize = 10;

/// A line in the second place: at that time, this was the end of the tenant's chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// Whose chain.
    pub tenant: TenantId,
    /// The number of its last row.
    pub seq: i64,
    /// The hash of that row.
    pub hash: Hash,
    /// When it was signed.
    pub at: String,
    /// The public key that verifies it, in hexadecimal. Which key to trust, the verifier is told.
    pub key: String,
    /// Ed25519 over all of the above but the key, in hexadecimal.
    pub signature: String,
}

impl Checkpoint {
    fn sign(key: &SigningKey, head: &Moved) -> Self {
        let mut signed = Self {
            tenant: head.tenant,
            seq: head.seq,
            hash: head.hash,
            at: time_text(head.now),
            key: hex::text(&key.public()),
            signature: String::new(),
        };
        signed.signature = hex::text(&key.sign(&signed.message()));
        signed
    }

    /// Whether the holder of this key has signed it.
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        hex::read(&self.signature)
            .is_some_and(|signature| vault::is_signed(key, &self.message(), &signature))
    }

    /// Every part has a fixed length but the last.
    fn message(&self) -> Vec<u8> {
        let seq = self.seq.to_be_bytes();
        let tenant = self.tenant.0.as_bytes();
        [DOMAIN, tenant, &seq, &self.hash.0, self.at.as_bytes()].concat()
    }
}

/// Signs every head that moved since the last time, and hands the checkpoints to `keep`, which must
/// not return before they are safe. Answers how many; none, when another server is at it.
///
/// After a crash in between, the same head is signed and kept once more, which does no harm.
pub async fn sign_moved_heads<Kept>(
    db: &Db,
    key: &SigningKey,
    keep: impl FnOnce(Vec<Checkpoint>) -> Kept,
) -> Result<usize>
where
    Kept: Future<Output = anyhow::Result<()>>,
{
    let mut connection = db.system().await?;
    let mut tx = connection.begin().await.context("beginning to sign")?;
    if !crate::db::take_lock(&mut tx, LOCK).await? {
        return Ok(0);
    }
    let moved = store::moved(&mut tx).await?;
    if moved.is_empty() {
        return Ok(0);
    }
    let sign = |head| Checkpoint::sign(key, head);
    let kept = keep(moved.iter().map(sign).collect()).await;
    kept.with_context(|| format!("keeping the audit checkpoints of tenants {}", named(&moved)))?;
    store::remember(&mut tx, &moved).await?;
    tx.commit().await.context("remembering checkpoints")?;
    Ok(moved.len())
}

fn named(moved: &[Moved]) -> String {
    let named = moved.iter().take(NAMED).map(|head| head.tenant.to_string());
    let named = named.collect::<Vec<_>>().join(", ");
    match moved.len().saturating_sub(NAMED) {
        0 => named,
        others => format!("{named} and {others} more"),
    }
}
