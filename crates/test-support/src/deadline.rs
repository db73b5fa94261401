//! The end of a test that hangs. The test runner would wait for ever and never say for which.

use std::io::{Write as _, stderr};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::Duration;
use std::{process, thread};

/// The slowest test takes about a minute on two busy cores.
const LIMIT: Duration = Duration::from_mins(10);

/// Ends the whole process with the name of the test, unless it is dropped in time.
pub(crate) struct Deadline {
    _ends_the_wait: Sender<()>,
}

impl Deadline {
    /// None for the long forms of the experiments. The caller's thread must be the test's own.
    pub(crate) fn of_this_test() -> Option<Self> {
        if std::env::var_os("BULKHEAD_SOAK").is_some() {
            return None;
        }
        let test = thread::current().name().unwrap_or("a test").to_owned();
        // A program's own thread: a measurement takes as long as it takes.
        if test == "main" {
            return None;
        }
        let (sender, dropped) = mpsc::channel();
        thread::spawn(move || {
            if dropped.recv_timeout(LIMIT) == Err(RecvTimeoutError::Timeout) {
                // Not `eprintln`, which the test runner keeps until the test has ended.
                let _ = writeln!(stderr(), "{test} hangs: {LIMIT:?} and no end. Giving up.");
                process::abort();
            }
        });
        Some(Self {
            _ends_the_wait: sender,
        })
    }
}
