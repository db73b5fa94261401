//! What a storm of sign-ins leaves of the calls (rule R12): 200 people a second sign in, each from elsewhere and with
//! the right password, while callers go on; against the same callers alone, in turns.

use crate::bulkhead::Bulkhead;
use crate::load::{Window, closed_loop, median};
use anyhow::{Context as _, ensure};
use domain::toolkits::Registry;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::{Duration, Instant};
use test_support::{PASSWORD, World};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::interval;

const CALLERS: usize = 16;
const PEOPLE: usize = 50;
const BETWEEN: Duration = Duration::from_millis(5);
const TOO_MANY: u16 = 429;

/// What the callers saw, and what became of those who signed in.
pub struct Storm {
    /// 99 of 100 calls took at most so long without anybody signing in.
    pub alone: Duration,
    /// And beside the storm.
    pub beside: Duration,
    /// Sign-ins a second that were answered with a session.
    pub signed_in: f64,
    /// And that were asked to come again in a few seconds.
    pub refused: f64,
}

/// Runs the experiment. Fails if a call fails, or a sign-in in any other way than because too many wait.
pub async fn run(program: &Path, rounds: usize, window: Window) -> anyhow::Result<Storm> {
    let server = Bulkhead::behind_a_proxy(program).await?;
    let call = server.whoami(&server.new_key().await?);
    let people = people(&server).await?;
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    let (mut signed_in, mut refused) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        alone.push(p99(&server, &call, window).await?);
        let storm = storm(server.addr(), &people, window.warm_up + window.measured);
        let (calls, answers) = tokio::join!(p99(&server, &call, window), storm);
        beside.push(calls?);
        let answers = answers?;
        let rate = |wanted: fn(u16) -> bool| {
            let seconds = (window.warm_up + window.measured).as_secs_f64();
            answers.iter().filter(|status| wanted(**status)).count() as f64 / seconds
        };
        signed_in.push(rate(|status| status != TOO_MANY));
        refused.push(rate(|status| status == TOO_MANY));
    }
    Ok(Storm {
        alone: median(alone),
        beside: median(beside),
        signed_in: median(signed_in),
        refused: median(refused),
    })
}

async fn people(server: &Bulkhead) -> anyhow::Result<Vec<String>> {
    let url = format!("http://{}", server.addr());
    let world = World::on(server.database(), Registry::built_in()?, &url, 2);
    let mut people = Vec::new();
    for _ in 0..PEOPLE {
        people.push(world.owner("ada").await.email);
    }
    world.services.db.close().await;
    Ok(people)
}

async fn p99(server: &Bulkhead, call: &[u8], window: Window) -> anyhow::Result<Duration> {
    let (seen, (), ()) = closed_loop(server.addr(), call, CALLERS, window, || Ok(())).await?;
    Ok(seen.percentile(0.99))
}

/// An open load: nobody waits for those before. Answers the status of every answer.
async fn storm(addr: SocketAddr, people: &[String], lasts: Duration) -> anyhow::Result<Vec<u16>> {
    let (began, mut ticks, mut nth) = (Instant::now(), interval(BETWEEN), 0);
    let mut asked = JoinSet::new();
    while began.elapsed() < lasts {
        ticks.tick().await;
        asked.spawn(sign_in(addr, people[nth % people.len()].clone()));
        nth += 1;
    }
    asked.join_all().await.into_iter().collect()
}

async fn sign_in(addr: SocketAddr, email: String) -> anyhow::Result<u16> {
    let [a, b, c, ..] = uuid::Uuid::new_v4().into_bytes();
    let (from, email) = (Ipv4Addr::new(10, a, b, c), email.replace('@', "%40"));
    let form = format!("email={email}&password={}", PASSWORD.replace(' ', "+"));
    let request = format!(
        "POST /api/sign_in HTTP/1.1\r\nHost: {addr}\r\nOrigin: http://{addr}\r\nX-Forwarded-For: {from}\r\n\
         Accept: application/json\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{form}",
        form.len()
    );
    let mut stream = TcpStream::connect(addr).await.context("connecting")?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let status = answer.split(' ').nth(1).and_then(|word| word.parse().ok());
    let status: u16 = status.context("no answer to a sign-in")?;
    let fine = status < 400 || status == TOO_MANY;
    ensure!(fine, "a sign-in was answered: {answer}");
    Ok(status)
}
