//! The way to a key service over TLS, whose certificate an authority of the operator's own has signed.

use crate::key_service::{Service, TOKEN};
use axum::serve::Listener;
use clap::Parser as _;
use domain::data_keys::{KeyRing, check};
use domain::second_factor;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use server::config::{Cli, WrongSetting};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;
use test_support::World;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::{ServerConfig, crypto::aws_lc_rs, pki_types::PrivateKeyDer};
use tokio_rustls::server::TlsStream;

struct Tls {
    tcp: TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener for Tls {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        loop {
            let (tcp, address) = self.tcp.accept().await.expect("a connection");
            // Who does not trust the certificate goes away here.
            if let Ok(tls) = self.acceptor.accept(tcp).await {
                return (tls, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority")
}

/// A service at a loopback address with a certificate for this name.
async fn service(authority: &Authority, name: &str) -> Service {
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new([name.to_owned()]).expect("a name");
    let certificate = params.signed_by(&key, authority).expect("signed");
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .expect("a certificate with its key");
    let tcp = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    Service::on(Tls { tcp, acceptor }, "https")
}

/// What the settings make of the service, and of a file of authorities.
fn key_ring(service: &Service, trusted: Option<&Path>) -> Result<KeyRing, WrongSetting> {
    let mut line = vec!["bulkhead".into(), format!("--transit-url={}", service.url)];
    line.push(format!(
        "--transit-token-file={}",
        service.token_file.display()
    ));
    line.extend(trusted.map(|file| format!("--transit-ca-file={}", file.display())));
    let cli = Cli::try_parse_from(line).expect("settings");
    cli.settings.secrets.key_ring(None)
}

fn file(dir: &TempDir, content: &str) -> PathBuf {
    let path = dir.path().join("ca.pem");
    std::fs::write(&path, content).expect("a file");
    path
}

#[tokio::test]
async fn a_certificate_of_the_authority_that_is_named_is_trusted() {
    let (authority, dir) = (authority(), TempDir::new().expect("a directory"));
    let service = service(&authority, "127.0.0.1").await;
    let trusted = file(&dir, &authority.pem());
    let ring = key_ring(&service, Some(&trusted)).expect("a key ring");
    let world = World::new()
        .await
        .with_key_ring("http://127.0.0.1:3000", ring);
    check(&world.services).await.expect("a key that works");
    let ada = world.owner("ada").await;
    second_factor::begin(&world.services, ada.user)
        .await
        .expect("begun");
    second_factor::view(&world.services, ada.user)
        .await
        .expect("it opens");
    assert!(service.ledger().contains(&"encrypt bulkhead".into()));
}

#[tokio::test]
async fn any_other_certificate_is_refused_before_the_token_is_sent() {
    let (ours, other) = (authority(), authority());
    let dir = TempDir::new().expect("a directory");
    let world = World::new().await;
    let trusted = file(&dir, &ours.pem());
    let theirs = service(&other, "127.0.0.1").await;
    let misnamed = service(&ours, "vault.example.com").await;
    for (service, trusted, reason) in [
        (&theirs, None, "invalid peer certificate: UnknownIssuer"),
        // Both authorities go by the same name.
        (&theirs, Some(trusted.as_path()), "BadSignature"),
        (&misnamed, Some(trusted.as_path()), "not valid for name"),
    ] {
        let ring = key_ring(service, trusted).expect("a key ring");
        let s = world.with_key_ring("http://127.0.0.1:3000", ring).services;
        let told = format!("{:#}", check(&s).await.expect_err("refused"));
        let asked = format!("asking the key service at {}", service.url);
        assert!(told.contains(&asked) && told.contains(reason), "{told}");
        assert!(!told.contains(TOKEN), "{told}");
        assert!(service.ledger().is_empty());
    }
}

#[tokio::test]
async fn a_file_without_an_authority_is_a_wrong_setting() {
    let (authority, dir) = (authority(), TempDir::new().expect("a directory"));
    let service = service(&authority, "127.0.0.1").await;
    for (content, reason) in [
        ("no certificate", "holds no certificate in PEM"),
        ("", "holds no certificate in PEM"),
    ] {
        let refused = key_ring(&service, Some(&file(&dir, content))).err();
        let told = refused.expect("refused").to_string();
        assert!(
            told.contains("BULKHEAD_TRANSIT_CA_FILE") && told.contains(reason),
            "{told}"
        );
    }
    let missing = key_ring(&service, Some(&dir.path().join("missing"))).err();
    let told = missing.expect("refused").to_string();
    assert!(told.contains("BULKHEAD_TRANSIT_CA_FILE: reading"), "{told}");
}
