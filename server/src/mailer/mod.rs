//! The ways a letter leaves this server.

mod files;
mod smtp;

use domain::mail::{self, Failure, Outgoing};
use files::Files;
use lettre::Message;
use lettre::message::{Mailbox, MultiPart, header};
use smtp::Smtp;
use std::path::{Path, PathBuf};

/// Hands letters over, from one sender.
#[derive(Clone, Debug)]
pub struct Mailer {
    from: Mailbox,
    way: Way,
}

#[derive(Clone, Debug)]
enum Way {
    Smtp(Smtp),
    Files(Files),
}

impl Mailer {
    /// Through the mail server at this address.
    pub fn smtp(url: &str, from: Mailbox) -> Result<Self, String> {
        let way = Way::Smtp(Smtp::at(url)?);
        Ok(Self { from, way })
    }

    /// Into a directory, one file a letter.
    pub fn files(directory: PathBuf, from: Mailbox) -> Self {
        let way = Way::Files(Files::new(directory));
        Self { from, way }
    }

    /// The directory, where letters go into one.
    pub fn directory(&self) -> Option<&Path> {
        match &self.way {
            Way::Files(files) => Some(files.directory()),
            Way::Smtp(_) => None,
        }
    }

    fn message(&self, outgoing: &Outgoing) -> Result<Message, Failure> {
        let mail = &outgoing.mail;
        let impossible = |reason: String| Failure {
            reason,
            retry: false,
        };
        let to = mail.to.as_str().parse().map_err(|_| {
            impossible("the address is not one that mail servers understand".into())
        })?;
        let id = format!("<{}@{}>", outgoing.id, self.from.email.domain());
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(&mail.subject)
            .message_id(Some(id))
            // Out-of-office replies help nobody here (RFC 3834).
            .header(AutoSubmitted)
            .multipart(MultiPart::alternative_plain_html(
                mail.text.clone(),
                mail.html.clone(),
            ))
            .map_err(|error| impossible(format!("the letter cannot be put together: {error}")))
    }
}

impl mail::Mailer for Mailer {
    async fn send(&self, outgoing: &Outgoing) -> Result<(), Failure> {
        let message = self.message(outgoing)?;
        match &self.way {
            Way::Smtp(smtp) => smtp.send(message).await,
            Way::Files(files) => files.write(outgoing.id, &message.formatted()).await,
        }
    }
}

#[derive(Clone)]
struct AutoSubmitted;

impl header::Header for AutoSubmitted {
    fn name() -> header::HeaderName {
        header::HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> header::HeaderValue {
        header::HeaderValue::new(Self::name(), "auto-generated".into())
    }
}
