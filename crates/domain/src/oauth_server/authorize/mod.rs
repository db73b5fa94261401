//! From a client's question to a person's decision. The question is checked and kept ([`begin`]); the person sees it
//! ([`consent`]) and decides ([`decide`]); the client gets a code, or a reason, at an address of its own.

mod connect;
mod consent;
mod store;

use super::{
    Audience, Fault,
    clients::{self, Client, Of},
};
use crate::{Result, Services, members::SignedIn, toolkits};
use api_types::OauthRequestId;
use connect::Allowed;
pub(super) use connect::{client_of_tenant, tell_of_client};
pub use consent::{Decided, Wanted, consent, decide};
use oauth::{AuthorizeQuery, AuthorizeRequest, ErrorCode, OAuthError, Prompt, Scopes, answer_url};
use store::NewRequest;
pub(super) use store::{Code, code_by_digest, delete_expired, lock_code, use_code};
use uuid::Uuid;

pub(super) const CODE_DOMAIN: &str = "bulkhead/oauth-code/v1";

/// What becomes of a client's question.
#[derive(Debug)]
pub enum Asked {
    /// The browser goes back to the client, with a code or a reason.
    Answer(String),
    /// A person has to decide, here.
    Ask(OauthRequestId),
}

/// A question in which the client and the way back are known to be good.
struct Question {
    client: Client,
    redirect_uri: String,
    state: Option<String>,
}

impl Question {
    /// Where the browser goes with this answer (RFC 6749, section 4.1.2; RFC 9207).
    fn answer(&self, s: &Services, parameters: &[(&str, &str)]) -> String {
        answer(s, &self.redirect_uri, self.state.as_deref(), parameters)
    }

    fn refusal(&self, s: &Services, error: &OAuthError) -> String {
        let told = [
            ("error", error.code.as_str()),
            ("error_description", &*error.description),
        ];
        self.answer(s, &told)
    }
}

fn answer(
    s: &Services,
    redirect_uri: &str,
    state: Option<&str>,
    parameters: &[(&str, &str)],
) -> String {
    let mut all = parameters.to_vec();
    all.extend(state.map(|state| ("state", state)));
    all.push(("iss", &s.public_url));
    answer_url(redirect_uri, &all)
}

/// What a sound question is about.
struct Subject {
    request: AuthorizeRequest,
    audience: Option<Audience>,
}

/// Takes a client's question. A [`Fault`] is for the person: there is no good address to send it to.
pub async fn begin(
    s: &Services,
    query: &str,
    who: Option<SignedIn>,
) -> std::result::Result<(Asked, Option<OAuthError>), Fault> {
    let sent = AuthorizeQuery::parse(query)?;
    let client = clients::find(s, &sent.client_id).await?;
    let client = client.ok_or_else(|| {
        let told = "there is no client with this client_id (any more); let the app register again";
        Fault::told(ErrorCode::InvalidClient, told)
    })?;
    let redirect = client.redirect(sent.redirect_uri.as_deref());
    let redirect_uri = redirect.ok_or_else(|| {
        let told = "the redirect_uri is none that the client has registered";
        Fault::told(ErrorCode::InvalidRedirectUri, told)
    })?;
    let question = Question {
        redirect_uri,
        state: sent.state.clone(),
        client,
    };
    let subject = match check(s, &question.client, &sent) {
        Ok(subject) => subject,
        Err(error) => return Ok((Asked::Answer(question.refusal(s, &error)), Some(error))),
    };
    match go_on(s, &question, &subject, who).await {
        Ok(asked) => Ok((asked, None)),
        Err(Fault::Told(error)) => Ok((Asked::Answer(question.refusal(s, &error)), Some(error))),
        Err(fault) => Err(fault),
    }
}

fn check(
    s: &Services,
    client: &Client,
    sent: &AuthorizeQuery,
) -> std::result::Result<Subject, OAuthError> {
    let mut request = sent.check()?;
    let audience = match &request.resource {
        None => None,
        Some(resource) => Some(Audience::parse(&s.public_url, resource).ok_or_else(|| {
            let told = "the resource is not an MCP endpoint of this server";
            OAuthError::new(ErrorCode::InvalidTarget, told)
        })?),
    };
    if let Some(asked) = &request.scopes {
        let known: Scopes = toolkits::scopes(&s.toolkits).into_iter().collect();
        let kept = asked.intersection(&known);
        // Others are ignored, as RFC 6749 section 3.3 allows: `openid` and `offline_access` come often.
        if kept.is_empty() && !asked.is_empty() && asked.iter().any(|scope| scope.contains(':')) {
            let told = format!("no scope of these is known here; there are {known}");
            return Err(OAuthError::new(ErrorCode::InvalidScope, told));
        }
        request.scopes = Some(kept).filter(|kept| !kept.is_empty());
    }
    if !client
        .grant_types
        .contains(&oauth::GrantType::AuthorizationCode)
    {
        let told = "this client is not registered for logging people in";
        return Err(OAuthError::new(ErrorCode::UnauthorizedClient, told));
    }
    Ok(Subject { request, audience })
}

async fn go_on(
    s: &Services,
    question: &Question,
    subject: &Subject,
    who: Option<SignedIn>,
) -> std::result::Result<Asked, Fault> {
    let prompt = subject.request.prompt;
    let Some(who) = who else {
        if prompt == Prompt::None {
            return Err(Fault::told(
                ErrorCode::LoginRequired,
                "nobody is signed in here",
            ));
        }
        return Ok(Asked::Ask(keep(s, question, subject).await?));
    };
    let may_pass = matches!(prompt, Prompt::Any | Prompt::None);
    if may_pass
        && oauth::redirect::is_https(&question.redirect_uri)
        && !oauth::redirect::is_loopback(&question.redirect_uri)
        && let Some(allowed) = remembered(s, question, subject, who).await?
    {
        let code = connect::connect(s, &allowed).await?;
        return Ok(Asked::Answer(question.answer(s, &[("code", &code)])));
    }
    if prompt == Prompt::None {
        return Err(Fault::told(
            ErrorCode::ConsentRequired,
            "the person has not allowed this for good",
        ));
    }
    Ok(Asked::Ask(keep(s, question, subject).await?))
}

async fn keep(s: &Services, question: &Question, subject: &Subject) -> Result<OauthRequestId> {
    let id = OauthRequestId(Uuid::new_v4());
    let resource = subject.audience.as_ref();
    let new = NewRequest {
        oauth_id: &question.client.oauth_id,
        redirect_uri: &question.redirect_uri,
        state: question.state.as_deref(),
        challenge: subject.request.challenge.as_str(),
        scopes: subject.request.scopes.as_ref().map(Scopes::to_vec),
        resource: resource.map(|resource| resource.url(&s.public_url)),
    };
    store::keep(&mut *s.db.global().await?, id, &new).await?;
    Ok(id)
}

/// What the person has allowed this client for good, if that is all that it asks for.
async fn remembered(
    s: &Services,
    question: &Question,
    subject: &Subject,
    who: SignedIn,
) -> std::result::Result<Option<Allowed>, Fault> {
    let slug = match (&subject.audience, question.client.of) {
        (Some(Audience::Tenant(slug)), _) => Some(slug.clone()),
        (_, Of::Tenant(tenant, _)) => consent::slug_of(s, who, tenant).await?,
        _ => None,
    };
    let Some(slug) = slug else {
        return Ok(None);
    };
    let Ok(actor) = crate::members::actor(s, who, &slug).await else {
        return Ok(None);
    };
    let mut tx = s.db.tenant_tx(actor.tenant()).await?;
    let known = connect::known_client(&mut tx, actor.tenant(), &question.client).await?;
    let consented = match known {
        Some(client) => store::consent(&mut tx, actor.tenant(), who.user, client).await?,
        None => None,
    };
    tx.commit().await?;
    let Some(consented) = consented else {
        return Ok(None);
    };
    let consented: Scopes = consented.into_iter().collect();
    let wanted = subject
        .request
        .scopes
        .clone()
        .unwrap_or_else(|| consented.clone());
    if !wanted.is_subset_of(&consented) {
        return Ok(None);
    }
    let audience = subject
        .audience
        .clone()
        .unwrap_or_else(|| Audience::Tenant(actor.slug().into()));
    Ok(Some(Allowed {
        client: question.client.clone(),
        redirect_uri: question.redirect_uri.clone(),
        challenge: subject.request.challenge.as_str().into(),
        resource: audience.url(&s.public_url),
        scopes: wanted.to_vec(),
        remember: false,
        request: None,
        actor,
    }))
}
