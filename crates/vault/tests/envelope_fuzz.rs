//! Whatever is done to a sealed cell or a wrapped key, it does not open and nothing panics (rule R15).
//!
//! For two seconds, or as many as `VAULT_FUZZ_SECONDS` says. `VAULT_FUZZ_SEED` repeats the throws of an earlier run,
//! though not its nonces.

use std::collections::BTreeMap;
use std::env;
use std::time::{Duration, Instant, SystemTime};
use vault::envelope::{DataKey, KeyEncryptionKey, Place, Unopened, data_key_of};
use zeroize::Zeroizing;

/// `format | algorithm | id of the data key`, before the nonce.
const HEADER: usize = 18;

#[test]
fn nothing_that_was_damaged_or_moved_ever_opens() {
    let seconds = setting("VAULT_FUZZ_SECONDS").unwrap_or(2);
    let since_1970 = SystemTime::UNIX_EPOCH.elapsed().expect("a clock");
    let seed = setting("VAULT_FUZZ_SEED").unwrap_or(since_1970.as_nanos() as u64);
    println!("VAULT_FUZZ_SEED={seed}");
    let mut dice = Dice(seed);
    let mut tried = BTreeMap::new();
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(seconds) {
        try_cell(&mut dice, &mut tried);
        try_wrapped_key(&mut dice, &mut tried);
    }
    let all: u64 = tried.values().sum();
    println!("{all} tries in {seconds} s, all refused without a panic: {tried:#?}");
    assert!(all >= seconds * 100, "a slow machine, or a broken loop");
}

fn setting(name: &str) -> Option<u64> {
    Some(env::var(name).ok()?.parse().expect("a number"))
}

type Tried = BTreeMap<&'static str, u64>;

fn try_cell(dice: &mut Dice, tried: &mut Tried) {
    let key = DataKey::from_bytes(dice.array(), Zeroizing::new(dice.array()));
    let home = Home::thrown(dice);
    let content = dice.bytes_below(300);
    let cell = key.seal(&home.place(), &content).expect("sealed");
    let opened = key.open(&home.place(), &cell).expect("its own place");
    assert_eq!(&**opened, &content[..]);

    let other = dice.bytes_below(300);
    let other = key.seal(&home.place(), &other).expect("sealed");
    for (how, forged) in damaged(dice, &cell, &other) {
        let opened = key.open(&home.place(), &forged);
        assert_eq!(opened, Err(Unopened), "{how}: {cell:02x?} as {forged:02x?}");
        let _ = data_key_of(&forged);
        *tried.entry(how).or_default() += 1;
    }
    for (how, elsewhere) in home.moved(dice) {
        let opened = key.open(&elsewhere.place(), &cell);
        assert_eq!(opened, Err(Unopened), "{how}: {home:?} as {elsewhere:?}");
        *tried.entry(how).or_default() += 1;
    }
    let namesake = DataKey::from_bytes(key.id(), Zeroizing::new(dice.array()));
    assert_eq!(namesake.open(&home.place(), &cell), Err(Unopened));
    *tried.entry("another key of the same name").or_default() += 1;
}

fn try_wrapped_key(dice: &mut Dice, tried: &mut Tried) {
    let (owner, master) = (dice.array(), dice.array());
    let kek = |id: &str, key| KeyEncryptionKey::new(id, Zeroizing::new(key));
    let wrapper = kek("2026", master);
    let [key, other] = [(); 2].map(|()| DataKey::generate(dice.array()));
    let wrapped = wrapper.wrap(owner, &key).expect("wrapped");
    assert!(wrapper.unwrap(owner, key.id(), &wrapped).is_ok());
    let others = wrapper.wrap(owner, &other).expect("wrapped");
    for (how, forged) in damaged(dice, &wrapped, &others) {
        let answer = wrapper.unwrap(owner, key.id(), &forged);
        assert!(answer.is_err(), "{how}: {wrapped:02x?} as {forged:02x?}");
        *tried.entry(how).or_default() += 1;
    }
    let moved = [
        wrapper.unwrap(dice.array(), key.id(), &wrapped),
        wrapper.unwrap(owner, other.id(), &wrapped),
        wrapper.unwrap(owner, key.id(), &others),
        kek("2027", master).unwrap(owner, key.id(), &wrapped),
        kek("2026", dice.array()).unwrap(owner, key.id(), &wrapped),
    ];
    for (nth, answer) in moved.into_iter().enumerate() {
        assert!(answer.is_err(), "case {nth}");
        *tried.entry("a wrapped key moved").or_default() += 1;
    }
}

/// Every kind of damage to these bytes once, some of it with bytes that were sealed beside them.
fn damaged(dice: &mut Dice, bytes: &[u8], beside: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let at = dice.below(bytes.len());
    let changed = |change: &mut dyn FnMut(&mut Vec<u8>)| {
        let mut forged = bytes.to_vec();
        change(&mut forged);
        forged
    };
    let junk = dice.bytes_below(100);
    let header = bytes.len().min(HEADER);
    let mut kinds = vec![
        (
            "a bit flipped",
            changed(&mut |b| b[at] ^= 1 << dice.below(8)),
        ),
        (
            "bytes changed",
            changed(&mut |b| {
                for _ in 0..=dice.below(9) {
                    b[dice.below(bytes.len())] = dice.byte();
                }
            }),
        ),
        ("cut at its end", bytes[..at].to_vec()),
        ("cut at its beginning", bytes[at + 1..].to_vec()),
        ("extended", [bytes, &junk].concat()),
        ("preceded", [&junk, bytes].concat()),
        ("doubled", [bytes, bytes].concat()),
        (
            "a hole",
            changed(&mut |b| drop(b.drain(at..=at + dice.below(bytes.len() - at)))),
        ),
        (
            "spliced",
            [&bytes[..at], &beside[at.min(beside.len())..]].concat(),
        ),
        ("another version", changed(&mut |b| b[0] = dice.byte())),
        ("another algorithm", changed(&mut |b| b[1] = dice.byte())),
        (
            "another key's name",
            changed(&mut |b| b[2..header].fill_with(|| dice.byte())),
        ),
        ("turned round", changed(&mut |b| b.reverse())),
        ("emptied", Vec::new()),
        ("junk", dice.bytes_below(400)),
        (
            "junk behind a header",
            [&bytes[..header], &dice.bytes_below(400)].concat(),
        ),
    ];
    // By chance some damage changes nothing.
    kinds.retain(|(_, forged)| forged != bytes && forged != beside);
    kinds
}

/// A place that can be changed.
#[derive(Clone, Debug, PartialEq)]
struct Home {
    table: String,
    column: String,
    tenant: [u8; 16],
    row: [u8; 16],
    version: u64,
}

impl Home {
    fn thrown(dice: &mut Dice) -> Self {
        Self {
            table: dice.word(),
            column: dice.word(),
            tenant: dice.array(),
            row: dice.array(),
            version: dice.next(),
        }
    }

    fn place(&self) -> Place<'_> {
        Place {
            table: &self.table,
            column: &self.column,
            tenant: self.tenant,
            row: self.row,
            version: self.version,
        }
    }

    /// The same but for one thing.
    fn moved(&self, dice: &mut Dice) -> Vec<(&'static str, Self)> {
        let other = Self::thrown(dice);
        let with = |change: &dyn Fn(&mut Self)| {
            let mut elsewhere = self.clone();
            change(&mut elsewhere);
            elsewhere
        };
        let mut places = vec![
            (
                "another table",
                with(&|to| to.table.clone_from(&other.table)),
            ),
            (
                "another column",
                with(&|to| to.column.clone_from(&other.column)),
            ),
            ("another tenant", with(&|to| to.tenant = other.tenant)),
            ("another row", with(&|to| to.row = other.row)),
            (
                "the version before",
                with(&|to| to.version = to.version.wrapping_sub(1)),
            ),
            (
                "the version after",
                with(&|to| to.version = to.version.wrapping_add(1)),
            ),
            (
                "another version of the row",
                with(&|to| to.version = other.version),
            ),
            (
                "tenant for row",
                with(&|to| (to.tenant, to.row) = (to.row, to.tenant)),
            ),
            (
                "a letter moved",
                with(&|to| to.table.extend(to.column.pop())),
            ),
        ];
        places.retain(|(_, elsewhere)| elsewhere != self);
        places
    }
}

/// Numbers that can be thrown again (splitmix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn byte(&mut self) -> u8 {
        self.next() as u8
    }

    fn array<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.byte())
    }

    fn bytes_below(&mut self, bound: usize) -> Vec<u8> {
        (0..self.below(bound)).map(|_| self.byte()).collect()
    }

    fn word(&mut self) -> String {
        (0..=self.below(20))
            .map(|_| char::from(b'a' + self.byte() % 26))
            .collect()
    }
}
