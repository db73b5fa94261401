//! A page's data: asked once by the server, handed over inside the page, asked again by the browser.

use crate::UiError;
use codee::{Decoder, Encoder};
use leptos::prelude::{Resource, *};
use serde::{Serialize, de::DeserializeOwned};

/// A page's data, or why it could not be had.
pub type Data<T> = Resource<Result<T, UiError>, Json>;

/// JSON read from bytes. Answers of server functions are read from bytes too, and so the browser
/// has one reader of each type instead of two.
pub struct Json;

impl<T: Serialize> Encoder<T> for Json {
    type Error = serde_json::Error;
    type Encoded = String;

    fn encode(value: &T) -> Result<String, Self::Error> {
        serde_json::to_string(value)
    }
}

impl<T: DeserializeOwned> Decoder<T> for Json {
    type Error = serde_json::Error;
    type Encoded = str;

    fn decode(text: &str) -> Result<T, Self::Error> {
        serde_json::from_slice(text.as_bytes())
    }
}

/// Asks for a page's data, and again whenever `source` changes.
pub fn data<S, T, F>(
    source: impl Fn() -> S + Send + Sync + 'static,
    ask: impl Fn(S) -> F + Send + Sync + 'static,
) -> Data<T>
where
    S: Clone + PartialEq + Send + Sync + 'static,
    T: Serialize + DeserializeOwned + Send + Sync + 'static,
    F: Future<Output = Result<T, UiError>> + Send + 'static,
{
    Resource::new_with_options(source, ask, false)
}
