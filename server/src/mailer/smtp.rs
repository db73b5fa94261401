//! Letters through a mail server.

use domain::mail::Failure;
use lettre::transport::smtp::Error;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use std::fmt;
use std::time::Duration;

/// For connecting, and for each answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a mail server says of a recipient that will never do (RFC 5321, 4.2.3). Other refusals,
/// such as a wrong password of ours, are for the operator to mend while letters wait.
const NEVER: [u16; 3] = [550, 551, 553];

/// A mail server.
#[derive(Clone)]
pub(super) struct Smtp(AsyncSmtpTransport<Tokio1Executor>);

impl fmt::Debug for Smtp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Smtp(…)")
    }
}

impl Smtp {
    /// The one at this address.
    pub(super) fn at(url: &str) -> Result<Self, String> {
        if !url.starts_with("smtp://") && !url.starts_with("smtps://") {
            return Err("it must begin with smtp:// or smtps://".into());
        }
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
            .map_err(|_| "it is not an address of a mail server".to_owned())?;
        Ok(Self(transport.timeout(Some(PATIENCE)).build()))
    }

    /// Hands a letter to the server, which then answers for it.
    pub(super) async fn send(&self, message: Message) -> Result<(), Failure> {
        self.0
            .send(message)
            .await
            .map(drop)
            .map_err(|error| failure(&error))
    }
}

/// The server's own words may repeat the recipient's address, so the log gets the code alone.
fn failure(error: &Error) -> Failure {
    let code = error.status().map(u16::from);
    let reason = match code {
        Some(code) => format!("the mail server answered {code}"),
        None if error.is_timeout() => "the mail server took too long".into(),
        None if error.is_tls() => "the mail server's TLS is not to be trusted".into(),
        None => "the mail server cannot be reached".into(),
    };
    Failure {
        reason,
        retry: !code.is_some_and(|code| NEVER.contains(&code)),
    }
}
