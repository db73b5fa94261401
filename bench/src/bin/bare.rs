//! What the framework alone costs: an axum handler that reads a tool call and answers a fixed result.
//!
//! No key, no limit, no database. It reads as much of the body as any server must: the envelope and the name.

use axum::{
    Router, body::Bytes, extract::State, response::IntoResponse, routing::get, routing::post,
};
use clap::Parser;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::{fs, net::SocketAddr, path::PathBuf, sync::Arc};
use tokio::net::TcpListener;

#[derive(Parser)]
struct Arguments {
    /// Where to listen.
    addr: SocketAddr,
    /// A file with the JSON to answer as the result.
    result: PathBuf,
}

#[derive(Deserialize)]
struct Request<'a> {
    jsonrpc: &'a str,
    #[serde(borrow)]
    id: &'a RawValue,
    method: &'a str,
    #[serde(borrow)]
    params: Params<'a>,
}

#[derive(Deserialize)]
struct Params<'a> {
    name: &'a str,
    #[serde(borrow)]
    arguments: &'a RawValue,
    #[serde(borrow, rename = "_meta")]
    meta: &'a RawValue,
}

#[derive(Serialize)]
struct Response<'a> {
    jsonrpc: &'a str,
    id: &'a RawValue,
    result: &'a RawValue,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let result = RawValue::from_string(fs::read_to_string(arguments.result)?)?;
    let router = Router::new()
        .route("/readyz", get(async || "ready"))
        .route("/mcp", post(answer))
        .with_state(Arc::from(result));
    let listener = TcpListener::bind(arguments.addr).await?;
    Ok(axum::serve(listener, router).await?)
}

async fn answer(State(result): State<Arc<RawValue>>, body: Bytes) -> impl IntoResponse {
    let Ok(request) = serde_json::from_slice::<Request>(&body) else {
        return Err("not a tool call".to_owned());
    };
    let known = request.jsonrpc == "2.0" && request.method == "tools/call";
    let read = request.params.arguments.get().len() + request.params.meta.get().len();
    if !known || request.params.name != "whoami" || read == 0 {
        return Err(format!("no tool {}", request.params.name));
    }
    let response = Response {
        jsonrpc: "2.0",
        id: request.id,
        result: &result,
    };
    let body = serde_json::to_vec(&response).map_err(|error| error.to_string())?;
    Ok(([("content-type", "application/json")], body))
}
