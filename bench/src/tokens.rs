//! What a call costs that shows an access token, against one that shows a key: remembered, and seen for the first time.

use crate::bulkhead::Bulkhead;
use crate::connection::{Connection, request};
use crate::load::{Requests, Window, median, once_each};
use crate::turns::{Side, take_turns};
use domain::toolkits::Registry;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use test_support::{World, issue};

const CALLERS: usize = 16;

/// Tokens that are shown once each.
const FIRST: usize = 300;

/// What was seen.
pub struct Tokens {
    /// Calls with a key.
    pub key: Side,
    /// And with a token that is remembered.
    pub token: Side,
    /// A call with a token that was never seen, one at a time, in the middle.
    pub first: Duration,
    /// The same call with a token that is remembered.
    pub again: Duration,
}

/// Runs the experiment, in turns.
pub async fn run(program: &Path, rounds: usize, window: Window) -> anyhow::Result<Tokens> {
    let server = Bulkhead::start(program).await?;
    let by_key = server.whoami(&server.new_key().await?);
    let tokens = tokens(&server).await?;
    let (warm, unseen) = tokens.split_first().expect("tokens");
    let by_token = server.whoami(warm);
    let sides = [by_key, by_token].map(|call| Arc::new(Requests::new(vec![call])));
    let lasts = window.measured.mul_f64(rounds as f64);
    let [key, token] = take_turns(&server, &sides, CALLERS, lasts).await?;
    let list = |token: &String| request(server.addr(), token, "tools/list", None);
    let unseen: Vec<_> = unseen.iter().map(list).collect();
    let mut connection = Connection::open(server.addr()).await?;
    let first = once_each(&mut connection, &unseen).await?;
    let again = once_each(&mut connection, &vec![list(warm); FIRST]).await?;
    Ok(Tokens {
        key,
        token,
        first: median(first),
        again: median(again),
    })
}

/// Access tokens of one log-in, each by a refresh.
async fn tokens(server: &Bulkhead) -> anyhow::Result<Vec<String>> {
    let url = format!("http://{}", server.addr());
    let world = World::on(server.database(), Registry::built_in()?, &url, 2);
    let log_in = world.owner("bench").await.log_in("bench").await;
    let mut tokens = vec![log_in.access_token];
    let mut refresh = log_in.refresh_token;
    for _ in 0..FIRST {
        let body = format!(
            "grant_type=refresh_token&client_id={}&refresh_token={refresh}",
            log_in.oauth_id
        );
        let issued = issue(&world.services, &body).await;
        let text = |name: &str| issued[name].as_str().unwrap_or_default().to_owned();
        refresh = text("refresh_token");
        tokens.push(text("access_token"));
    }
    world.services.db.close().await;
    Ok(tokens)
}
