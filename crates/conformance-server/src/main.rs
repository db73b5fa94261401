//! A server for the official MCP conformance suite: the production router, real tenancy and real keys, with one
//! more toolkit that has what the suite's scenarios call. Never part of the product.
//!
//! The suite cannot send a key, so a request without one gets the tenant's own before it reaches the front. All
//! else arrives as the suite sent it: hostile hosts and origins, and connections that break off.

mod fixtures;

use axum::body::Body;
use domain::toolkits::{Registry, account::Account, tasks::Tasks};
use http::{HeaderValue, Request, header};
use leptos::config::LeptosOptions;
use server::config::{Config, PublicUrl};
use server::{AppState, Front, Lifecycle, serve};
use std::sync::Arc;
use test_support::World;
use tokio::net::TcpListener;
use tower::ServiceExt as _;

/// What the suite's key opens.
const SCOPES: [&str; 3] = ["account:read", "tasks:write", "conformance:read"];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let public_url = PublicUrl::of_address(listener.local_addr()?);
    let toolkits = Registry::new(vec![
        Arc::new(Account::new()),
        Arc::new(Tasks::new()),
        Arc::new(fixtures::Fixtures::new()),
    ])?;
    let world = World::with(toolkits, &public_url.to_string(), 5).await;
    let owner = world.owner("suite").await;
    let key = owner.key_with(&owner.client("suite").await, &SCOPES).await;

    let lifecycle = Lifecycle::default();
    let stopping = lifecycle.stopping().clone();
    let config = Config::new(public_url.clone());
    let options = LeptosOptions::builder().output_name("bulkhead").build();
    let front = Front::new(&AppState::new(
        world.services.clone(),
        options,
        lifecycle.clone(),
        config,
    ));
    // The suite knows nothing of keys.
    let bearer = HeaderValue::try_from(format!("Bearer {}", key.secret))?;
    let front = front.map_request(move |mut request: Request<Body>| {
        let headers = request.headers_mut();
        headers
            .entry(header::AUTHORIZATION)
            .or_insert(bearer.clone());
        request
    });

    println!("{public_url}/t/{}/mcp", owner.actor.slug());
    tokio::spawn(async move {
        let _ = tokio::signal::ctrl_c().await;
        lifecycle.stop();
    });
    serve(listener, front, stopping).await;
    Ok(())
}
