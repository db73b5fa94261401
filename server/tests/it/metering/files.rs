//! Calls as CSV, JSON Lines and Parquet.

use crate::support::TestServer;
use api_types::usage::Outcome;
use domain::usage::{self, Event};
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::RowAccessor as _;
use reqwest::{StatusCode, header};
use serde_json::{Value, json};
use test_support::Person;
use time::{Duration, OffsetDateTime};

const CALLS: i64 = 6000;

async fn furnished() -> (TestServer, Person) {
    let server = TestServer::start().await;
    let ada = server.world.owner("ada").await;
    let key = ada.key(&ada.client("=evil, \"client\"").await).await;
    let now = OffsetDateTime::now_utc();
    let calls = (2..CALLS + 2).map(|nth| Event {
        id: usage::id_at(now - Duration::minutes(nth)),
        units: nth,
        error: (nth % 2 == 0).then(|| "-1, or so".to_owned()),
        ..ada.call(&key, "list", Outcome::Ok)
    });
    let recorder = &server.world.services.usage;
    let recorded = calls.map(|call| recorder.record(call));
    for answer in futures::future::join_all(recorded).await {
        answer.expect("recorded");
    }
    (server, ada)
}

async fn file(server: &TestServer, ada: &Person, form: Value) -> reqwest::Response {
    let browser = server.browser_of(ada).await;
    let path = format!("/t/{}/usage/export", ada.actor.slug());
    let answer = browser.post(&path).form(&form).send().await;
    answer.expect("an answer")
}

fn asked(format: &str) -> Value {
    json!({ "format": format, "since": "2020-01-01", "until": "2100-01-01" })
}

#[tokio::test]
async fn the_three_formats_have_the_same_calls() {
    let (server, ada) = furnished().await;
    let csv = file(&server, &ada, asked("csv")).await;
    assert_eq!(csv.status(), StatusCode::OK);
    let name = csv.headers()[header::CONTENT_DISPOSITION]
        .to_str()
        .expect("text")
        .to_owned();
    assert!(name.contains("-usage-2020-01-01-2100-01-02.csv"), "{name}");
    let csv = csv.text().await.expect("text");
    let lines: Vec<_> = csv.lines().collect();
    assert_eq!(lines.len() as i64, CALLS + 1);
    let columns: Vec<_> = lines[0].split(',').collect();
    assert!(
        lines[1].contains("\"'=evil, \"\"client\"\"\""),
        "{}",
        lines[1]
    );
    assert!(lines[2].contains("\"'-1, or so\"") || lines[1].contains("\"'-1, or so\""));

    let jsonl = file(&server, &ada, asked("jsonl"))
        .await
        .text()
        .await
        .expect("text");
    let calls: Vec<Value> = jsonl
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(calls.len() as i64, CALLS);
    let names: Vec<_> = calls[0]
        .as_object()
        .expect("an object")
        .keys()
        .cloned()
        .collect();
    let mut sorted = columns.clone();
    sorted.sort_unstable();
    let mut of_json = names.clone();
    of_json.sort_unstable();
    assert_eq!(of_json, sorted);

    let parquet = file(&server, &ada, asked("parquet"))
        .await
        .bytes()
        .await
        .expect("bytes");
    let reader = SerializedFileReader::new(parquet).expect("a Parquet file");
    let rows: Vec<_> = reader
        .get_row_iter(None)
        .expect("rows")
        .map(|row| row.expect("a row"))
        .collect();
    assert_eq!(rows.len() as i64, CALLS);
    let fields = reader.metadata().file_metadata().schema().get_fields();
    let of_parquet: Vec<_> = fields.iter().map(|field| field.name().to_owned()).collect();
    assert_eq!(of_parquet, columns);
    for (row, call) in rows.iter().zip(&calls) {
        assert_eq!(
            row.get_string(0).expect("an id"),
            call["event_id"].as_str().expect("an id")
        );
        assert_eq!(
            row.get_long(11).expect("units"),
            call["units"].as_i64().expect("units")
        );
        let error = row.get_string(15).ok().map(String::as_str);
        assert_eq!(error, call["error"].as_str());
    }
}

#[tokio::test]
async fn a_file_that_broke_off_goes_on_without_a_gap() {
    let (server, ada) = furnished().await;
    let whole = file(&server, &ada, asked("csv"))
        .await
        .text()
        .await
        .expect("text");
    let cut: Vec<_> = whole.split_inclusive("\r\n").take(1001).collect();
    let last = cut[1000].split(',').next().expect("an id");
    let mut form = asked("csv");
    form["after"] = last.into();
    let rest = file(&server, &ada, form).await.text().await.expect("text");
    assert_eq!(cut.concat() + &rest, whole);
}

#[tokio::test]
async fn what_is_asked_for_must_make_sense() {
    let (server, ada) = furnished().await;
    for (field, word) in [
        ("format", "xls"),
        ("since", "yesterday"),
        ("after", "7"),
        ("until", "2019-01-01"),
    ] {
        let mut form = asked("csv");
        form[field] = word.into();
        let answer = file(&server, &ada, form).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{field}");
    }
    let mut form = asked("jsonl");
    form["outcome"] = "timeout".into();
    let answer = file(&server, &ada, form).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.text().await.expect("text"), "");
}
