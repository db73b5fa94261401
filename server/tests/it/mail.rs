//! Letters leave through a real mail server, or as files.

use api_types::input::Email;
use domain::mail::{self, Mail};
use server::mailer::Mailer;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use test_support::World;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A mail server that keeps a ledger, and refuses recipients as it was told to.
struct Sink {
    port: u16,
    ledger: Ledger,
}

#[derive(Clone, Default)]
struct Ledger(Arc<Mutex<Entries>>);

#[derive(Default)]
struct Entries {
    refusals: Vec<&'static str>,
    refused: usize,
    taken: Vec<(String, String)>,
}

impl Sink {
    async fn start(refusals: &[&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let ledger = Ledger::default();
        ledger.0.lock().expect("a ledger").refusals = refusals.to_vec();
        let kept = ledger.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, kept.clone()));
            }
        });
        Self { port, ledger }
    }

    fn mailer(&self) -> Mailer {
        let url = format!("smtp://127.0.0.1:{}", self.port);
        let from = "Bulkhead <bulkhead@example.com>".parse();
        Mailer::smtp(&url, from.expect("a sender")).expect("a mailer")
    }
}

/// As much of RFC 5321 as a client needs.
async fn serve(mut stream: TcpStream, ledger: Ledger) {
    let (reader, mut writer) = stream.split();
    let mut lines = BufReader::new(reader).lines();
    let mut to = String::new();
    writer.write_all(b"220 sink\r\n").await.expect("a greeting");
    while let Ok(Some(line)) = lines.next_line().await {
        let verb = line.split([' ', ':']).next().unwrap_or_default();
        let answer = match verb.to_ascii_uppercase().as_str() {
            "RCPT" => {
                to = line;
                let mut entries = ledger.0.lock().expect("a ledger");
                if entries.refusals.is_empty() {
                    "250 ok"
                } else {
                    entries.refused += 1;
                    entries.refusals.remove(0)
                }
            }
            "DATA" => {
                writer.write_all(b"354 go on\r\n").await.expect("an answer");
                let mut body = String::new();
                while let Ok(Some(line)) = lines.next_line().await {
                    if line == "." {
                        break;
                    }
                    body.push_str(&line);
                    body.push('\n');
                }
                ledger
                    .0
                    .lock()
                    .expect("a ledger")
                    .taken
                    .push((to.clone(), body));
                "250 taken"
            }
            "QUIT" => "221 bye",
            _ => "250 ok",
        };
        let answer = format!("{answer}\r\n");
        if writer.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn world_with_a_letter() -> World {
    let world = World::new().await;
    let letter = Mail {
        to: Email::parse("ada@example.com").expect("an address"),
        subject: "Grüße\u{2026}".into(),
        text: "plain words".into(),
        html: "<p>marked words</p>".into(),
    };
    let mut db = world.services.db.global().await.expect("a connection");
    mail::enqueue(&world.services, &mut db, &letter)
        .await
        .expect("enqueued");
    world
}

#[tokio::test]
async fn a_letter_that_the_mail_server_refuses_for_now_arrives_later_and_once() {
    let world = world_with_a_letter().await;
    let sink = Sink::start(&["451 greylisted, try again"]).await;
    let mailer = sink.mailer();
    for _ in 0..100 {
        mail::send_due(&world.services, &mailer)
            .await
            .expect("a run");
        if !sink.ledger.0.lock().expect("a ledger").taken.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    mail::send_due(&world.services, &mailer)
        .await
        .expect("a run");
    let entries = sink.ledger.0.lock().expect("a ledger");
    assert_eq!(entries.refused, 1);
    let [(to, letter)] = entries.taken.as_slice() else {
        panic!("{} letters arrived", entries.taken.len());
    };
    assert!(to.contains("<ada@example.com>"), "{to}");
    for part in [
        "From: Bulkhead <bulkhead@example.com>",
        "plain words",
        "<p>marked words</p>",
        "multipart/alternative",
        "Auto-Submitted: auto-generated",
        "Message-ID: <",
    ] {
        assert!(letter.contains(part), "{part} in {letter}");
    }
}

#[tokio::test]
async fn an_address_that_the_mail_server_does_not_know_is_given_up() {
    let world = world_with_a_letter().await;
    let sink = Sink::start(&["550 no such person <ada@example.com>"]).await;
    let tried = mail::send_due(&world.services, &sink.mailer()).await;
    assert_eq!(tried.expect("a run"), 1);
    let (dead, reason): (bool, String) =
        sqlx::query_as("select dead_at is not null, last_error from outbox")
            .fetch_one(&world.database.pool("postgres", 1))
            .await
            .expect("the dead letter");
    assert!(dead);
    assert_eq!(reason, "the mail server answered 550");
}

#[tokio::test]
async fn without_a_mail_server_letters_are_files_that_only_the_server_reads() {
    let world = world_with_a_letter().await;
    let data = tempfile::tempdir().expect("a directory");
    let outbox = data.path().join("outbox");
    let mailer = Mailer::files(outbox.clone(), "b@example.com".parse().expect("a sender"));
    mail::send_due(&world.services, &mailer)
        .await
        .expect("a run");
    let files: Vec<_> = std::fs::read_dir(&outbox)
        .expect("the outbox")
        .map(|entry| entry.expect("a file").path())
        .collect();
    let [file] = files.as_slice() else {
        panic!("{files:?}");
    };
    assert_eq!(file.extension().and_then(|e| e.to_str()), Some("eml"));
    let text = std::fs::read_to_string(file).expect("a letter");
    assert!(text.contains("To: ada@example.com") && text.contains("plain words"));
    for (path, mode) in [(file, 0o600), (&outbox, 0o700)] {
        let permissions = std::fs::metadata(path).expect("metadata").permissions();
        assert_eq!(permissions.mode() & 0o777, mode, "{}", path.display());
    }
}
