//! What the fake does, asked over HTTP as a client asks Stripe.

use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;
use stripe_fake::{LIVE_KEY, Stripe, TEST_KEY, WEBHOOK_SECRET};
use time::macros::datetime;

const DAY: i64 = 24 * 60 * 60;

struct Desk {
    fake: Stripe,
    client: Client,
}

impl Desk {
    async fn open() -> Self {
        let fake = Stripe::start().await;
        fake.set_clock(datetime!(2026-03-01 00:00 UTC).unix_timestamp());
        let client = Client::builder().no_proxy().build().expect("a client");
        Self { fake, client }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}/v1/{path}", self.fake.url());
        self.client.request(method, url).bearer_auth(TEST_KEY)
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> (u16, Value) {
        read(self.request(Method::POST, path).form(form)).await
    }

    async fn made(&self, path: &str, form: &[(&str, &str)]) -> Value {
        let (status, body) = self.post(path, form).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    async fn get(&self, path: &str) -> Value {
        read(self.request(Method::GET, path)).await.1
    }

    async fn price(&self, form: &[(&str, &str)]) -> Value {
        let product = self.made("products", &[("name", "Pro")]).await;
        let mut form = form.to_vec();
        let product = text(&product["id"]);
        form.push(("product", &product));
        form.push(("currency", "usd"));
        form.push(("recurring[interval]", "month"));
        self.made("prices", &form).await
    }

    /// A customer with a card, who pays 30 a seat for two seats.
    async fn subscribed(&self) -> (String, Value) {
        let price = self
            .price(&[("unit_amount", "3000"), ("lookup_key", "pro")])
            .await;
        let card = [("payment_method", "pm_card_visa")];
        let customer = self.made("customers", &card).await;
        let (customer, price) = (text(&customer["id"]), text(&price["id"]));
        let form = [
            ("customer", customer.as_str()),
            ("items[0][price]", &price),
            ("items[0][quantity]", "2"),
        ];
        let subscription = self.made("subscriptions", &form).await;
        (customer.clone(), subscription)
    }

    fn kinds(&self) -> Vec<String> {
        self.fake
            .events()
            .iter()
            .map(|event| text(&event["type"]))
            .collect()
    }
}

async fn read(request: RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.expect("an answer");
    let status = answer.status().as_u16();
    let body = answer.bytes().await.expect("a body");
    (status, serde_json::from_slice(&body).expect("JSON"))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_subscription_is_paid_each_month_until_its_card_says_no() {
    let desk = Desk::open().await;
    let (customer, subscription) = desk.subscribed().await;
    assert_eq!(subscription["status"], "active");
    let id = text(&subscription["id"]);
    desk.fake.advance(desk.fake.now() + 32 * DAY);
    let invoices = desk.get(&format!("invoices?customer={customer}")).await;
    let totals: Vec<_> = invoices["data"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| &one["total"])
        .collect();
    assert_eq!(totals, [6000, 6000]);
    desk.fake.decline(&customer, true);
    desk.fake.advance(desk.fake.now() + 31 * DAY);
    assert_eq!(desk.fake.object(&id).expect("it")["status"], "past_due");
    desk.fake.decline(&customer, false);
    desk.fake.advance(desk.fake.now() + 4 * DAY);
    assert_eq!(desk.fake.object(&id).expect("it")["status"], "active");
    assert!(desk.kinds().contains(&"invoice.payment_failed".to_owned()));
}

#[tokio::test]
async fn a_change_in_the_middle_of_a_month_costs_the_rest_of_it_as_its_preview_said() {
    let desk = Desk::open().await;
    let (customer, subscription) = desk.subscribed().await;
    let (id, item) = (
        text(&subscription["id"]),
        text(&subscription["items"]["data"][0]["id"]),
    );
    // Half of March: 31 days.
    desk.fake.advance(desk.fake.now() + 31 * DAY / 2);
    let preview = [
        ("subscription", id.as_str()),
        ("subscription_details[items][0][id]", &item),
        ("subscription_details[items][0][quantity]", "4"),
        ("subscription_details[proration_behavior]", "always_invoice"),
    ];
    let preview = desk.made("invoices/create_preview", &preview).await;
    assert_eq!(preview["total"], 3000, "two more seats for half a month");
    let change = [
        ("items[0][id]", item.as_str()),
        ("items[0][quantity]", "4"),
        ("proration_behavior", "always_invoice"),
    ];
    desk.made(&format!("subscriptions/{id}"), &change).await;
    let newest = desk
        .get(&format!("invoices?customer={customer}&limit=1"))
        .await;
    assert_eq!(newest["data"][0]["total"], 3000);
    assert_eq!(newest["has_more"], true);
    let lines = newest["data"][0]["lines"]["data"]
        .as_array()
        .expect("lines")
        .clone();
    assert_eq!(lines.len(), 2);
    assert_eq!(
        lines[0]["parent"]["subscription_item_details"]["proration"],
        true
    );
}

#[tokio::test]
async fn a_meter_takes_an_identifier_once_a_day_and_no_time_too_far_away() {
    let desk = Desk::open().await;
    let meter = [
        ("display_name", "Units"),
        ("event_name", "units"),
        ("default_aggregation[formula]", "sum"),
    ];
    let meter = text(&desk.made("billing/meters", &meter).await["id"]);
    let now = desk.fake.now();
    let event = async |identifier: &str, value: &str, at: i64| {
        let at = at.to_string();
        let form = [
            ("event_name", "units"),
            ("identifier", identifier),
            ("payload[stripe_customer_id]", "cus_1"),
            ("payload[value]", value),
            ("timestamp", &at),
        ];
        desk.post("billing/meter_events", &form).await.0
    };
    assert_eq!(event("a", "5", now).await, 200);
    assert_eq!(event("a", "5", now).await, 400);
    assert_eq!(event("b", "-2", now - 3600).await, 200);
    assert_eq!(event("c", "1", now + 301).await, 400);
    assert_eq!(event("d", "1", now - 35 * DAY - 1).await, 400);
    assert_eq!(event("e", "1.5", now).await, 400);
    let summary = |from: i64, until: i64, window: &str| {
        format!(
            "billing/meters/{meter}/event_summaries?customer=cus_1&start_time={from}&end_time={until}{window}"
        )
    };
    let whole = desk.get(&summary(now - DAY, now + DAY, "")).await;
    assert_eq!(whole["data"][0]["aggregated_value"], 3.0);
    let hours = desk
        .get(&summary(
            now - DAY,
            now + DAY,
            "&value_grouping_window=hour",
        ))
        .await;
    assert_eq!(hours["data"].as_array().map(Vec::len), Some(2));
    desk.fake.set_clock(now + DAY + 1);
    assert_eq!(
        event("a", "5", now).await,
        200,
        "a day later it is forgotten"
    );
}

#[tokio::test]
async fn a_key_of_idempotency_gives_the_same_answer_and_is_of_one_request() {
    let desk = Desk::open().await;
    let post = async |name: &str| {
        let request = desk.request(Method::POST, "customers");
        read(
            request
                .header("idempotency-key", "k")
                .form(&[("name", name)]),
        )
        .await
    };
    let (first, second) = (post("Ada").await, post("Ada").await);
    assert_eq!(first, second);
    assert_eq!(post("Bob").await.0, 400);
    let ledger = desk.fake.ledger();
    assert_eq!(ledger.iter().filter(|entry| entry.is_replayed).count(), 1);
}

#[tokio::test]
async fn the_modes_are_apart_and_a_wrong_key_opens_nothing() {
    let desk = Desk::open().await;
    let customer = text(&desk.made("customers", &[]).await["id"]);
    let url = format!("{}/v1/customers/{customer}", desk.fake.url());
    for (key, status) in [(TEST_KEY, 200), (LIVE_KEY, 404), ("sk_test_other", 401)] {
        let request = desk.client.get(&url).bearer_auth(key);
        assert_eq!(read(request).await.0, status, "{key}");
    }
}

#[tokio::test]
async fn checkout_leads_to_a_page_where_a_person_pays() {
    let desk = Desk::open().await;
    let price = desk.price(&[("unit_amount", "3000")]).await;
    let customer = text(&desk.made("customers", &[]).await["id"]);
    let form = [
        ("mode", "subscription"),
        ("customer", customer.as_str()),
        (
            "success_url",
            "http://127.0.0.1:1/done?session={CHECKOUT_SESSION_ID}",
        ),
        ("line_items[0][price]", price["id"].as_str().expect("an id")),
        ("line_items[0][quantity]", "3"),
        ("subscription_data[trial_period_days]", "14"),
        ("subscription_data[metadata][tenant]", "t"),
    ];
    let session = desk.made("checkout/sessions", &form).await;
    let page = desk
        .client
        .get(text(&session["url"]))
        .send()
        .await
        .expect("a page");
    assert_eq!(page.status(), 200);
    desk.fake
        .complete_checkout(session["id"].as_str().expect("an id"));
    let list = desk
        .get(&format!("subscriptions?customer={customer}&status=all"))
        .await;
    let subscription = &list["data"][0];
    assert_eq!(subscription["status"], "trialing");
    assert_eq!(subscription["metadata"]["tenant"], "t");
    desk.fake.advance(desk.fake.now() + 15 * DAY);
    let list = desk
        .get(&format!("subscriptions?customer={customer}"))
        .await;
    assert_eq!(list["data"][0]["status"], "active");
    let kinds = desk.kinds();
    for kind in [
        "checkout.session.completed",
        "customer.subscription.trial_will_end",
        "invoice.paid",
    ] {
        assert!(kinds.contains(&kind.to_owned()), "{kind} in {kinds:?}");
    }
    let events = desk.get("events?limit=100").await;
    assert_eq!(events["data"].as_array().map(Vec::len), Some(kinds.len()));
}

#[tokio::test]
async fn what_is_to_go_wrong_goes_wrong_once() {
    let desk = Desk::open().await;
    desk.fake.refuse("/v1/customers", 503, 1);
    assert_eq!(desk.post("customers", &[]).await.0, 503);
    desk.fake.lose_answers("/v1/customers", 1);
    let lost = desk
        .request(Method::POST, "customers")
        .form(&[("name", "x")])
        .send()
        .await;
    let lost = match lost {
        Ok(answer) => answer.bytes().await.is_err(),
        Err(_) => true,
    };
    assert!(lost, "the answer is lost");
    let all = desk.get("customers").await;
    assert_eq!(
        all["data"].as_array().map(Vec::len),
        Some(1),
        "what was asked is done"
    );
    let signed = stripe_fake::signature(WEBHOOK_SECRET, 1, "{}");
    assert!(signed.starts_with("t=1,v1=") && signed.len() == 7 + 64);
}
