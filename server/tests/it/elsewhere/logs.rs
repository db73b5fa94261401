//! A log at its loudest that is searched for secrets as it is written.

use super::CANARY;
use aho_corasick::AhoCorasick;
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use std::{
    io::{self, Write},
    sync::{Arc, LazyLock, Mutex},
};
use tracing::{
    Dispatch,
    level_filters::LevelFilter,
    subscriber::{DefaultGuard, NoSubscriber},
};
use tracing_subscriber::fmt::MakeWriter;

/// Somebody else who listens, and to nothing: as long as there is only one listener, what is reached first by a thread
/// that has none counts as wanted by nobody.
static ANOTHER: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(NoSubscriber::new()));

/// What everything that runs on this thread writes.
#[derive(Clone)]
pub struct Log {
    secrets: Arc<AhoCorasick>,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub lines: usize,
    /// Whether it tells of calls elsewhere at all.
    pub calls: usize,
    /// Lines with something secret in them.
    pub found: Vec<String>,
}

impl Log {
    /// Listens until the guard is dropped. All servers and the test must run on the thread that calls this.
    pub fn listen(others: &[&str]) -> (Self, DefaultGuard) {
        let plain = others
            .iter()
            .chain([&CANARY])
            .map(|text| (*text).to_owned());
        // As a part of something that is packed in base64, wherever in it.
        let packed = (0..3).map(|ahead| {
            let text = STANDARD_NO_PAD.encode([&b"xx"[..ahead], CANARY.as_bytes()].concat());
            text[4..text.len() - 4].to_owned()
        });
        let secrets = AhoCorasick::new(plain.chain(packed)).expect("forms");
        let log = Self {
            secrets: Arc::new(secrets),
            seen: Arc::default(),
        };
        let lines = tracing_subscriber::fmt()
            .with_max_level(LevelFilter::TRACE)
            .with_ansi(false)
            .with_writer(log.clone());
        LazyLock::force(&ANOTHER);
        let guard = tracing::subscriber::set_default(lines.finish());
        (log, guard)
    }

    /// Writes something secret, which is found, and forgets that.
    pub fn prove(&self) {
        tracing::trace!("{CANARY}proof");
        let mut seen = self.seen.lock().expect("no panic before");
        assert_eq!(seen.found.len(), 1, "the search finds nothing at all");
        seen.found.clear();
    }

    pub fn seen(&self) -> Seen {
        self.seen.lock().expect("no panic before").clone()
    }
}

impl Write for Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut seen = self.seen.lock().expect("no panic before");
        seen.lines += 1;
        let text = String::from_utf8_lossy(line);
        seen.calls += usize::from(text.contains("called a service"));
        if self.secrets.is_match(line) {
            seen.found.push(text.into_owned());
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
