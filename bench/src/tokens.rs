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

/// How long calls with one credential last until it is the other's turn.
const TURN: Duration = Duration::from_millis(400);

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

/// What calls with one credential cost.
#[derive(Clone, Copy, Default)]
pub struct Side {
    calls: u32,
    time: Duration,
    /// The server's processor time: what a busy disk does to the rate is not in it.
    cpu: Duration,
}

/// Runs the experiment, in turns.
pub async fn run(program: &Path, rounds: usize, window: Window) -> anyhow::Result<Tokens> {
    let server = Bulkhead::start(program).await?;
    let by_key = server.whoami(&server.new_key().await?);
    let tokens = tokens(&server).await?;
    let (warm, unseen) = tokens.split_first().expect("tokens");
    let by_token = server.whoami(warm);
    // In short turns, each first as often as second: what else the machine does meets both alike.
    let turn = Window {
        warm_up: TURN / 4,
        measured: TURN,
    };
    let turns =
        (window.measured.as_secs_f64() * rounds as f64 / TURN.as_secs_f64()).ceil() as usize;
    let (mut key, mut token) = (Side::default(), Side::default());
    for turn_number in 0..turns {
        let key_first = turn_number % 2 == 0;
        for is_key in [key_first, !key_first] {
            let (side, call) = if is_key {
                (&mut key, &by_key)
            } else {
                (&mut token, &by_token)
            };
            side.add(&server, call, turn).await?;
        }
    }
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

impl Side {
    /// Of one call.
    pub fn cpu(&self) -> Duration {
        self.cpu / self.calls.max(1)
    }

    /// Calls a second.
    pub fn rate(&self) -> f64 {
        f64::from(self.calls) / self.time.as_secs_f64()
    }

    async fn add(&mut self, server: &Bulkhead, call: &[u8], turn: Window) -> anyhow::Result<()> {
        let meter = || server.cpu();
        let (seen, before, after) = closed_loop(server.addr(), call, CALLERS, turn, meter).await?;
        let calls = u32::try_from(seen.latencies.len())?;
        ensure!(calls > 0, "no call was answered");
        self.calls += calls;
        self.cpu += after.server.saturating_sub(before.server);
        self.time += turn.measured;
        Ok(())
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
