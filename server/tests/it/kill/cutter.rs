//! A proxy before a PostgreSQL that cuts a connection in the middle of a commit when it is told to: whoever asked for
//! the commit does not learn what became of it.
//!
//! It understands as much of the messages of clients as it must (PostgreSQL's manual, "Frontend/Backend Protocol").
//! Rows of calls are written by one statement outside of a transaction. It was prepared before under a name; `Bind`
//! names it, and `Sync` asks for its commit.

use super::ledger::Hit;
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use test_support::Database;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

/// What the statements have in common that write rows of calls.
const INSERT: &str = "insert into usage_events ";

/// The end of an answer: PostgreSQL is ready, and in no transaction.
const READY: &[u8] = b"Z\0\0\0\x05I";

/// How long a commit that is to be cut may be waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// Which commit is cut.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Commit {
    /// Of the rows of calls, many at a time.
    Rows,
    /// Of the row of a call that may be sent again, with its answer.
    RowWithAnswer,
}

impl Commit {
    fn of(statement: &[u8]) -> Option<Self> {
        let statement = std::str::from_utf8(statement).ok()?;
        if statement.starts_with(INSERT) {
            Some(Self::Rows)
        } else {
            statement.contains(INSERT).then_some(Self::RowWithAnswer)
        }
    }
}

/// How it is cut.
#[derive(Clone, Copy)]
pub(super) enum Manner {
    /// Before PostgreSQL is asked: nothing is committed.
    Unasked,
    /// As soon as PostgreSQL is asked, which commits while nobody is there any more.
    Unheard,
    /// When PostgreSQL has committed, and its answer is on its way.
    Unanswered,
    /// Before PostgreSQL is asked; but what it is asked reaches it this much later, when it is perhaps asked again.
    Late(Duration),
}

/// The proxy.
pub(super) struct Cutter {
    port: u16,
    database: String,
    orders: Orders,
}

/// The order to cut a connection, until it is carried out.
type Orders = Arc<Mutex<Option<Order>>>;

struct Order {
    commit: Commit,
    manner: Manner,
    done: oneshot::Sender<Hit>,
}

impl Cutter {
    /// Stands before a database.
    pub(super) async fn before(database: &Database) -> Self {
        let options = database.options("postgres");
        let socket = format!(".s.PGSQL.{}", options.get_port());
        let socket = database.socket_dir().join(socket);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let orders = Orders::default();
        tokio::spawn(accept(listener, socket, orders.clone()));
        Self {
            port,
            database: options.get_database().expect("a name").to_owned(),
            orders,
        }
    }

    /// The address at which a server finds the database behind it.
    pub(super) fn url(&self, role: &str) -> String {
        let Self { port, database, .. } = self;
        format!("postgres://{role}@127.0.0.1:{port}/{database}?sslmode=disable")
    }

    /// Cuts the next connection over which such a commit is asked for.
    pub(super) async fn cut(&self, commit: Commit, manner: Manner) -> Hit {
        let (done, cut) = oneshot::channel();
        let order = Order {
            commit,
            manner,
            done,
        };
        *self.orders.lock().unwrap_or_else(PoisonError::into_inner) = Some(order);
        let cut = timeout(PATIENCE, cut).await;
        cut.expect("such a commit comes by")
            .expect("the order is carried out")
    }
}

async fn accept(listener: TcpListener, socket: PathBuf, orders: Orders) {
    while let Ok((client, _)) = listener.accept().await {
        let (socket, orders) = (socket.clone(), orders.clone());
        tokio::spawn(async move {
            // What breaks off by itself is its two ends' concern.
            let _ = connect(client, &socket, &orders).await;
        });
    }
}

async fn connect(mut client: TcpStream, socket: &Path, orders: &Orders) -> io::Result<()> {
    client.set_nodelay(true)?;
    let mut postgres = UnixStream::connect(socket).await?;
    let cut = pass(&mut client, &mut postgres, orders).await?;
    let Some((order, asked)) = cut else {
        return Ok(());
    };
    let began = Instant::now();
    let ended = end(order.manner, &asked, client, postgres).await;
    let _ = order.done.send((began, Instant::now()));
    ended
}

/// Passes everything on, until there is an order to cut what is asked.
async fn pass(
    client: &mut TcpStream,
    postgres: &mut UnixStream,
    orders: &Orders,
) -> io::Result<Option<(Order, Vec<u8>)>> {
    let (mut from_client, mut to_client) = client.split();
    let (mut from_postgres, mut to_postgres) = postgres.split();
    let (mut said, mut answered) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    let mut requests = Requests::default();
    let mut cut: Option<(Order, Vec<u8>)> = None;
    loop {
        tokio::select! {
            read = from_postgres.read(&mut answered) => {
                let length = read?;
                if length == 0 {
                    return Ok(None);
                }
                to_client.write_all(&answered[..length]).await?;
            }
            read = from_client.read(&mut said) => {
                let length = read?;
                if length == 0 {
                    return Ok(None);
                }
                requests.bytes.extend_from_slice(&said[..length]);
                while let Some(message) = requests.take_message() {
                    let commit = requests.commit(&message);
                    if let Some(order) = commit.and_then(|commit| ordered(orders, commit)) {
                        cut = Some((order, Vec::new()));
                    }
                    let Some((_, asked)) = &mut cut else {
                        to_postgres.write_all(&message).await?;
                        continue;
                    };
                    asked.extend_from_slice(&message);
                    if is_sync(&message) {
                        return Ok(cut);
                    }
                }
            }
        }
    }
}

/// The order to cut this commit, if there is one.
fn ordered(orders: &Orders, commit: Commit) -> Option<Order> {
    let mut order = orders.lock().unwrap_or_else(PoisonError::into_inner);
    order.take_if(|order| order.commit == commit)
}

/// Ends a connection over which this was asked last.
async fn end(
    manner: Manner,
    asked: &[u8],
    client: TcpStream,
    mut postgres: UnixStream,
) -> io::Result<()> {
    match manner {
        Manner::Unasked => Ok(()),
        Manner::Unheard => postgres.write_all(asked).await,
        Manner::Unanswered => ask(&mut postgres, asked).await,
        Manner::Late(by) => {
            drop(client);
            sleep(by).await;
            ask(&mut postgres, asked).await
        }
    }
}

/// Asks PostgreSQL and waits for its answer, which nobody is told.
async fn ask(postgres: &mut UnixStream, asked: &[u8]) -> io::Result<()> {
    postgres.write_all(asked).await?;
    let mut answer = Vec::new();
    while !answer.ends_with(READY) {
        if postgres.read_buf(&mut answer).await? == 0 {
            break;
        }
    }
    Ok(())
}

/// What a client says, message by message.
#[derive(Default)]
struct Requests {
    /// What came of the messages that have not been taken.
    bytes: Vec<u8>,
    /// The first message, by which a client introduces itself, is the only one without a letter in front.
    is_known: bool,
    /// The statements by which rows of calls are written, by the names that the client has given to them.
    prepared: HashMap<Vec<u8>, Commit>,
}

impl Requests {
    /// The next message, if it is complete: a letter, four bytes of length, and what is said.
    fn take_message(&mut self) -> Option<Vec<u8>> {
        let letter = usize::from(self.is_known);
        let length = self.bytes.get(letter..letter + 4)?;
        let length = letter + u32::from_be_bytes(length.try_into().ok()?) as usize;
        if self.bytes.len() < length {
            return None;
        }
        self.is_known = true;
        Some(self.bytes.drain(..length).collect())
    }

    /// The commit that a message begins to ask for, if it does.
    fn commit(&mut self, message: &[u8]) -> Option<Commit> {
        let (letter, said) = (message.first()?, message.get(5..)?);
        let mut texts = said.split(|byte| *byte == 0);
        let (first, second) = (texts.next()?, texts.next()?);
        match letter {
            // `Parse`: a name and its statement.
            b'P' => {
                let commit = Commit::of(second)?;
                self.prepared.insert(first.to_vec(), commit);
                None
            }
            // `Bind`: what is made of it, and its name.
            b'B' => self.prepared.get(second).copied(),
            _ => None,
        }
    }
}

fn is_sync(message: &[u8]) -> bool {
    message.first() == Some(&b'S')
}
