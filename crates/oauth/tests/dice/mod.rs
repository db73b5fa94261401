//! Throws inputs: junk, and what is sound but for a few changes.

use std::env;
use std::time::{Duration, Instant, SystemTime};

/// What is put into inputs.
const PIECES: &[&str] = &[
    "&",
    "=",
    "%",
    "%2e",
    "%00",
    "%ff",
    "+",
    " ",
    "#",
    "?",
    "/",
    "//",
    "\\",
    "@",
    ":",
    ":80",
    "..",
    "*",
    "[",
    "]",
    "\0",
    "\r\n",
    "\t",
    "é",
    "\u{202e}",
    "\"",
    "'",
    "{",
    "}",
    ",",
    "javascript:",
    "https://",
    "http://",
    "localhost",
    "evil.test",
    "null",
    "[]",
    "\\u0000",
    "\\ud800",
    "1e999",
    "client_id",
    "redirect_uri",
    "state",
    "resource",
    "prompt=none",
    "scope",
    "&scope=%22",
    "max-age=",
    "no-store",
    "99999999999999999999",
    "Bearer ",
    "Basic ",
];

/// Throws again and again. A throw tells whether its input was accepted: some must be, and not all.
pub fn run(what: &str, mut throw: impl FnMut(&mut Dice) -> bool) {
    let seconds = setting("OAUTH_FUZZ_SECONDS").unwrap_or(2);
    let since_1970 = SystemTime::UNIX_EPOCH.elapsed().expect("a clock");
    let seed = setting("OAUTH_FUZZ_SEED").unwrap_or(since_1970.as_nanos() as u64);
    println!("{what}: OAUTH_FUZZ_SEED={seed}");
    let (mut dice, began) = (Dice(seed), Instant::now());
    let (mut tries, mut accepted) = (0_u64, 0_u64);
    while began.elapsed() < Duration::from_secs(seconds) {
        tries += 1;
        accepted += u64::from(throw(&mut dice));
    }
    println!("{what}: {tries} tries in {seconds} s, {accepted} accepted");
    assert!(tries >= seconds * 100, "a slow machine, or a broken loop");
    assert!(accepted > 0 && accepted < tries, "a dull dictionary");
}

fn setting(name: &str) -> Option<u64> {
    Some(env::var(name).ok()?.parse().expect("a number"))
}

/// Numbers that can be thrown again (splitmix64).
pub struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below this bound.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    /// Junk, or one of these with up to four changes.
    pub fn like(&mut self, models: &[&str]) -> Vec<u8> {
        if self.below(20) == 0 {
            return (0..self.below(200)).map(|_| self.next() as u8).collect();
        }
        let mut bytes = models[self.below(models.len())].as_bytes().to_vec();
        for _ in 0..self.below(5) {
            self.change(&mut bytes);
        }
        bytes
    }

    /// The same as text.
    pub fn text_like(&mut self, models: &[&str]) -> String {
        String::from_utf8_lossy(&self.like(models)).into_owned()
    }

    fn change(&mut self, bytes: &mut Vec<u8>) {
        let at = self.below(bytes.len() + 1);
        let end = (at + self.below(9)).min(bytes.len());
        let piece = PIECES[self.below(PIECES.len())].bytes();
        match self.below(8) {
            0 => drop(bytes.drain(at..end)),
            1 => bytes.truncate(at),
            2 => bytes.insert(at, self.next() as u8),
            3 => bytes[at..end].make_ascii_uppercase(),
            4 => bytes.extend_from_within(at..end),
            5 => drop(bytes.splice(
                at..at,
                piece.clone().cycle().take(piece.len() * self.below(60)),
            )),
            6 => drop(bytes.splice(at..end, piece)),
            _ => drop(bytes.splice(at..at, piece)),
        }
    }
}
