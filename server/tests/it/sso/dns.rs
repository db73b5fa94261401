//! A name server on loopback that answers TXT questions from a table (RFC 1035).

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::net::UdpSocket;

/// What each name has; none where it is this server that fails.
type Records = HashMap<String, Option<String>>;

/// The server.
#[derive(Clone)]
pub struct Dns {
    pub address: SocketAddr,
    records: Arc<Mutex<Records>>,
}

impl Dns {
    pub async fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
        let dns = Self {
            address: socket.local_addr().expect("an address"),
            records: Arc::default(),
        };
        let records = dns.records.clone();
        tokio::spawn(async move {
            let mut buffer = [0; 1500];
            while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
                let answer = answer(&buffer[..length], &records.lock().expect("no panic before"));
                let _ = socket.send_to(&answer, from).await;
            }
        });
        dns
    }

    /// From now on the domain has this record alone.
    pub fn set(&self, domain: &str, text: &str) {
        let mut records = self.records.lock().expect("no panic before");
        records.insert(domain.into(), Some(text.into()));
    }

    /// From now on there is no such domain.
    pub fn forget(&self, domain: &str) {
        self.records.lock().expect("no panic before").remove(domain);
    }

    /// From now on questions about the domain are answered with a failure (SERVFAIL).
    pub fn fail(&self, domain: &str) {
        let mut records = self.records.lock().expect("no panic before");
        records.insert(domain.into(), None);
    }
}

/// The question, and a record where there is one.
fn answer(question: &[u8], records: &Records) -> Vec<u8> {
    let (mut name, mut at) = (Vec::new(), 12);
    while question[at] != 0 {
        let end = at + 1 + usize::from(question[at]);
        name.push(String::from_utf8_lossy(&question[at + 1..end]).to_lowercase());
        at = end;
    }
    let end = at + 5;
    let (record, code) = match records.get(&name.join(".")) {
        Some(Some(record)) => (Some(record), 0x80),
        Some(None) => (None, 0x82),
        None => (None, 0x83),
    };
    let mut out = question[..2].to_vec();
    out.extend([0x85, code, 0, 1, 0, u8::from(record.is_some()), 0, 0, 0, 0]);
    out.extend(&question[12..end]);
    if let Some(text) = record {
        let length = u8::try_from(text.len()).expect("a short text");
        // A pointer to the name, TXT, IN, a minute.
        out.extend([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0, length + 1, length]);
        out.extend(text.as_bytes());
    }
    out
}
