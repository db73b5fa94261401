//! What becomes a step once a request has its answer.

use super::{Fault, Place, Seen, Step, advice, record};
use crate::Services;
use api_types::{TenantId, oauth::StepKind};
use oauth::TokenForm;

/// Parameters whose values are never kept. Everything that is not known is cut short.
const SECRET: [&str; 9] = [
    "code",
    "code_verifier",
    "client_secret",
    "client_assertion",
    "refresh_token",
    "assertion",
    "token",
    "state",
    "password",
];

/// Characters of a value that are kept.
const LONGEST: usize = 300;

/// A request to the authorization server, as far as it has come.
pub(in crate::oauth_server) struct Trail {
    pub kind: StepKind,
    pub tenant: Option<TenantId>,
    /// Its name for itself, and for people.
    pub client: Option<(String, String)>,
    sent: Vec<(String, String)>,
}

impl Trail {
    /// A trail that begins.
    pub(in crate::oauth_server) fn of(kind: StepKind) -> Self {
        Self {
            kind,
            tenant: None,
            client: None,
            sent: Vec::new(),
        }
    }

    /// Notes what a form has.
    pub(in crate::oauth_server) fn sent(&mut self, form: &TokenForm) {
        self.sent = redacted(form.iter());
        if let Some(id) = form.get("client_id") {
            let id: String = id.chars().take(LONGEST).collect();
            self.client = Some((id.clone(), id));
        }
    }

    /// Keeps the step, where it is known whose it is.
    pub(in crate::oauth_server) async fn end<T>(
        self,
        s: &Services,
        seen: &Seen,
        answer: &Result<T, Fault>,
    ) {
        let Some(tenant) = self.tenant else {
            return;
        };
        let (error, told) = match answer {
            Ok(_) => (None, advice::of_success(self.kind).to_owned()),
            Err(Fault::Told(error)) => (
                Some(error.code.as_str().to_owned()),
                advice::of_error(self.kind, error),
            ),
            Err(_) => return,
        };
        let step = Step {
            kind: self.kind,
            client: self.client,
            error,
            told,
            sent: self.sent,
        };
        record(s, Place::Tenant(tenant), seen, step);
    }
}

/// Names and values without what is secret.
pub(super) fn redacted<'a>(
    pairs: impl Iterator<Item = (&'a str, &'a str)>,
) -> Vec<(String, String)> {
    let kept = |(name, value): (&str, &str)| {
        let value = if SECRET.contains(&name) {
            format!("({} characters)", value.chars().count())
        } else {
            value.chars().take(LONGEST).collect()
        };
        (name.chars().take(60).collect(), value)
    };
    pairs.take(30).map(kept).collect()
}

#[cfg(test)]
mod tests {
    use super::redacted;

    #[test]
    fn no_secret_is_kept() {
        let sent = [("code", "bh_code_x"), ("grant_type", "authorization_code")];
        let kept = redacted(sent.into_iter());
        assert_eq!(kept[0].1, "(9 characters)");
        assert_eq!(kept[1].1, "authorization_code");
    }
}
