//! What a call costs that shows an access token, against one that shows a key: remembered, and seen for the first time.

use crate::bulkhead::Bulkhead;
use crate::connection::{Connection, request};
use crate::load::{Window, closed_loop, median, once_each};
use anyhow::ensure;
use domain::toolkits::Registry;
use std::path::Path;
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
    /// Processor time of the second over that of the first, in the middle of the pairs.
    pub more: f64,
    /// A call with a token that was never seen, one at a time, in the middle.
    pub first: Duration,
    /// The same call with a token that is remembered.
    pub again: Duration,
}

/// What calls with one credential cost.
#[derive(Clone, Copy)]
pub struct Side {
    /// A second.
    pub rate: f64,
    /// The server's processor time for one: what a busy disk does to the rate is not in it.
    pub cpu: Duration,
}

/// Runs the experiment, in turns.
pub async fn run(program: &Path, rounds: usize, window: Window) -> anyhow::Result<Tokens> {
    let server = Bulkhead::start(program).await?;
    let by_key = server.whoami(&server.new_key().await?);
    let tokens = tokens(&server).await?;
    let (warm, unseen) = tokens.split_first().expect("tokens");
    let by_token = server.whoami(warm);
    let (mut keys, mut seen) = (Vec::new(), Vec::new());
    // Each comes first as often as second, so that a machine that grows slower or quicker favours neither.
    for round in 0..rounds {
        let key_first = round % 2 == 0;
        for is_key in [key_first, !key_first] {
            let (sides, call) = match is_key {
                true => (&mut keys, &by_key),
                false => (&mut seen, &by_token),
            };
            sides.push(side(&server, call, window).await?);
        }
    }
    let pairs = keys.iter().zip(&seen);
    let more = median(pairs.map(|(key, token)| token.cpu.as_secs_f64() / key.cpu.as_secs_f64()));
    let list = |token: &String| request(server.addr(), token, "tools/list", None);
    let unseen: Vec<_> = unseen.iter().map(list).collect();
    let mut connection = Connection::open(server.addr()).await?;
    let first = once_each(&mut connection, &unseen).await?;
    let again = once_each(&mut connection, &vec![list(warm); FIRST]).await?;
    Ok(Tokens {
        key: middle(&keys),
        token: middle(&seen),
        more,
        first: median(first),
        again: median(again),
    })
}

async fn side(server: &Bulkhead, call: &[u8], window: Window) -> anyhow::Result<Side> {
    let meter = || server.cpu();
    let (seen, before, after) = closed_loop(server.addr(), call, CALLERS, window, meter).await?;
    let calls = u32::try_from(seen.latencies.len())?;
    ensure!(calls > 0, "no call was answered");
    Ok(Side {
        rate: f64::from(calls) / window.measured.as_secs_f64(),
        cpu: after.server.saturating_sub(before.server) / calls,
    })
}

fn middle(rounds: &[Side]) -> Side {
    Side {
        rate: median(rounds.iter().map(|round| round.rate)),
        cpu: median(rounds.iter().map(|round| round.cpu)),
    }
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
