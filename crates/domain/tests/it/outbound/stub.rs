//! A service on loopback that does what a test says, byte by byte.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::sleep,
};

/// What the service does with a request.
#[derive(Clone)]
pub enum Act {
    /// Says this, and waits for the next request on the connection.
    Say(Vec<u8>),
    /// Says this and ends the connection.
    Last(Vec<u8>),
    /// Says this after a while, and waits for the next request.
    Late(Duration, Vec<u8>),
    /// Says the first, and then the second again and again, with a pause between.
    Forever(Vec<u8>, Vec<u8>, Duration),
    /// Says the first, the second so many times, and ends the connection.
    Times(Vec<u8>, Vec<u8>, usize),
    /// Says nothing and keeps the connection.
    Hang,
}

/// A request's head, and how many came before it.
pub struct Asked {
    pub before: usize,
    pub head: String,
}

/// The service.
pub struct Stub {
    pub address: SocketAddr,
    accepts: Arc<AtomicUsize>,
    asked: Arc<AtomicUsize>,
}

impl Stub {
    pub async fn start(act: impl Fn(Asked) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let stub = Self {
            address: listener.local_addr().expect("an address"),
            accepts: Arc::default(),
            asked: Arc::default(),
        };
        let (accepts, asked) = (stub.accepts.clone(), stub.asked.clone());
        let act = Arc::new(act);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                accepts.fetch_add(1, Ordering::Relaxed);
                let (act, asked) = (act.clone(), asked.clone());
                tokio::spawn(async move { serve(stream, &*act, &asked).await });
            }
        });
        stub
    }

    /// Nobody's service, at this address.
    pub fn none_at(address: SocketAddr) -> Self {
        Self {
            address,
            accepts: Arc::default(),
            asked: Arc::default(),
        }
    }

    /// A service that always does the same.
    pub async fn always(act: Act) -> Self {
        Self::start(move |_| act.clone()).await
    }

    pub fn accepts(&self) -> usize {
        self.accepts.load(Ordering::Relaxed)
    }

    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

/// An answer of this status, with these lines of headers.
pub fn answer(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n{headers}\r\n");
    [head.as_bytes(), body].concat()
}

async fn serve(mut stream: TcpStream, act: &impl Fn(Asked) -> Act, asked: &AtomicUsize) {
    while let Some(head) = head(&mut stream).await {
        let before = asked.fetch_add(1, Ordering::Relaxed);
        let ended = match act(Asked { before, head }) {
            Act::Say(bytes) => stream.write_all(&bytes).await.is_err(),
            Act::Last(bytes) => {
                let _ = stream.write_all(&bytes).await;
                true
            }
            Act::Late(pause, bytes) => {
                sleep(pause).await;
                stream.write_all(&bytes).await.is_err()
            }
            Act::Forever(first, again, pause) => {
                let mut written = stream.write_all(&first).await;
                while written.is_ok() {
                    sleep(pause).await;
                    written = stream.write_all(&again).await;
                }
                true
            }
            Act::Times(first, again, times) => {
                let mut written = stream.write_all(&first).await;
                for _ in 0..times {
                    if written.is_ok() {
                        written = stream.write_all(&again).await;
                    }
                }
                true
            }
            Act::Hang => {
                let _ = stream.read_to_end(&mut Vec::new()).await;
                true
            }
        };
        if ended {
            return;
        }
    }
}

/// Reads a request with a body of the length that it says.
async fn head(stream: &mut TcpStream) -> Option<String> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).await.ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).to_lowercase();
    let length = head.split("content-length: ").nth(1);
    let length = length.and_then(|rest| rest.split("\r\n").next()?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).await.ok()?;
    Some(head)
}
