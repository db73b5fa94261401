//! Everybody's inbox: what the outbox sends in a test.

use crate::World;
use domain::mail::{self, Failure, Mail, Mailer, Outgoing};
use std::sync::Mutex;

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
        mail::send_due(&self.services.db, &inbox)
            .await
            .expect("sending");
        let mut letters = inbox.letters();
        letters.retain(|mail| mail.to.as_str() == email);
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
