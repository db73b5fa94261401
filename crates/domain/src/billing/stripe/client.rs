//! Requests to Stripe: forms out, JSON back, tried again where that cannot do anything twice.

use super::{Stripe, objects::List};
use crate::Error;
use anyhow::anyhow;
use api_types::Refusal;
use reqwest::{Method, Response, StatusCode, Url};
use serde::{Deserialize, de::DeserializeOwned};
use std::time::Duration;
use tokio::time::sleep;

/// The version of the API whose shapes we read.
const VERSION: &str = "2026-09-30.endive";

/// One try, from beginning to end.
const WHOLE: Duration = Duration::from_secs(8);

/// Pauses before the second and the third try.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(800)];

/// More than this is no answer that we can use.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// So many pages of a list are read at most.
const MOST_PAGES: usize = 1000;

/// The fields of a request, with names such as `items[0][price]`.
#[derive(Clone, Debug, Default)]
pub(in crate::billing) struct Form(Vec<(String, String)>);

impl Form {
    /// With one more field.
    pub(in crate::billing) fn with(
        mut self,
        name: impl Into<String>,
        value: impl ToString,
    ) -> Self {
        self.0.push((name.into(), value.to_string()));
        self
    }
}

/// Why there is no answer to go by.
#[derive(Debug, thiserror::Error)]
pub(in crate::billing) enum Trouble {
    /// Stripe said no. The message is Stripe's, and holds nothing secret of ours.
    #[error("Stripe answered {status}: {message}")]
    Refused {
        /// The status.
        status: u16,
        /// What kind of no, such as `card_declined`.
        code: String,
        /// In words.
        message: String,
    },
    /// Stripe was not reached, did not answer in time, or said something that is not its API's.
    #[error("no answer from Stripe: {0}")]
    NoAnswer(String),
}

impl Trouble {
    /// Whether there is no such thing.
    pub(in crate::billing) fn is_missing(&self) -> bool {
        matches!(self, Self::Refused { status: 404, .. })
    }
}

impl From<Trouble> for Error {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            // The card's doing, which is the person's to know.
            Trouble::Refused {
                status: 402,
                message,
                ..
            } => Refusal::conflict(message).into(),
            Trouble::Refused { .. } => Self::Broken(anyhow!(trouble)),
            Trouble::NoAnswer(_) => {
                tracing::warn!("{trouble}");
                let words = "Stripe does not answer at the moment; try again in a minute";
                Refusal::conflict(words).into()
            }
        }
    }
}

/// What Stripe says when it says no.
#[derive(Deserialize)]
struct Said {
    error: SaidError,
}

#[derive(Deserialize)]
struct SaidError {
    #[serde(default)]
    code: Option<String>,
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    message: String,
}

impl Stripe {
    /// Asks for something.
    pub(in crate::billing) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &Form,
    ) -> Result<T, Trouble> {
        self.ask(Method::GET, path, query, None).await
    }

    /// Asks for all pages of a list.
    pub(in crate::billing) async fn list<T: DeserializeOwned + Named>(
        &self,
        path: &str,
        query: &Form,
    ) -> Result<Vec<T>, Trouble> {
        let query = query.clone().with("limit", 100);
        let mut all: Vec<T> = Vec::new();
        for _ in 0..MOST_PAGES {
            let page = match all.last() {
                Some(last) => query.clone().with("starting_after", last.id()),
                None => query.clone(),
            };
            let page: List<T> = self.get(path, &page).await?;
            all.extend(page.data);
            if !page.has_more {
                return Ok(all);
            }
        }
        Err(Trouble::NoAnswer(format!(
            "the list of {path} does not end"
        )))
    }

    /// Does something, once for this key of idempotency, however often it is tried.
    pub(in crate::billing) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        form: &Form,
        key: &str,
    ) -> Result<T, Trouble> {
        self.ask(Method::POST, path, form, Some(key)).await
    }

    /// Ends something, which is the same however often it is tried.
    pub(in crate::billing) async fn delete<T: DeserializeOwned>(
        &self,
        path: &str,
        form: &Form,
    ) -> Result<T, Trouble> {
        self.ask(Method::DELETE, path, form, None).await
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        form: &Form,
        key: Option<&str>,
    ) -> Result<T, Trouble> {
        let mut pauses = PAUSES.into_iter();
        loop {
            let answer = self.once(method.clone(), path, form, key).await;
            let passes = answer.as_ref().err().is_some_and(passes);
            let Some(pause) = pauses.next().filter(|_| passes) else {
                let body = answer?;
                return serde_json::from_slice(&body)
                    .map_err(|error| Trouble::NoAnswer(format!("{path}: {error}")));
            };
            sleep(pause).await;
        }
    }

    async fn once(
        &self,
        method: Method,
        path: &str,
        form: &Form,
        key: Option<&str>,
    ) -> Result<Vec<u8>, Trouble> {
        let way = &self.0;
        let url = format!("{}/v1/{path}", way.base);
        let url = if method == Method::GET {
            Url::parse_with_params(&url, &form.0)
        } else {
            Url::parse(&url)
        };
        let url = url.map_err(|error| Trouble::NoAnswer(error.to_string()))?;
        let mut request = way.client.request(method.clone(), url).timeout(WHOLE);
        request = request
            .bearer_auth(way.key.reveal())
            .header("stripe-version", VERSION);
        if method != Method::GET {
            request = request.form(&form.0);
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        // Without the address, which names customers.
        let sent = request.send().await;
        let answer = sent.map_err(|error| Trouble::NoAnswer(error.without_url().to_string()))?;
        let status = answer.status();
        let body = read(answer).await?;
        if status.is_success() {
            return Ok(body);
        }
        Err(refused(status, &body))
    }
}

/// Whether asking again may help: what is busy, and what is not there for a moment.
fn passes(trouble: &Trouble) -> bool {
    match trouble {
        Trouble::NoAnswer(_) => true,
        Trouble::Refused { status, .. } => matches!(status, 409 | 429 | 500..),
    }
}

fn refused(status: StatusCode, body: &[u8]) -> Trouble {
    let said = serde_json::from_slice::<Said>(body).ok();
    let status = status.as_u16();
    match said {
        Some(Said { error }) => Trouble::Refused {
            status,
            code: error.code.unwrap_or(error.kind),
            message: error.message,
        },
        None => Trouble::Refused {
            status,
            code: String::new(),
            message: "without words".into(),
        },
    }
}

async fn read(mut answer: Response) -> Result<Vec<u8>, Trouble> {
    let mut body = Vec::new();
    let broken = |error: reqwest::Error| Trouble::NoAnswer(error.without_url().to_string());
    while let Some(chunk) = answer.chunk().await.map_err(broken)? {
        body.extend_from_slice(&chunk);
        if body.len() > MOST_BYTES {
            return Err(Trouble::NoAnswer("the answer does not end".into()));
        }
    }
    Ok(body)
}

/// What lists are made of: the next page begins after the last one's id.
pub(in crate::billing) trait Named {
    /// The id.
    fn id(&self) -> &str;
}
