//! Envelope encryption of what the database keeps: a data key seals cells, a key-encryption key wraps data keys.
//!
//! A sealed cell is `0x01 | algorithm | id of the data key (16) | nonce (24) | ciphertext and tag`. It opens only in
//! the place it was sealed for, so that it cannot be moved to another row, column or tenant, nor put back once the
//! row has a newer version. XChaCha20-Poly1305 because its nonce is long enough to be drawn at random for good.

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use std::fmt::{self, Write as _};
use zeroize::Zeroizing;

const FORMAT: u8 = 1;
const XCHACHA20_POLY1305: u8 = 1;
const KEY: usize = 32;
const NONCE: usize = 24;
const ID: usize = 16;
const KEY_DOMAIN: &str = "bulkhead/key-encryption-key/v1";
const NAME_DOMAIN: &str = "bulkhead/key-encryption-key-id/v1";

/// Names a data key; as a rule the bytes of its row's uuid.
pub type DataKeyId = [u8; ID];

/// Sealed bytes that do not open: forged, moved, outdated, cut, or of another key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unopened;

impl fmt::Display for Unopened {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("what is sealed here was not sealed for this place, or with another key")
    }
}

impl std::error::Error for Unopened {}

/// Where a sealed cell belongs.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Its table.
    pub table: &'a str,
    /// Its column.
    pub column: &'a str,
    /// Whose it is: the tenant's id, or sixteen zeros for what belongs to a person.
    pub tenant: [u8; 16],
    /// Its row's id.
    pub row: [u8; 16],
    /// How often the cell was sealed anew; an older one does not open.
    pub version: u64,
}

impl Place<'_> {
    /// Unambiguous: each part is preceded by its length.
    fn bound_to(&self, key: &DataKeyId) -> Vec<u8> {
        lengths_first(&[
            b"bulkhead/cell/1",
            self.table.as_bytes(),
            self.column.as_bytes(),
            &self.tenant,
            &self.row,
            key,
            &self.version.to_be_bytes(),
        ])
    }
}

fn lengths_first(parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    bytes
}

/// A key that seals cells. Exists unwrapped in memory alone.
#[derive(Clone)]
pub struct DataKey {
    id: DataKeyId,
    key: Zeroizing<[u8; KEY]>,
}

impl DataKey {
    /// Draws a new key.
    pub fn generate(id: DataKeyId) -> Self {
        let key = Zeroizing::new(crate::random_bytes::<KEY>());
        Self { id, key }
    }

    /// A key whose bytes were wrapped and unwrapped elsewhere.
    pub fn from_bytes(id: DataKeyId, key: Zeroizing<[u8; KEY]>) -> Self {
        Self { id, key }
    }

    /// The key itself, for whoever wraps it elsewhere.
    pub fn expose(&self) -> &[u8; KEY] {
        &self.key
    }

    /// The key's name, which every cell it seals begins with.
    pub fn id(&self) -> DataKeyId {
        self.id
    }

    /// Seals a cell for its place.
    pub fn seal(&self, place: &Place<'_>, content: &[u8]) -> Result<Vec<u8>, Unopened> {
        let mut cell = vec![FORMAT, XCHACHA20_POLY1305];
        cell.extend_from_slice(&self.id);
        cell.extend(seal(&self.key, &place.bound_to(&self.id), content)?);
        Ok(cell)
    }

    /// Opens a cell that this key sealed for this place.
    pub fn open(&self, place: &Place<'_>, cell: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unopened> {
        let (id, sealed) = parts(cell)?;
        if id != self.id {
            return Err(Unopened);
        }
        open(&self.key, &place.bound_to(&self.id), sealed)
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("DataKey(…)")
    }
}

/// Which data key sealed a cell.
pub fn data_key_of(cell: &[u8]) -> Result<DataKeyId, Unopened> {
    parts(cell).map(|(id, _)| id)
}

fn parts(cell: &[u8]) -> Result<(DataKeyId, &[u8]), Unopened> {
    let ([FORMAT, XCHACHA20_POLY1305], rest) = cell.split_first_chunk().ok_or(Unopened)? else {
        return Err(Unopened);
    };
    let (id, sealed) = rest.split_first_chunk().ok_or(Unopened)?;
    Ok((*id, sealed))
}

/// A key that wraps data keys and nothing else. Comes from the operator.
pub struct KeyEncryptionKey {
    id: String,
    key: Zeroizing<[u8; KEY]>,
}

impl KeyEncryptionKey {
    /// Takes a key of 32 random bytes under the operator's name for it.
    pub fn new(id: impl Into<String>, key: Zeroizing<[u8; KEY]>) -> Self {
        Self { id: id.into(), key }
    }

    /// The key that an operator's 32 random bytes stand for, named after them so that nobody has to
    /// name it. It is derived from the bytes: what seals with them directly is of no use to it.
    pub fn of_master_key(master: &[u8; KEY]) -> Self {
        let mut id = String::new();
        for byte in &crate::digest(NAME_DOMAIN, master)[..8] {
            // Writing into a string does not fail.
            let _ = write!(id, "{byte:02x}");
        }
        Self::new(id, Zeroizing::new(crate::digest(KEY_DOMAIN, master)))
    }

    /// The operator's name for it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Wraps a data key of one owner, for storage.
    pub fn wrap(&self, owner: [u8; 16], key: &DataKey) -> Result<Vec<u8>, Unopened> {
        seal(&self.key, &self.bound_to(owner, &key.id), &*key.key)
    }

    /// Unwraps what [`KeyEncryptionKey::wrap`] made for the same owner and id.
    pub fn unwrap(
        &self,
        owner: [u8; 16],
        id: DataKeyId,
        wrapped: &[u8],
    ) -> Result<DataKey, Unopened> {
        let bytes = open(&self.key, &self.bound_to(owner, &id), wrapped)?;
        let key = <[u8; KEY]>::try_from(bytes.as_slice()).map_err(|_| Unopened)?;
        Ok(DataKey::from_bytes(id, Zeroizing::new(key)))
    }

    fn bound_to(&self, owner: [u8; 16], id: &DataKeyId) -> Vec<u8> {
        lengths_first(&[b"bulkhead/data-key/1", self.id.as_bytes(), &owner, id])
    }
}

impl fmt::Debug for KeyEncryptionKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "KeyEncryptionKey({}, …)", self.id)
    }
}

/// `nonce | ciphertext and tag`
fn seal(key: &[u8; KEY], bound_to: &[u8], content: &[u8]) -> Result<Vec<u8>, Unopened> {
    let nonce = crate::random_bytes::<NONCE>();
    let payload = Payload {
        msg: content,
        aad: bound_to,
    };
    let sealed = XChaCha20Poly1305::new(key.into())
        .encrypt(&XNonce::from(nonce), payload)
        .map_err(|_| Unopened)?;
    Ok([nonce.as_slice(), &sealed].concat())
}

fn open(key: &[u8; KEY], bound_to: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unopened> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE>().ok_or(Unopened)?;
    let payload = Payload {
        msg: sealed,
        aad: bound_to,
    };
    XChaCha20Poly1305::new(key.into())
        .decrypt(&XNonce::from(*nonce), payload)
        .map(Zeroizing::new)
        .map_err(|_| Unopened)
}
