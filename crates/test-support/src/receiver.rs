//! A receiver of webhooks on loopback, as a tenant runs one: it does what a test says, and keeps a ledger.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::sleep,
};

/// What the receiver does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Answers with this status.
    Say(u16),
    /// Answers with this status, and wants to be left alone for so many seconds.
    Patience(u16, u64),
    /// Says nothing and keeps the connection.
    Hang,
    /// Ends the connection without a word.
    Reset,
}

/// A request that came.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// When it was there as a whole.
    pub at: Instant,
    /// What was done with it.
    pub manner: Manner,
    /// The path.
    pub path: String,
    /// The request's head, in lower case but for values.
    headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Arrival {
    /// A header's value; empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    /// The id of the delivery.
    pub fn id(&self) -> &str {
        self.header("webhook-id")
    }

    /// Whether it was taken.
    pub fn is_taken(&self) -> bool {
        matches!(self.manner, Manner::Say(200..300))
    }
}

/// The receiver.
#[derive(Clone)]
pub struct Receiver {
    /// Where it listens.
    pub address: SocketAddr,
    arrivals: Arc<Mutex<Vec<Arrival>>>,
}

impl Receiver {
    /// A receiver that does this with each request, by how many came before it.
    pub async fn start(manner: impl Fn(usize) -> Manner + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let receiver = Self {
            address: listener.local_addr().expect("an address"),
            arrivals: Arc::default(),
        };
        let (manner, ours) = (Arc::new(manner), receiver.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (manner, ours) = (manner.clone(), ours.clone());
                tokio::spawn(async move { ours.serve(stream, &*manner).await });
            }
        });
        receiver
    }

    /// `127.0.0.1:port`.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// Where webhooks are sent.
    pub fn url(&self) -> String {
        format!("http://{}/hooks", self.address)
    }

    /// What has come so far.
    pub fn arrivals(&self) -> Vec<Arrival> {
        self.ledger().clone()
    }

    /// Waits until so many came. Answers all that did.
    pub async fn wait_for(&self, number: usize) -> Vec<Arrival> {
        let deadline = Instant::now() + Duration::from_secs(30);
        while self.ledger().len() < number {
            let there = self.ledger().len();
            assert!(Instant::now() < deadline, "{there} of {number} came");
            sleep(Duration::from_millis(10)).await;
        }
        self.arrivals()
    }

    fn ledger(&self) -> MutexGuard<'_, Vec<Arrival>> {
        self.arrivals.lock().expect("no panic before")
    }

    async fn serve(&self, mut stream: TcpStream, manner: &(impl Fn(usize) -> Manner + Sync)) {
        while let Some(arrival) = read(&mut stream).await {
            let manner = {
                let mut ledger = self.ledger();
                let manner = manner(ledger.len());
                ledger.push(Arrival { manner, ..arrival });
                manner
            };
            let answer = match manner {
                Manner::Say(status) => answer(status, ""),
                Manner::Patience(status, seconds) => {
                    answer(status, &format!("retry-after: {seconds}\r\n"))
                }
                Manner::Hang => {
                    let _ = stream.read_to_end(&mut Vec::new()).await;
                    return;
                }
                Manner::Reset => return,
            };
            if stream.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
        }
    }
}

fn answer(status: u16, headers: &str) -> String {
    let body = format!("status {status}");
    let length = body.len();
    format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n{headers}\r\n{body}")
}

/// Reads a request with a body of the length that it says.
async fn read(stream: &mut TcpStream) -> Option<Arrival> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).await.ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut lines = head.lines();
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    let mut arrival = Arrival {
        at: Instant::now(),
        manner: Manner::Hang,
        path,
        headers: headers.collect(),
        body: String::new(),
    };
    let length = arrival.header("content-length").parse().unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    arrival.body = String::from_utf8(body).ok()?;
    arrival.at = Instant::now();
    Some(arrival)
}
