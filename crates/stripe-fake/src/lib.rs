//! A Stripe for tests, on loopback: what its API does with customers, prices, subscriptions, invoices, meters and
//! events, with a clock that tests set and a ledger of all that it was asked.
//!
//! Not for learning what Stripe does: it knows what Bulkhead uses and the official command line triggers, in the shapes
//! of one version of the API ([`API_VERSION`]). What is simpler here: cards have no numbers, invoices are final at once,
//! months are the only interval, and nobody pays taxes.
//!
//! | file | what it knows |
//! |---|---|
//! | `server` | keys, idempotency, faults on command, and where each path leads |
//! | `books` | objects, the clock, the ledger |
//! | `customers`, `catalogue`, `checkout`, `subscriptions`, `invoices`, `meters`, `events` | what there is |
//! | `cycle` | what happens as time passes |
//! | `control` | a test's hand from outside, under `/_fake` |
//! | `deliver` | sending events, signed |

mod books;
mod calendar;
mod catalogue;
mod checkout;
mod control;
mod customers;
mod cycle;
mod deliver;
mod events;
mod form;
mod invoices;
mod items;
mod lines;
mod meters;
mod money;
mod pages;
mod problem;
mod server;
mod signature;
mod subscriptions;

pub use books::{API_VERSION, Entry, MeterEvent};
pub use signature::signature;

use books::{Books, Endpoint, Fault, FaultKind};
use serde_json::Value;
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{net::TcpListener, sync::mpsc};

/// The key of the test mode. Keys that begin so are keys of the same account.
pub const TEST_KEY: &str = "sk_test_fake";

/// The key of the live mode, whose things are others. It has more keys likewise.
pub const LIVE_KEY: &str = "sk_live_fake";

/// What events are signed with unless an endpoint says otherwise.
pub const WEBHOOK_SECRET: &str = "whsec_fake";

/// The fake, running.
#[derive(Clone)]
pub struct Stripe {
    /// Where it listens.
    pub address: SocketAddr,
    books: Arc<Mutex<Books>>,
    client: reqwest::Client,
}

impl Stripe {
    /// Starts on a free port.
    pub async fn start() -> Self {
        Self::on("127.0.0.1:0").await
    }

    /// Starts there.
    pub async fn on(address: &str) -> Self {
        let listener = TcpListener::bind(address).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (outgoing, events) = mpsc::unbounded_channel();
        let books = Books::new(format!("http://{address}"), outgoing);
        let client = reqwest::Client::builder()
            .no_proxy()
            .build()
            .expect("a client");
        let fake = Self {
            address,
            books: Arc::new(Mutex::new(books)),
            client,
        };
        tokio::spawn(deliver::send_all(fake.clone(), events));
        tokio::spawn(server::serve(fake.clone(), listener));
        fake
    }

    /// The base of the API: `http://127.0.0.1:port`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time there, in seconds since 1970.
    pub fn now(&self) -> i64 {
        self.books().now()
    }

    /// Stops the clock at this time. Nothing happens by it: see [`Stripe::advance`].
    pub fn set_clock(&self, now: i64) {
        self.books().frozen = Some(now);
    }

    /// Lets time pass until then: trials end, periods begin, invoices are made and paid, or not.
    pub fn advance(&self, until: i64) {
        self.books().advance(until);
    }

    /// Lets a customer's card say no, or yes again.
    pub fn decline(&self, customer: &str, decline: bool) {
        let mut books = self.books();
        if decline {
            books.declining.insert(customer.into());
        } else {
            books.declining.remove(customer);
        }
    }

    /// Pays in a session of Checkout, as a person would.
    ///
    /// # Panics
    /// When it cannot be paid.
    pub fn complete_checkout(&self, session: &str) {
        let done = self.books().complete_checkout(session);
        done.expect("a session that can be paid");
    }

    /// Answers requests to paths that begin so with this status, so many times, and does nothing.
    pub fn refuse(&self, path: &str, status: u16, times: usize) {
        self.fault(path, FaultKind::Refuse(status), times);
    }

    /// Does what requests to paths that begin so ask, so many times, and breaks off before the answer.
    pub fn lose_answers(&self, path: &str, times: usize) {
        self.fault(path, FaultKind::LoseAnswer, times);
    }

    fn fault(&self, path: &str, kind: FaultKind, times: usize) {
        let path = path.to_owned();
        if times > 0 {
            self.books().faults.push_back(Fault { path, kind, times });
        }
    }

    /// All that it was asked.
    pub fn ledger(&self) -> Vec<Entry> {
        self.books().ledger.clone()
    }

    /// All meter events that were taken.
    pub fn meter_events(&self) -> Vec<MeterEvent> {
        self.books().meter_events.clone()
    }

    /// Asks the API as a client does that has the test mode's key, without a network between. Not in the ledger.
    ///
    /// # Panics
    /// When it says no.
    pub fn ask(&self, method: &str, path: &str, form: &str) -> Value {
        let done = self.books().ask_directly(method, path, form);
        done.unwrap_or_else(|told| panic!("{method} {path}: {told}"))
    }

    /// Loses a meter event that was taken, as if it had never come.
    pub fn lose_meter_event(&self, identifier: &str) {
        let mut books = self.books();
        books
            .meter_events
            .retain(|event| event.identifier != identifier);
    }

    /// A thing as it is now.
    pub fn object(&self, id: &str) -> Option<Value> {
        self.books().any(id).cloned()
    }

    /// All events, the oldest first.
    pub fn events(&self) -> Vec<Value> {
        self.books().events.clone()
    }

    /// The events after so many, the oldest first.
    pub fn events_since(&self, seen: usize) -> Vec<Value> {
        let books = self.books();
        books.events.get(seen..).unwrap_or_default().to_vec()
    }

    /// Sends every event from now on to this address, signed with this secret.
    pub fn send_to(&self, url: &str, secret: &str) {
        let (url, secret) = (url.to_owned(), secret.to_owned());
        self.books().endpoints.push(Endpoint { url, secret });
    }

    /// Changes a thing behind the API's back, as somebody at Stripe's dashboard would, and tells of it.
    pub fn change(&self, id: &str, change: impl FnOnce(&mut Value), event: Option<&str>) {
        let mut books = self.books();
        let Some(mut object) = books.any(id).cloned() else {
            return;
        };
        change(&mut object);
        books.put(&object);
        if let Some(event) = event {
            books.tell(event, &object, None);
        }
    }
}
