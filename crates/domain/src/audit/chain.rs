//! The chain of audit rows as pure functions, shared by the server that writes it and the verifier
//! that has nothing but an export.
//!
//! `hash = SHA-256("bulkhead/audit-row/" ‖ version ‖ tenant ‖ seq ‖ prev ‖ fields)`. The version is
//! one byte; the tenant 16; the number 8, big-endian; `prev`, the hash of the row before, 32, all
//! zero for the first row. Each field is a zero byte when absent; otherwise a byte of one, its
//! length in 8 bytes, big-endian, and its bytes as they stand in an export. So no two rows are
//! written alike, and the text of `before` and `after` is never parsed to be hashed.

use super::hex;
use api_types::TenantId;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::value::RawValue;
use std::{fmt, str::FromStr};
use time::{OffsetDateTime, UtcOffset, format_description::BorrowedFormatItem, macros};
use uuid::Uuid;

const DOMAIN: &str = "bulkhead/audit-row/";

/// The form in which fields are written. A new form gets a new number and leaves old rows alone.
const VERSION: u8 = 1;

/// Exactly the microseconds that the database keeps.
const TIME: &[BorrowedFormatItem<'static>] = macros::format_description!(
    "[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z"
);

/// One row as it is exported, a line of JSON each. What is not a field of it is refused.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Whose row.
    pub tenant: TenantId,
    /// Its number: 1 is the tenant's first, and none is missing.
    pub seq: i64,
    /// When, as [`time_text`] writes it.
    pub at: String,
    /// `member`, `key` or `system`.
    pub actor_kind: String,
    /// The person or the key.
    pub actor_id: Option<Uuid>,
    /// How the actor was called then.
    pub actor_name: String,
    /// What was done.
    pub act: String,
    /// To what kind of thing.
    pub object_kind: String,
    /// To which.
    pub object_id: String,
    /// How the thing was called then.
    pub object_name: String,
    /// The thing before, without secrets.
    pub before: Option<Box<RawValue>>,
    /// The thing after, without secrets.
    pub after: Option<Box<RawValue>>,
    /// The address of the client.
    pub address: Option<String>,
    /// The request's id in the log.
    pub request_id: Option<Uuid>,
    /// The hash of the row before.
    pub prev: Hash,
    /// The hash of this row.
    pub hash: Hash,
}

impl Entry {
    /// The hash that this row must have.
    pub fn computed_hash(&self) -> Hash {
        let mut bytes = vec![VERSION];
        bytes.extend(self.tenant.0.as_bytes());
        bytes.extend(self.seq.to_be_bytes());
        bytes.extend(self.prev.0);
        for field in self.fields() {
            append(&mut bytes, field);
        }
        Hash(vault::digest(DOMAIN, &bytes))
    }

    /// In the order of the export.
    fn fields(&self) -> [Option<&[u8]>; 12] {
        [
            Some(self.at.as_bytes()),
            Some(self.actor_kind.as_bytes()),
            self.actor_id.as_ref().map(|id| &id.as_bytes()[..]),
            Some(self.actor_name.as_bytes()),
            Some(self.act.as_bytes()),
            Some(self.object_kind.as_bytes()),
            Some(self.object_id.as_bytes()),
            Some(self.object_name.as_bytes()),
            self.before.as_deref().map(|json| json.get().as_bytes()),
            self.after.as_deref().map(|json| json.get().as_bytes()),
            self.address.as_deref().map(str::as_bytes),
            self.request_id.as_ref().map(|id| &id.as_bytes()[..]),
        ]
    }
}

fn append(bytes: &mut Vec<u8>, field: Option<&[u8]>) {
    bytes.push(field.is_some().into());
    if let Some(field) = field {
        bytes.extend((field.len() as u64).to_be_bytes());
        bytes.extend(field);
    }
}

/// The one way to write a time: UTC, with six digits of a second.
pub fn time_text(at: OffsetDateTime) -> String {
    // Writing into a string does not fail, and every part is one that a time has.
    at.to_offset(UtcOffset::UTC)
        .format(TIME)
        .unwrap_or_default()
}

/// The hash of a row. Written in hexadecimal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::Type)]
#[sqlx(transparent)]
pub struct Hash(pub [u8; 32]);

impl fmt::Display for Hash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&hex::text(&self.0))
    }
}

impl FromStr for Hash {
    type Err = &'static str;

    /// Only the form in which hashes are written: an export has one spelling.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        hex::read(text)
            .map(Self)
            .ok_or("a hash is 64 digits of 0-9 and a-f")
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry {
            tenant: TenantId(Uuid::from_u128(7)),
            seq: 1,
            at: time_text(OffsetDateTime::UNIX_EPOCH),
            actor_kind: "member".into(),
            actor_id: Some(Uuid::from_u128(8)),
            actor_name: "Ada".into(),
            act: "tenant.renamed".into(),
            object_kind: "tenant".into(),
            object_id: "7".into(),
            object_name: "Lab".into(),
            before: None,
            after: RawValue::from_string(r#"{"name":"Lab"}"#.into()).ok(),
            address: None,
            request_id: None,
            prev: Hash::default(),
            hash: Hash::default(),
        }
    }

    #[test]
    fn the_hash_of_a_known_row_never_changes() {
        // Computed by another program; a change of the form must be a new version instead.
        let known = "a8d0c380363b3cb31bb1a2450785e0140591460d8af70333df769cb57cb7d9d1";
        assert_eq!(entry().computed_hash().to_string(), known);
    }

    #[test]
    fn a_time_has_one_spelling() {
        let at = OffsetDateTime::UNIX_EPOCH + time::Duration::microseconds(1_500_000);
        assert_eq!(time_text(at), "1970-01-01T00:00:01.500000Z");
    }

    #[test]
    fn every_field_is_in_the_hash() {
        let known = entry().computed_hash();
        let json = |text: &str| RawValue::from_string(text.into()).ok();
        let edits: [fn(&mut Entry); 13] = [
            |row| row.tenant = TenantId(Uuid::from_u128(9)),
            |row| row.seq = 2,
            |row| row.prev = Hash([1; 32]),
            |row| row.at.push('0'),
            |row| row.actor_kind = "key".into(),
            |row| row.actor_id = None,
            |row| row.actor_name = "Bob".into(),
            |row| row.act = "tenant.created".into(),
            |row| row.object_kind = "client".into(),
            |row| row.object_id = "8".into(),
            |row| row.object_name = "lab".into(),
            |row| row.address = Some(String::new()),
            |row| row.request_id = Some(Uuid::nil()),
        ];
        for (index, edit) in edits.iter().enumerate() {
            let mut row = entry();
            edit(&mut row);
            assert_ne!(row.computed_hash(), known, "edit {index}");
        }
        let moved = Entry {
            before: json(r#"{"name":"Lab"}"#),
            after: None,
            ..entry()
        };
        assert_ne!(moved.computed_hash(), known);
        let spaced = Entry {
            after: json(r#"{"name": "Lab"}"#),
            ..entry()
        };
        assert_ne!(spaced.computed_hash(), known);
    }

    #[test]
    fn a_field_cannot_lend_its_end_to_the_next() {
        let split = |name: &str, act: &str| {
            Entry {
                actor_name: name.into(),
                act: act.into(),
                ..entry()
            }
            .computed_hash()
        };
        assert_ne!(split("ab", "c"), split("a", "bc"));
    }

    #[test]
    fn an_entry_survives_its_export() {
        let row = Entry {
            hash: entry().computed_hash(),
            ..entry()
        };
        let line = serde_json::to_string(&row).expect("JSON");
        let read: Entry = serde_json::from_str(&line).expect("an entry");
        assert_eq!(read.computed_hash(), read.hash);
        assert_eq!(serde_json::to_string(&read).expect("JSON"), line);
    }
}
