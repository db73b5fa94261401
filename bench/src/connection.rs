//! One keep-alive connection of the load generator: as little work for a call as HTTP/1.1 allows, so that the core
//! it runs on is not what is measured.

use anyhow::{Context as _, bail, ensure};
use std::net::SocketAddr;
use std::str;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A connection and the bytes that arrived on it.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer, whatever its status.
pub struct Answer<'a> {
    /// The status.
    pub status: u16,
    head: &'a [u8],
    /// The body.
    pub body: &'a [u8],
}

impl Answer<'_> {
    /// The value of a header, if it is there.
    pub fn header(&self, name: &str) -> Option<&str> {
        let head = str::from_utf8(self.head).ok()?;
        let mut headers = head.lines().filter_map(|line| line.split_once(':'));
        let (_, value) = headers.find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(value.trim())
    }
}

impl Connection {
    /// Connects.
    pub async fn open(addr: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(addr).await.context("connecting")?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(16 * 1024),
        })
    }

    /// Sends a whole request and reads its whole answer. Anything but 200 is an error.
    pub async fn call(&mut self, request: &[u8]) -> anyhow::Result<&[u8]> {
        let Answer { status, body, .. } = self.ask(request).await?;
        if status != 200 {
            bail!("answered {status}: {}", String::from_utf8_lossy(body));
        }
        Ok(body)
    }

    /// The same, and any status will do.
    pub async fn ask(&mut self, request: &[u8]) -> anyhow::Result<Answer<'_>> {
        self.buffer.clear();
        self.stream.write_all(request).await.context("sending")?;
        loop {
            let read = self
                .stream
                .read_buf(&mut self.buffer)
                .await
                .context("receiving")?;
            ensure!(read > 0, "the server closed the connection");
            let Some((status, head, length)) = head(&self.buffer)? else {
                continue;
            };
            while self.buffer.len() < head + length {
                let read = self
                    .stream
                    .read_buf(&mut self.buffer)
                    .await
                    .context("receiving")?;
                ensure!(read > 0, "the server closed the connection in an answer");
            }
            let (head, rest) = self.buffer.split_at(head);
            return Ok(Answer {
                status,
                head,
                body: &rest[..length],
            });
        }
    }
}

/// Status, length of the head and length of the body, once the head is complete.
fn head(bytes: &[u8]) -> anyhow::Result<Option<(u16, usize, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head) = response.parse(bytes)? else {
        return Ok(None);
    };
    let length = response
        .headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("content-length"))
        .context("an answer without Content-Length")?;
    let length = str::from_utf8(length.value)?.parse()?;
    Ok(Some((response.code.unwrap_or_default(), head, length)))
}

/// A request of the modern era, whole. `method` and `name` stand in headers and in the body, as the protocol wants.
pub fn request(addr: SocketAddr, key: &str, method: &str, name: Option<&str>) -> Vec<u8> {
    request_with(addr, key, method, name, "{}")
}

/// The same, with arguments.
pub fn request_with(
    addr: SocketAddr,
    key: &str,
    method: &str,
    name: Option<&str>,
    arguments: &str,
) -> Vec<u8> {
    let meta = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":{"name":"bench","version":"1"}}"#;
    let (header, params) = match name {
        Some(name) => (
            format!("Mcp-Name: {name}\r\n"),
            format!(r#""name":"{name}","arguments":{arguments},{meta}"#),
        ),
        None => (String::new(), meta.to_owned()),
    };
    let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{{{params}}}}}"#);
    format!(
        "POST /mcp HTTP/1.1\r\nHost: {addr}\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n\
         Accept: application/json, text/event-stream\r\nUser-Agent: bench/1\r\nMCP-Protocol-Version: 2026-07-28\r\n\
         Mcp-Method: {method}\r\n{header}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Asks whether the server lives.
pub fn liveness(addr: SocketAddr) -> Vec<u8> {
    format!("GET /livez HTTP/1.1\r\nHost: {addr}\r\n\r\n").into_bytes()
}

/// Asks whether the server can serve.
pub fn readiness(addr: SocketAddr) -> Vec<u8> {
    format!("GET /readyz HTTP/1.1\r\nHost: {addr}\r\n\r\n").into_bytes()
}
