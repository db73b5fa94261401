//! Posting a form to a server function from the hydrated page. Does what Leptos' own action and
//! form do, but encodes what the form holds as it stands instead of going through the function's
//! type: nothing here is compiled anew for each server function but the reading of its answer.

use crate::UiError;
use leptos::{
    form::form_data_from_event,
    prelude::*,
    server::ServerActionError,
    server_fn::{
        Bytes, ContentType, Decodes, Http, ServerFn,
        client::Client,
        codec::{Json, JsonEncoding, PostUrl},
        error::{FromServerFnError, ServerFnUrlError},
        redirect::call_redirect_hook,
        request::ClientReq,
        response::ClientRes,
    },
    task::spawn_local,
};
use leptos_router::hooks::use_query_map;
use serde::de::DeserializeOwned;
use web_sys::{SubmitEvent, UrlSearchParams};

/// A server function that a form can post to.
pub trait Posted:
    ServerFn<
        Error = UiError,
        Protocol = Http<PostUrl, Json>,
        Output: Answered,
        Client: Client<UiError>,
    > + 'static
{
}

/// What such a function answers.
pub trait Answered: DeserializeOwned + Send + Sync + 'static {}

impl<T: DeserializeOwned + Send + Sync + 'static> Answered for T {}

impl<F> Posted for F where
    F: ServerFn<
            Error = UiError,
            Protocol = Http<PostUrl, Json>,
            Output: Answered,
            Client: Client<UiError>,
        > + 'static
{
}

type Answer<F> = Option<Result<<F as ServerFn>::Output, UiError>>;

/// What became of a form: nothing yet, on its way, or its last answer.
pub struct Post<F: Posted> {
    value: RwSignal<Answer<F>>,
    version: RwSignal<usize>,
    pending: RwSignal<bool>,
}

impl<F: Posted> Clone for Post<F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F: Posted> Copy for Post<F> {}

impl<F: Posted> Post<F> {
    /// Nothing yet, or the refusal that a form posted without WebAssembly left in the address.
    #[expect(
        clippy::new_without_default,
        reason = "it reads the address: there is no default"
    )]
    pub fn new() -> Self {
        Self {
            value: RwSignal::new(refusal_in_address(F::PATH).map(Err)),
            version: RwSignal::new(0),
            pending: RwSignal::new(false),
        }
    }

    /// The last answer.
    pub fn value(self) -> RwSignal<Answer<F>> {
        self.value
    }

    /// How many answers there were.
    pub fn version(self) -> RwSignal<usize> {
        self.version
    }

    /// Whether a form is on its way.
    pub fn pending(self) -> RwSignal<bool> {
        self.pending
    }

    /// Sends what the submitted form holds.
    pub(super) fn submit(self, event: &SubmitEvent) {
        event.prevent_default();
        if let Some(body) = encoded(event) {
            self.send(body);
        }
    }

    /// Sends a form that is encoded already, unless one is on its way.
    pub fn send(self, body: String) {
        if self.pending.get_untracked() {
            return;
        }
        self.pending.set(true);
        spawn_local(async move {
            let answer = post::<F::Client>(F::PATH, body).await.and_then(decoded);
            // The page may be gone by now: an answer can lead to another one.
            self.pending.try_set(false);
            self.value.try_set(Some(answer));
            self.version.try_update(|version| *version += 1);
        });
    }
}

fn refusal_in_address(path: &str) -> Option<UiError> {
    let refusal: ServerActionError = use_context()?;
    // The context outlives the address that it was read from.
    let is_there = use_query_map().with_untracked(|query| query.get_str("__err").is_some());
    (is_there && refusal.path() == path).then(|| ServerFnUrlError::decode_err(refusal.err()))
}

/// The fields of the form, and the button that sent it.
fn encoded(event: &SubmitEvent) -> Option<String> {
    let fields = form_data_from_event(event).ok()?;
    let fields = UrlSearchParams::new_with_str_sequence_sequence(&fields).ok()?;
    fields.to_string().as_string()
}

fn decoded<T: DeserializeOwned>(body: Bytes) -> Result<T, UiError> {
    JsonEncoding::decode(body).map_err(|_| UiError::Malformed)
}

/// Posts, and follows where the answer leads.
async fn post<C: Client<UiError>>(path: &str, body: String) -> Result<Bytes, UiError> {
    let request = C::Request::try_new_post(path, PostUrl::CONTENT_TYPE, Json::CONTENT_TYPE, body)?;
    let answer = C::send(request).await?;
    let refused = answer.status() >= 400;
    let target = answer.has_redirect().then(|| answer.location());
    let body = answer.try_into_bytes().await?;
    if refused {
        return Err(UiError::de(body));
    }
    if let Some(target) = target {
        call_redirect_hook(&target);
    }
    Ok(body)
}
