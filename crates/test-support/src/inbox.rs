//! Everybody's inbox: what the outbox sends in a test.

use crate::World;
use domain::data_keys::{Cell, OUTBOX_PAYLOAD, Sealed};
use domain::mail::{self, Failure, Mail, Mailer, Outgoing};
use std::sync::Mutex;
use uuid::Uuid;

/// Takes every letter and keeps it.
#[derive(Default)]
pub struct Inbox(Mutex<Vec<Mail>>);

impl Inbox {
    /// The letters, oldest first.
    pub fn letters(&self) -> Vec<Mail> {
        self.0.lock().expect("no panic before").clone()
    }
}

impl Mailer for Inbox {
    async fn send(&self, outgoing: &Outgoing) -> Result<(), Failure> {
        self.0
            .lock()
            .expect("no panic before")
            .push(outgoing.mail.clone());
        Ok(())
    }
}

impl World {
    /// Sends what is due, and answers the letters to this address.
    pub async fn letters_to(&self, email: &str) -> Vec<Mail> {
        let inbox = Inbox::default();
        mail::send_due(&self.services, &inbox)
            .await
            .expect("sending");
        let mut letters = inbox.letters();
        letters.retain(|mail| mail.to.as_str() == email);
        letters
    }

    /// What waits in the outbox, opened, oldest first: letters as they are stored, in JSON.
    pub async fn unsent_letters(&self) -> Vec<String> {
        let mut db = self
            .database
            .pool("postgres", 1)
            .acquire()
            .await
            .expect("a connection");
        let stored: Vec<(Uuid, Vec<u8>, i64)> = sqlx::query_as(
            "select job_id, payload, payload_version from outbox
            where dead_at is null order by created_at, job_id",
        )
        .fetch_all(&mut *db)
        .await
        .expect("the outbox");
        let mut letters = Vec::new();
        for (job, bytes, version) in stored {
            let cell = Cell::of_instance(&OUTBOX_PAYLOAD, job);
            let sealed = Sealed { bytes, version };
            let opened = self.services.data_keys.open(&mut db, cell, &sealed).await;
            let letter = String::from_utf8(opened.expect("a letter that opens").to_vec());
            letters.push(letter.expect("text"));
        }
        letters
    }
}

/// The address behind a letter's button.
///
/// # Panics
/// When the letter has none.
pub fn link_in(mail: &Mail) -> String {
    let line = mail.text.lines().find(|line| line.starts_with("http"));
    line.expect("a link in the letter").to_owned()
}
