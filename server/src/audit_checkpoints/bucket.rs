//! Checkpoints as objects of a bucket, by the protocol of S3 (AWS Signature Version 4).
//!
//! A run makes one object, whose name nobody can guess. So whoever has the credentials, which need
//! only be good for putting, finds nothing to write over; what else the bucket itself should refuse,
//! docs/operations.md says.

use anyhow::{Context as _, anyhow, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use rusty_s3::{Credentials, S3Action as _};
use std::time::Duration;
use time::OffsetDateTime;
use uuid::Uuid;

const CONNECT: Duration = Duration::from_secs(5);
/// A transaction waits for it, and so may the end of the server.
const WHOLE: Duration = Duration::from_secs(15);
/// How far the clocks of this server and the store may be apart.
const SIGNATURE_LASTS: Duration = Duration::from_mins(15);

/// A bucket, and what it is written with.
#[derive(Clone, Debug)]
pub struct Bucket {
    at: rusty_s3::Bucket,
    credentials: Credentials,
    prefix: String,
    client: Client,
}

impl Bucket {
    /// Prepares the client; asks nobody yet. The names of objects begin with the prefix.
    pub fn new(
        at: rusty_s3::Bucket,
        credentials: Credentials,
        prefix: String,
    ) -> anyhow::Result<Self> {
        let client = Client::builder()
            .connect_timeout(CONNECT)
            .timeout(WHOLE)
            .redirect(Policy::none())
            .build()?;
        Ok(Self {
            at,
            credentials,
            prefix,
            client,
        })
    }

    /// Keeps the lines as an object of their own.
    pub(super) async fn add(&self, lines: String) -> anyhow::Result<()> {
        let today = OffsetDateTime::now_utc().date();
        self.put(&format!("{today}-{}.jsonl", Uuid::now_v7()), lines)
            .await
    }

    /// Makes the object of this name; one that is there stays as it is, which is an error.
    pub async fn put(&self, name: &str, body: String) -> anyhow::Result<()> {
        let name = format!("{}{name}", self.prefix);
        // Buckets whose objects are locked take none without a digest.
        let digest = STANDARD.encode(Md5::digest(&body));
        let headers = [("content-md5", digest.as_str()), ("if-none-match", "*")];
        let mut put = self.at.put_object(Some(&self.credentials), &name);
        for (header, value) in headers {
            put.headers_mut().insert(header, value);
        }
        let mut request = self.client.put(put.sign(SIGNATURE_LASTS)).body(body);
        for (header, value) in headers {
            request = request.header(header, value);
        }
        let sent = request.send().await;
        // Without the address, whose query is a signature.
        let answer = sent.map_err(|error| anyhow!(error.without_url()));
        let answer = answer.with_context(|| format!("asking the object store {}", self.url()))?;
        let status = answer.status();
        if !status.is_success() {
            let why = why(answer).await;
            bail!("the object store {} refuses: {status}{why}", self.url());
        }
        Ok(())
    }

    fn url(&self) -> &reqwest::Url {
        self.at.base_url()
    }
}

/// The error's word in the protocol. The rest of such an answer repeats the request, signature and all.
async fn why(answer: Response) -> String {
    let text = answer.text().await.unwrap_or_default();
    let word = text
        .split_once("<Code>")
        .and_then(|(_, rest)| rest.split_once("</Code>"))
        .map(|(word, _)| word);
    let known =
        |word: &&str| word.len() < 60 && word.bytes().all(|byte| byte.is_ascii_alphanumeric());
    word.filter(known)
        .map(|word| format!(" ({word})"))
        .unwrap_or_default()
}
