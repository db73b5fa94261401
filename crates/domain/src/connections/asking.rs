//! Asking a provider: for tokens, to revoke them, and whose account it is. Nobody holds a connection to the database
//! meanwhile.

use super::{Words, apps::App, vault::Secret};
use crate::{
    Services,
    outbound::{Call, Reply, Unreachable},
};
use api_types::TenantId;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use connector::{
    ClientAuth, Method, OAuth2, Provider, Request, RevokeStyle, is_refusal, oauth, problem,
};
use std::time::{Duration, Instant};
use url::form_urlencoded;

/// What a provider may take for one answer. A lease is longer.
pub(super) const DEADLINE: Duration = Duration::from_secs(15);

/// Tokens and profiles are short.
const MOST_BYTES: usize = 256 * 1024;

/// More of a provider's words than this are not repeated.
const MOST_WORDS: usize = 300;

/// A provider and who asks it.
pub(super) struct At<'a> {
    pub s: &'a Services,
    pub tenant: TenantId,
    pub provider: &'a Provider,
    pub words: &'a Words,
}

/// Why there are no tokens.
#[derive(Debug)]
pub(super) enum NoTokens {
    /// The provider said no, in these words; whether a person must connect again.
    Refused { told: String, is_final: bool },
    /// There was no answer, in our words, and when to come back.
    Unreachable(String, Option<Duration>),
}

/// What the provider says of an account.
#[derive(Debug)]
pub(super) enum Account {
    /// It is there, and called so if the provider says how.
    There(Option<String>),
    /// The provider does not take the secret.
    Refused(String),
    /// It answered, but neither of these.
    Odd(String),
    /// There was no answer.
    Unreachable(String),
    /// The provider has no request that tells.
    Untold,
}

impl At<'_> {
    async fn send(&self, request: Request, may_repeat: bool) -> Result<Reply, Unreachable> {
        let call = Call {
            tenant: self.tenant,
            provider: &self.provider.id,
            method: method(request.method),
            url: request.url,
            headers: request.headers,
            body: request.body,
            deadline: Instant::now() + DEADLINE,
            most_bytes: MOST_BYTES,
            may_repeat,
        };
        self.s.outbound.call(call).await
    }

    /// Exchanges a code or a refresh token. It is asked once: a code and a rotating token are good once.
    pub(super) async fn tokens(
        &self,
        how: &OAuth2,
        app: &App,
        exchange: oauth::Exchange<'_>,
    ) -> Result<oauth::Tokens, NoTokens> {
        let wrong = |error: connector::Wrong| NoTokens::Refused {
            told: error.to_string(),
            is_final: true,
        };
        let url = self
            .provider
            .address(&how.token, self.words)
            .map_err(wrong)?;
        let (form, authorization) = oauth::token_form(how, exchange, &app.client_id, &app.secret);
        let mut request = Request {
            method: Method::Post,
            url,
            headers: vec![("accept".into(), "application/json".into())],
            body: Some(form_body(&form)),
        };
        let basic = authorization.map(|value| ("authorization".to_owned(), value));
        request.headers.extend(basic.clone());
        let reply = self
            .send(request, false)
            .await
            .map_err(|error| NoTokens::Unreachable(error.to_string(), retry_after(error)))?;
        oauth::read_tokens(how, &reply.body, reply.status).map_err(|error| {
            let said = error.description.as_deref().unwrap_or(&error.error);
            // Our own secrets, should the provider repeat them.
            let secrets = form.iter().filter(|(name, _)| {
                ["code", "refresh_token", "client_secret", "code_verifier"].contains(&name.as_str())
            });
            let told = secrets.fold(said.to_owned(), |told, (_, secret)| {
                told.replace(secret.as_str(), "…")
            });
            let told = told.replace(app.secret.as_str(), "…");
            let shown = basic
                .iter()
                .filter_map(|(_, value)| value.split(' ').nth(1));
            let told = shown.fold(told, |told, shown| told.replace(shown, "…"));
            NoTokens::Refused {
                told: shortened(&told),
                is_final: error.is_final,
            }
        })
    }

    /// Asks whose account it is.
    pub(super) async fn account(&self, secret: &Secret) -> Account {
        let mut request = match self.provider.account_request(self.words) {
            Some(Ok(request)) => request,
            Some(Err(error)) => return Account::Odd(error.to_string()),
            None => return Account::Untold,
        };
        secret.put_into(&mut request, self.provider);
        let reply = match self.send(request, true).await {
            Ok(reply) => reply,
            Err(error) => return Account::Unreachable(error.to_string()),
        };
        let api = &self.provider.api;
        if !is_refusal(api, reply.status, &reply.body) {
            let label = self.provider.account_label(&reply.body);
            return Account::There(label.map(|label| shortened(&secret.cleaned(&label))));
        }
        let said = problem(api, reply.status, &reply.body);
        let said = shortened(&secret.cleaned(&said));
        match reply.status {
            // A 200 that says no inside.
            200..300 | 401 | 403 => Account::Refused(said),
            _ => Account::Odd(said),
        }
    }

    /// Tells the provider that nobody will show these tokens again. Answers whether it took that.
    pub(super) async fn revoke(&self, how: &OAuth2, app: &App, secret: &Secret) -> bool {
        let Some(revocation) = &how.revocation else {
            return false;
        };
        // A refresh token's end is the end of what came of it (RFC 7009, 2.1).
        let token = secret.refresh().unwrap_or(secret.access());
        let url = revocation.url.replace("{client_id}", &app.client_id);
        let Ok(url) = self.provider.address(&url, self.words) else {
            return false;
        };
        let basic = (
            "authorization".to_owned(),
            basic(&app.client_id, &app.secret),
        );
        let mut headers: Vec<_> = self.provider.api.headers.clone().into_iter().collect();
        let (method, body) = match revocation.style {
            RevokeStyle::Rfc7009 => {
                let mut form = vec![("token".to_owned(), token.to_owned())];
                if how.client_auth == ClientAuth::Post {
                    form.push(("client_id".into(), app.client_id.clone()));
                    form.push(("client_secret".into(), app.secret.as_str().into()));
                } else {
                    headers.push(basic);
                }
                (Method::Post, Some(form_body(&form)))
            }
            RevokeStyle::DeleteJson => {
                headers.push(basic);
                let body = serde_json::json!({ "access_token": secret.access() });
                let body = body.to_string().into_bytes();
                (Method::Delete, Some(("application/json".to_owned(), body)))
            }
            RevokeStyle::BearerPost => {
                let bearer = format!("Bearer {}", secret.access());
                headers.push(("authorization".into(), bearer));
                (Method::Post, None)
            }
        };
        let request = Request {
            method,
            url,
            headers,
            body,
        };
        let told = self.send(request, true).await;
        told.is_ok_and(|reply| (200..300).contains(&reply.status))
    }
}

fn form_body(form: &[(String, String)]) -> (String, Vec<u8>) {
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish();
    (
        "application/x-www-form-urlencoded".into(),
        body.into_bytes(),
    )
}

/// RFC 6749, 2.3.1: both are encoded as in a form first.
fn basic(client_id: &str, secret: &str) -> String {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let both = format!("{}:{}", encoded(client_id), encoded(secret));
    format!("Basic {}", STANDARD.encode(both))
}

fn method(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
        Method::Head => reqwest::Method::HEAD,
    }
}

fn retry_after(error: Unreachable) -> Option<Duration> {
    match error {
        Unreachable::Busy { retry_after } => Some(retry_after),
        _ => None,
    }
}

/// A provider's words as they may be shown: one line, not long.
fn shortened(words: &str) -> String {
    let plain = words
        .chars()
        .map(|one| if one.is_control() { ' ' } else { one });
    plain.take(MOST_WORDS).collect::<String>().trim().to_owned()
}
