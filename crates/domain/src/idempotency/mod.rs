//! Calls that a client may send again, because an answer was lost: those with the same key are one call. It is executed
//! once and billed once, and each of them is given the same answer.
//!
//! A key is of one credential and good for one request. Whoever has claimed it executes; the row in usage and the answer
//! are kept by one statement ([`Recorder::settle`](crate::usage::Recorder::settle)), so that neither is there without the
//! other. When a server dies in between, nobody knows what was done: that is said, unless doing it again does no harm.

mod store;

use crate::{Db, Result, Services};
use api_types::{CredentialId, TenantId};
use serde_json::{Value, value::RawValue};
use std::time::Duration;
use time::OffsetDateTime;
use uuid::Uuid;
use vault::Digest;

/// So long it is believed that a call is being executed: longer than one may take, with writing its row.
pub const BELIEVED: Duration = Duration::from_secs(45);

/// The longest answer that is kept. A longer one is given once.
pub const LONGEST_ANSWER: usize = 1 << 20;

/// A key as the client chose it: 1 to 255 visible characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    /// Reads one.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=255).contains(&text.len());
        (fits && text.bytes().all(|byte| byte.is_ascii_graphic())).then(|| Self(text.into()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A call with a key.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Whose tenant.
    pub tenant: TenantId,
    /// With which key or grant. Another one's keys are others.
    pub credential: CredentialId,
    /// What the client calls it.
    pub key: Key,
    request: Digest,
}

impl Ask {
    /// A call of a tool with these arguments, in whatever order they were written.
    pub fn new(
        tenant: TenantId,
        credential: CredentialId,
        key: Key,
        tool: &str,
        arguments: &RawValue,
    ) -> Self {
        let request = digest(tool, arguments);
        Self {
            tenant,
            credential,
            key,
            request,
        }
    }
}

fn digest(tool: &str, arguments: &RawValue) -> Digest {
    let mut request = format!("{tool}\n");
    match serde_json::from_str::<Value>(arguments.get()) {
        Ok(mut arguments) => {
            arguments.sort_all_objects();
            request.push_str(&arguments.to_string());
        }
        Err(_) => request.push_str(arguments.get()),
    }
    vault::sha256(request.as_bytes())
}

/// What is known of a call.
#[derive(Debug)]
pub enum Claim {
    /// It is ours to execute, under this name.
    Ours(Uuid),
    /// It was answered. Without a body, the answer was too long to keep.
    Done {
        /// The HTTP status.
        status: i16,
        /// The result or error.
        body: Option<Vec<u8>>,
    },
    /// Somebody executes it.
    Running,
    /// Whoever executed it is gone, and nobody knows how far they came.
    Unknown,
    /// The key was used for another request.
    Another,
}

/// Claims a call, or tells what has become of it. What is `repeatable` is taken over from who is gone.
pub async fn claim(s: &Services, ask: &Ask, repeatable: bool) -> Result<Claim> {
    let holder = Uuid::now_v7();
    let mut tx = s.db.tenant_tx(ask.tenant).await?;
    let claim = if store::start(&mut tx, ask, &ask.request, holder, BELIEVED).await? {
        Claim::Ours(holder)
    } else {
        match store::read(&mut tx, ask).await? {
            // Let go in this moment: the next look will find it free.
            None => Claim::Running,
            Some(row) if row.request_hash != ask.request => Claim::Another,
            Some(row) if row.state == "done" => Claim::Done {
                status: row.status.unwrap_or(200),
                body: row.response,
            },
            Some(row) if row.locked_until > row.now => Claim::Running,
            Some(_) if !repeatable => Claim::Unknown,
            Some(row) => {
                let taken = store::take_over(&mut tx, ask, row.holder, holder, BELIEVED).await?;
                if taken {
                    Claim::Ours(holder)
                } else {
                    Claim::Running
                }
            }
        }
    };
    tx.commit().await?;
    Ok(claim)
}

/// Lets a call go that was not executed: the next with its key begins anew.
pub async fn release(s: &Services, ask: &Ask, holder: Uuid) -> Result<()> {
    let mut tx = s.db.tenant_tx(ask.tenant).await?;
    store::release(&mut tx, ask, holder).await?;
    tx.commit().await
}

/// Gives a call up in the middle: what was done is unknown from now on.
pub async fn abandon(s: &Services, ask: &Ask, holder: Uuid) -> Result<()> {
    let mut tx = s.db.tenant_tx(ask.tenant).await?;
    store::abandon(&mut tx, ask, holder).await?;
    tx.commit().await
}

/// Removes keys of two days ago. Answers how many.
pub async fn delete_expired(db: &Db) -> Result<u64> {
    store::delete_expired(&mut *db.system().await?).await
}

/// A row, as it is read.
struct Row {
    request_hash: Vec<u8>,
    state: String,
    holder: Uuid,
    locked_until: OffsetDateTime,
    now: OffsetDateTime,
    status: Option<i16>,
    response: Option<Vec<u8>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_of_visible_characters() {
        for good in [
            "a",
            "550e8400-e29b-41d4-a716-446655440000",
            "~!/=",
            &"k".repeat(255),
        ] {
            assert_eq!(Key::parse(good).expect("a key").as_str(), good);
        }
        for bad in ["", " ", "a b", "a\n", "\u{e9}", &"k".repeat(256)] {
            assert_eq!(Key::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn the_order_of_arguments_does_not_matter_and_all_else_does() {
        let of =
            |tool, text: &str| digest(tool, &RawValue::from_string(text.into()).expect("JSON"));
        let one = of("t", r#"{"a":1,"b":{"c":2,"d":[1,2]}}"#);
        assert_eq!(one, of("t", r#"{ "b": {"d":[1,2],"c":2}, "a":1 }"#));
        for other in [r#"{"a":1}"#, r#"{"a":1,"b":{"c":2,"d":[2,1]}}"#, "{}"] {
            assert_ne!(one, of("t", other));
        }
        assert_ne!(of("t", "{}"), of("u", "{}"));
    }
}
