//! A place on loopback where a program keeps the document that describes it.

use crate::oauth::support::CALLBACK;
use axum::{Json, Router, routing::get};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::net::TcpListener;

/// The place. It counts how often the document is read.
pub struct Documents {
    base: String,
    reads: Arc<AtomicUsize>,
}

impl Documents {
    /// Serves what is made of the document's own address.
    pub async fn start(document: impl Fn(&str) -> Value) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let reads = Arc::new(AtomicUsize::new(0));
        let documents = Self { base, reads };
        let document = document(&documents.address());
        let counted = documents.reads.clone();
        let read = async move || {
            counted.fetch_add(1, Ordering::Relaxed);
            Json(document.clone())
        };
        let router = Router::new().route("/oauth/client.json", get(read));
        tokio::spawn(async move { axum::serve(listener, router).await });
        documents
    }

    /// Where the document is, which is the program's id.
    pub fn address(&self) -> String {
        format!("{}/oauth/client.json", self.base)
    }

    pub fn reads(&self) -> usize {
        self.reads.load(Ordering::Relaxed)
    }
}

/// What ChatGPT's document says: more than is offered here, and two methods of which the server may take its pick.
pub fn as_chatgpt(address: &str) -> Value {
    json!({
        "client_id": address,
        "client_name": "ChatGPT",
        "client_uri": "https://client.example/",
        "logo_uri": "https://client.example/logo.png",
        "redirect_uris": [CALLBACK],
        "grant_types": [
            "authorization_code",
            "refresh_token",
            "urn:ietf:params:oauth:grant-type:jwt-bearer",
        ],
        "response_types": ["code", "id_token"],
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
        "token_endpoint_auth_signing_alg": "RS256",
        "jwks_uri": "https://client.example/jwks.json",
    })
}
