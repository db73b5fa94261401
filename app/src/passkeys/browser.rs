//! What the browser does with passkeys. Both sides speak the JSON of the specification's third
//! level, so nothing here knows what is inside. The objects are reached by name: bindings would weigh more.

use leptos::prelude::window;
use leptos::wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::js_sys::{Function, JSON, Object, Promise, Reflect};

/// Makes a passkey. Answers what is to be sent to the server, or why there is nothing.
pub async fn create(options: &str) -> Result<String, String> {
    ask(options, "parseCreationOptionsFromJSON", "create").await
}

/// Has a passkey answer, likewise.
pub async fn get(options: &str) -> Result<String, String> {
    ask(options, "parseRequestOptionsFromJSON", "get").await
}

async fn ask(options: &str, parser: &str, method: &str) -> Result<String, String> {
    let promise = promise(options, parser, method).map_err(|_| UNSUPPORTED.to_string())?;
    let credential = JsFuture::from(promise)
        .await
        .map_err(|error| told(&error))?;
    JSON::stringify(&credential)
        .map(String::from)
        .map_err(|_| UNSUPPORTED.to_string())
}

fn promise(options: &str, parser: &str, method: &str) -> Result<Promise, JsValue> {
    let class = Reflect::get(&window(), &"PublicKeyCredential".into())?;
    let parsed = function(&class, parser)?.call1(&class, &JSON::parse(options)?)?;
    let argument = Object::new();
    Reflect::set(&argument, &"publicKey".into(), &parsed)?;
    let credentials = Reflect::get(&window().navigator(), &"credentials".into())?;
    let promise = function(&credentials, method)?.call1(&credentials, &argument)?;
    promise.dyn_into()
}

fn function(object: &JsValue, name: &str) -> Result<Function, JsValue> {
    Reflect::get(object, &name.into())?.dyn_into()
}

const UNSUPPORTED: &str = "This browser cannot use passkeys here: it is too old, or the page is not reached by a name over https.";

/// The browser says little about why, so that pages cannot find out who somebody is.
fn told(error: &JsValue) -> String {
    let name = Reflect::get(error, &"name".into()).ok();
    let name = name.and_then(|name| name.as_string()).unwrap_or_default();
    match name.as_str() {
        "InvalidStateError" => "This device has a passkey for your account already.",
        "SecurityError" => "Passkeys do not work at this address.",
        "NotSupportedError" => "This device cannot make a passkey that we can use.",
        _ => "Nothing was done: it was cancelled, it took too long, or there is no passkey here.",
    }
    .into()
}
