//! Finds the first bad row of an export, with nothing but the export and, to notice a missing end or a
//! chain that was computed anew, signed checkpoints from a second place.

use super::{
    chain::{Entry, Hash},
    checkpoint::Checkpoint,
};
use api_types::TenantId;
use std::{fmt, io::BufRead};
use vault::PublicKey;

/// What is known of an export in which nothing is wrong.
#[derive(Debug, PartialEq, Eq)]
pub struct Verified {
    /// Whose rows.
    pub tenant: TenantId,
    /// The number of the first row: 1, or the one after a checkpoint.
    pub first: i64,
    /// The number of the last row.
    pub last: i64,
    /// Its hash.
    pub head: Hash,
    /// Checkpoints of this tenant that agree with the rows.
    pub checkpoints: usize,
    /// The last row that such a checkpoint covers; 0 for none.
    pub signed_until: i64,
}

/// The first thing that is wrong.
#[derive(Debug, PartialEq, Eq)]
pub struct Bad {
    /// The number of the first row that is not as it was written, or is missing.
    pub seq: i64,
    /// What is wrong with it.
    pub reason: String,
}

impl fmt::Display for Bad {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "row {}: {}", self.seq, self.reason)
    }
}

/// Why an export could not be verified.
#[derive(Debug)]
pub enum Failure {
    /// A row is bad.
    Bad(Bad),
    /// A checkpoint cannot be trusted, or a file not be read; the rows are not judged.
    Unreadable(String),
}

impl From<Bad> for Failure {
    fn from(bad: Bad) -> Self {
        Self::Bad(bad)
    }
}

/// Reads checkpoints, one a line, all of which must be signed by one of the keys.
pub fn read_checkpoints(
    lines: impl BufRead,
    keys: &[PublicKey],
) -> Result<Vec<Checkpoint>, Failure> {
    let mut checkpoints = Vec::new();
    for (index, line) in lines.lines().enumerate() {
        let line = line.map_err(|error| Failure::Unreadable(error.to_string()))?;
        let bad = |why| Failure::Unreadable(format!("line {}: {why}", index + 1));
        let checkpoint: Checkpoint =
            serde_json::from_str(&line).map_err(|error| bad(format!("no checkpoint: {error}")))?;
        if !keys.iter().any(|key| checkpoint.is_signed_by(key)) {
            return Err(bad("the signature is not of a key that is trusted".into()));
        }
        checkpoints.push(checkpoint);
    }
    Ok(checkpoints)
}

/// Reads an export, one row a line, up to the first bad row.
pub fn verify(export: impl BufRead, checkpoints: &[Checkpoint]) -> Result<Verified, Failure> {
    let mut chain: Option<Chain<'_>> = None;
    for line in export.lines() {
        let line = line.map_err(|error| Failure::Unreadable(error.to_string()))?;
        let next = chain.as_ref().map_or(1, |chain| chain.last + 1);
        let row: Entry = serde_json::from_str(&line).map_err(|error| Bad {
            seq: next,
            reason: format!("the line is no row of an audit log: {error}"),
        })?;
        match &mut chain {
            Some(chain) => chain.follow(&row)?,
            None => chain = Some(Chain::begin(&row, checkpoints)?),
        }
    }
    let empty = || Failure::Unreadable("the export has no rows".into());
    Ok(chain.ok_or_else(empty)?.end()?)
}

/// The rows so far.
struct Chain<'a> {
    tenant: TenantId,
    first: i64,
    last: i64,
    head: Hash,
    agreed: usize,
    signed_until: i64,
    /// Those of this tenant.
    checkpoints: Vec<&'a Checkpoint>,
}

impl<'a> Chain<'a> {
    /// A chain begins with its first row, or after one that was signed: what is older may have been
    /// removed when its time was over.
    fn begin(row: &Entry, checkpoints: &'a [Checkpoint]) -> Result<Self, Bad> {
        let checkpoints: Vec<_> = checkpoints
            .iter()
            .filter(|checkpoint| checkpoint.tenant == row.tenant)
            .collect();
        let anchored = checkpoints
            .iter()
            .any(|checkpoint| checkpoint.seq + 1 == row.seq && checkpoint.hash == row.prev);
        let before = if anchored { row.seq - 1 } else { 0 };
        let mut chain = Self {
            tenant: row.tenant,
            first: before + 1,
            last: before,
            head: if anchored { row.prev } else { Hash::default() },
            agreed: 0,
            signed_until: 0,
            checkpoints,
        };
        chain.follow(row)?;
        Ok(chain)
    }

    fn follow(&mut self, row: &Entry) -> Result<(), Bad> {
        let next = self.last + 1;
        let reason = if row.seq > next {
            return Err(bad(
                next,
                format!("is missing: row {} is in its place", row.seq),
            ));
        } else if row.tenant != self.tenant {
            "belongs to another tenant"
        } else if row.seq < next {
            "stands here again, or out of its order"
        } else if row.computed_hash() != row.hash {
            "was changed: its content does not have its hash"
        } else if row.prev != self.head {
            "does not follow the row before: one of the two was put here later"
        } else if self.contradicts(row) {
            "is not the row that was signed: the chain was computed anew"
        } else {
            (self.last, self.head) = (row.seq, row.hash);
            return Ok(());
        };
        Err(bad(row.seq, reason.into()))
    }

    /// Whether a checkpoint knows another row of this number.
    fn contradicts(&mut self, row: &Entry) -> bool {
        let mut contradicted = false;
        for known in self.checkpoints.iter().filter(|known| known.seq == row.seq) {
            if known.hash == row.hash {
                self.agreed += 1;
                self.signed_until = row.seq;
            } else {
                contradicted = true;
            }
        }
        contradicted
    }

    /// The end is where the newest checkpoint says, or later.
    fn end(self) -> Result<Verified, Bad> {
        let newest = self.checkpoints.iter().max_by_key(|known| known.seq);
        if let Some(newest) = newest.filter(|newest| newest.seq > self.last) {
            let (seq, at) = (newest.seq, &newest.at);
            let reason = format!("is missing: at {at} the log had {seq} rows, as was signed then");
            return Err(bad(self.last + 1, reason));
        }
        Ok(Verified {
            tenant: self.tenant,
            first: self.first,
            last: self.last,
            head: self.head,
            checkpoints: self.agreed,
            signed_until: self.signed_until,
        })
    }
}

fn bad(seq: i64, reason: String) -> Bad {
    Bad { seq, reason }
}
