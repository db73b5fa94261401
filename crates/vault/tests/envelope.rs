//! A sealed cell opens in its place and nowhere else (rule R15).

use proptest::prelude::*;
use vault::envelope::{DataKey, KeyEncryptionKey, Place, Unopened, data_key_of};
use zeroize::Zeroizing;

const PLACE: Place<'static> = Place {
    table: "identity_providers",
    column: "client_secret",
    tenant: [1; 16],
    row: [2; 16],
    version: 3,
};

fn kek(id: &str, byte: u8) -> KeyEncryptionKey {
    KeyEncryptionKey::new(id, Zeroizing::new([byte; 32]))
}

#[test]
fn a_cell_opens_in_its_own_place_alone() {
    let key = DataKey::generate([9; 16]);
    let cell = key.seal(&PLACE, b"secret").expect("sealed");
    assert_eq!(&**key.open(&PLACE, &cell).expect("opened"), b"secret");
    assert_eq!(data_key_of(&cell), Ok([9; 16]));
    let elsewhere = [
        Place {
            table: "connections",
            ..PLACE
        },
        Place {
            column: "token",
            ..PLACE
        },
        Place {
            tenant: [7; 16],
            ..PLACE
        },
        Place {
            row: [7; 16],
            ..PLACE
        },
        Place {
            version: 2,
            ..PLACE
        },
        // The same letters, cut elsewhere.
        Place {
            table: "identity_providersc",
            column: "lient_secret",
            ..PLACE
        },
    ];
    for place in elsewhere {
        assert_eq!(key.open(&place, &cell), Err(Unopened), "{place:?}");
    }
    let other = DataKey::generate([9; 16]);
    assert_eq!(other.open(&PLACE, &cell), Err(Unopened));
}

#[test]
fn every_flipped_bit_and_every_cut_is_noticed() {
    let key = DataKey::generate([9; 16]);
    let cell = key
        .seal(&PLACE, b"a secret of some length")
        .expect("sealed");
    for at in 0..cell.len() {
        assert_eq!(key.open(&PLACE, &cell[..at]), Err(Unopened), "cut at {at}");
        for bit in 0..8 {
            let mut forged = cell.clone();
            forged[at] ^= 1 << bit;
            assert_eq!(
                key.open(&PLACE, &forged),
                Err(Unopened),
                "byte {at}, bit {bit}"
            );
        }
    }
}

#[test]
fn a_wrapped_key_is_bound_to_its_owner_its_name_and_its_wrapper() {
    let key = DataKey::generate([9; 16]);
    let cell = key.seal(&PLACE, b"secret").expect("sealed");
    let wrapped = kek("2026", 1).wrap([1; 16], &key).expect("wrapped");
    let again = kek("2026", 1)
        .unwrap([1; 16], [9; 16], &wrapped)
        .expect("unwrapped");
    assert_eq!(&**again.open(&PLACE, &cell).expect("opened"), b"secret");
    let wrong = [
        kek("2026", 1).unwrap([2; 16], [9; 16], &wrapped),
        kek("2026", 1).unwrap([1; 16], [8; 16], &wrapped),
        kek("2027", 1).unwrap([1; 16], [9; 16], &wrapped),
        kek("2026", 2).unwrap([1; 16], [9; 16], &wrapped),
    ];
    for (nth, answer) in wrong.into_iter().enumerate() {
        assert!(answer.is_err(), "case {nth}");
    }
}

#[test]
fn a_master_key_is_named_after_itself_and_tells_nothing_of_itself() {
    let (one, two) = ([1; 32], [2; 32]);
    let kek = KeyEncryptionKey::of_master_key(&one);
    assert_eq!(kek.id(), KeyEncryptionKey::of_master_key(&one).id());
    assert_eq!(kek.id().len(), 16);
    assert_ne!(kek.id(), KeyEncryptionKey::of_master_key(&two).id());
    let key = DataKey::generate([9; 16]);
    let wrapped = kek.wrap([1; 16], &key).expect("wrapped");
    assert!(kek.unwrap([1; 16], [9; 16], &wrapped).is_ok());
    // The bytes themselves wrap nothing: only what is derived from them does.
    let raw = KeyEncryptionKey::new(kek.id(), Zeroizing::new(one));
    assert!(raw.unwrap([1; 16], [9; 16], &wrapped).is_err());
}

#[test]
fn nothing_secret_is_printed() {
    let key = DataKey::generate([9; 16]);
    assert_eq!(format!("{key:?}"), "DataKey(…)");
    assert_eq!(format!("{:?}", kek("2026", 1)), "KeyEncryptionKey(2026, …)");
}

proptest! {
    #[test]
    fn bytes_of_any_kind_are_refused_and_nothing_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let key = DataKey::generate([9; 16]);
        prop_assert_eq!(key.open(&PLACE, &bytes), Err(Unopened));
        prop_assert!(kek("2026", 1).unwrap([1; 16], [9; 16], &bytes).is_err());
        let _ = data_key_of(&bytes);
    }

    #[test]
    fn what_is_sealed_comes_back(content in prop::collection::vec(any::<u8>(), 0..500)) {
        let key = DataKey::generate([9; 16]);
        let cell = key.seal(&PLACE, &content).expect("sealed");
        prop_assert_eq!(&**key.open(&PLACE, &cell).expect("opened"), &content[..]);
    }
}
