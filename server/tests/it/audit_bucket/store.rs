//! An object store on loopback that checks signatures itself: s3s over a directory. The server's key may put objects
//! and nothing else, the auditor's may read them.

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use reqwest::{Client, StatusCode};
use rusty_s3::{Credentials, S3Action as _, UrlStyle};
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{S3Result, s3_error};
use s3s_fs::FileSystem;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

pub(super) const SERVER: &str = "AKIASERVER";
const AUDITOR: &str = "AKIAAUDITOR";
pub(super) const SECRET: &str = "canary-bucket-7d1e5b90c3a2";
const BUCKET: &str = "anchors";
const PREFIX: &str = "bulkhead/audit/";

/// The store, which may be down.
pub(super) struct Store {
    root: TempDir,
    address: SocketAddr,
    serving: Option<JoinHandle<()>>,
}

impl Store {
    /// A store with an address that does not answer yet.
    pub(super) async fn down() -> Self {
        let root = tempfile::tempdir().expect("a directory");
        fs::create_dir(root.path().join(BUCKET)).expect("a bucket");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        Self {
            root,
            address: listener.local_addr().expect("an address"),
            serving: None,
        }
    }

    pub(super) async fn start() -> Self {
        let mut store = Self::down().await;
        store.come_up().await;
        store
    }

    pub(super) async fn come_up(&mut self) {
        let listener = TcpListener::bind(self.address).await.expect("its port");
        let service = service(self.root.path());
        self.serving = Some(tokio::spawn(serve(listener, service)));
    }

    /// The settings that name it.
    pub(super) fn settings(&self) -> [(&'static str, String); 5] {
        [
            ("BULKHEAD_AUDIT_BUCKET", BUCKET.into()),
            (
                "BULKHEAD_AUDIT_BUCKET_ENDPOINT",
                format!("http://{}", self.address),
            ),
            ("BULKHEAD_AUDIT_BUCKET_PREFIX", PREFIX.into()),
            ("BULKHEAD_AUDIT_BUCKET_ACCESS_KEY", SERVER.into()),
            ("BULKHEAD_AUDIT_BUCKET_SECRET_KEY", SECRET.into()),
        ]
    }

    fn folder(&self) -> PathBuf {
        self.root.path().join(BUCKET).join(PREFIX)
    }

    /// The names of its objects, without the prefix.
    pub(super) fn objects(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.folder()) else {
            return Vec::new();
        };
        let name = |entry: fs::DirEntry| entry.file_name().into_string().expect("text");
        entries.map(|entry| name(entry.expect("a file"))).collect()
    }

    /// Reads an object as the auditor.
    pub(super) async fn read(&self, name: &str) -> String {
        let (status, text) = self.get(AUDITOR, name).await;
        assert_eq!(status, StatusCode::OK, "{text}");
        text
    }

    pub(super) async fn get(&self, key: &str, name: &str) -> (StatusCode, String) {
        let endpoint = format!("http://{}", self.address).parse().expect("a URL");
        let bucket = rusty_s3::Bucket::new(endpoint, UrlStyle::Path, BUCKET, "us-east-1");
        let bucket = bucket.expect("a bucket");
        let credentials = Credentials::new(key, SECRET);
        let name = format!("{PREFIX}{name}");
        let get = bucket.get_object(Some(&credentials), &name);
        let url = get.sign(Duration::from_mins(1));
        let answer = Client::new().get(url).send().await.expect("an answer");
        (answer.status(), answer.text().await.expect("a body"))
    }
}

fn service(root: &Path) -> S3Service {
    let mut builder = S3ServiceBuilder::new(FileSystem::new(root).expect("a store"));
    let mut keys = SimpleAuth::new();
    keys.register(SERVER.into(), SECRET.into());
    keys.register(AUDITOR.into(), SECRET.into());
    builder.set_auth(keys);
    builder.set_access(Policy);
    builder.build()
}

async fn serve(listener: TcpListener, service: S3Service) {
    // They end with this task, as those of a machine that is switched off.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let service = service.clone();
        connections.spawn(async move {
            let builder = Builder::new(TokioExecutor::new());
            let _ = builder
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

/// The policy that docs/operations.md asks for.
struct Policy;

#[async_trait::async_trait]
impl S3Access for Policy {
    async fn check(&self, request: &mut S3AccessContext<'_>) -> S3Result<()> {
        let key = request.credentials().map(|given| given.access_key.as_str());
        let conditional = request.headers().contains_key("if-none-match");
        match (key, request.s3_op().name()) {
            (Some(SERVER), "PutObject") if conditional => Ok(()),
            (Some(AUDITOR), "GetObject") => Ok(()),
            _ => Err(s3_error!(AccessDenied)),
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        if let Some(serving) = self.serving.take() {
            serving.abort();
        }
    }
}
