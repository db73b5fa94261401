//! Rule R17: what we issue is accepted, and no single wrong character is.

use proptest::prelude::*;
use vault::{KeySecret, MalformedKey};

/// Keys tried by an ordinary test run; `VAULT_SOAK_KEYS=1000000` in a release build is the long form.
const KEYS: usize = 20_000;

const PRINTABLE: std::ops::RangeInclusive<u8> = b' '..=b'~';

fn keys_to_try() -> usize {
    std::env::var("VAULT_SOAK_KEYS").map_or(KEYS, |count| count.parse().expect("a number"))
}

#[test]
fn every_issued_key_is_accepted_and_every_single_character_mutation_refused() {
    for round in 0..keys_to_try() {
        let key = KeySecret::generate();
        let text = key.reveal();
        assert_eq!(
            KeySecret::parse(&text).expect("our own key").digest(),
            key.digest()
        );
        // All 43 places in every key; the replacing character walks through all printable ones.
        for place in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            let replacement = b' ' + ((round + place) % 95) as u8;
            if bytes[place] == replacement {
                continue;
            }
            bytes[place] = replacement;
            let mutated = String::from_utf8(bytes).expect("printable");
            assert_eq!(
                KeySecret::parse(&mutated).err(),
                Some(MalformedKey),
                "place {place}"
            );
        }
    }
}

#[test]
fn all_replacements_of_all_places_of_one_key_are_refused() {
    let text = KeySecret::generate().reveal();
    for place in 0..text.len() {
        for replacement in PRINTABLE.filter(|byte| *byte != text.as_bytes()[place]) {
            let mut bytes = text.clone().into_bytes();
            bytes[place] = replacement;
            let mutated = String::from_utf8(bytes).expect("printable");
            assert!(KeySecret::parse(&mutated).is_err(), "place {place}");
        }
    }
}

#[test]
fn a_key_has_the_published_shape() {
    let text = KeySecret::generate().reveal();
    let random = text.strip_prefix("bh_key_").expect("the brand");
    assert_eq!(random.len(), 36);
    assert!(random.bytes().all(|byte| byte.is_ascii_alphanumeric()));
}

#[test]
fn a_known_key_keeps_its_digest_and_prefix() {
    // Stored digests must stay valid for ever: a change here would refuse every key in use.
    let key = KeySecret::parse(KNOWN).expect("a key of this format");
    assert_eq!(key.display_prefix(), "bh_key_00000");
    let hex = key
        .digest()
        .iter()
        .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    assert_eq!(hex, KNOWN_DIGEST);
}

const KNOWN: &str = "bh_key_0000000000000000000000000000003ZtIX5";
const KNOWN_DIGEST: &str = "9dd19ea7274f333d9fe3a217b05ff949d7d1e9b0b881c591892806370d76ae80";

#[test]
fn a_key_never_prints_itself() {
    assert_eq!(format!("{:?}", KeySecret::generate()), "KeySecret(…)");
}

proptest! {
    #[test]
    fn any_text_is_refused_without_a_panic(text in "\\PC*") {
        prop_assert!(KeySecret::parse(&text).is_err());
    }

    #[test]
    fn almost_keys_are_refused_without_a_panic(text in "bh_key_[0-9A-Za-zé]{36}") {
        // One in 2³² such texts has a right checksum by chance.
        prop_assert!(KeySecret::parse(&text).is_err());
    }
}
