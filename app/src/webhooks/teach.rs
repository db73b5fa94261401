//! What a payload is like, and how one verifies that it came from here. Tabs are radio inputs, so that they work without
//! WebAssembly and by the arrow keys.

use super::{looks::snippet, pretty::pretty};
use crate::ui::{Card, EmptyState, Icon, LinkButton};
use leptos::prelude::*;

const SAMPLE: &str = r#"{
  "type": "connection.lost",
  "timestamp": "2026-11-22T07:04:31.204Z",
  "data": {
    "tenant": "0190f5c0-6f4e-7cc2-9a51-3d0b5a1f2c77",
    "seq": 412,
    "what": "Found a connection broken",
    "actor": { "kind": "system", "id": null, "name": "connections" },
    "object": { "kind": "connection", "id": "0190f5c1-…", "name": "Warehouse" },
    "before": { "state": "healthy" },
    "after": { "state": "needs_attention" },
    "request_id": null
  }
}"#;

/// One way to verify.
struct Way {
    id: &'static str,
    title: &'static str,
    words: &'static str,
    place: &'static str,
    text: &'static str,
}

const WAYS: [Way; 3] = [
    Way {
        id: "node",
        title: "Node.js",
        words: "npm install standardwebhooks",
        place: "receive.mjs",
        text: r#"import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";

const webhook = new Webhook(process.env.WEBHOOK_SECRET);

createServer(async (request, response) => {
  let body = "";
  for await (const part of request) body += part;
  try {
    const event = webhook.verify(body, request.headers);
    console.log(event.type, event.data.what);
    response.writeHead(204).end();
  } catch {
    response.writeHead(400).end();
  }
}).listen(8080);"#,
    },
    Way {
        id: "python",
        title: "Python",
        words: "pip install standardwebhooks flask",
        place: "receive.py",
        text: r#"import os
from flask import Flask, request
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

app = Flask(__name__)
webhook = Webhook(os.environ["WEBHOOK_SECRET"])

@app.post("/")
def receive():
    try:
        event = webhook.verify(request.get_data(), dict(request.headers))
    except WebhookVerificationError:
        return "", 400
    print(event["type"], event["data"]["what"])
    return "", 204"#,
    },
    Way {
        id: "by-hand",
        title: "By hand",
        words: "Any language with HMAC-SHA256 and Base64 does it in a few lines.",
        place: "The steps",
        text: "1. key = Base64 decode of the secret after \"whsec_\"
2. signed = webhook-id + \".\" + webhook-timestamp + \".\" + body, as it came
3. expected = \"v1,\" + Base64 of HMAC-SHA256(key, signed)
4. One of the words in webhook-signature must be it;
   compare in constant time. While a secret is rotated, there are two.
5. Refuse a webhook-timestamp that is more than five minutes away.",
    },
];

/// How one verifies a delivery. `at` makes the ids of its inputs unique on the page.
#[component]
pub fn Verify(at: &'static str) -> AnyView {
    let tabs: Vec<AnyView> = WAYS.iter().map(|way| tab(way, at)).collect();
    view! {
        <fieldset class="tabs">
            <legend class="visually-hidden">"How to verify"</legend>
            {tabs}
        </fieldset>
        <p class="hint">
            "The signature covers the body byte by byte: verify it before anything reads it as JSON. Answer with any \
             2xx within 15 seconds, and do what takes longer afterwards. The same event may come twice: "
            <code>"webhook-id"</code> " is the same then."
        </p>
    }
    .into_any()
}

fn tab(way: &'static Way, at: &'static str) -> AnyView {
    let input = format!("verify-{at}-{}", way.id);
    view! {
        <div class="tab">
            <input
                type="radio"
                class="visually-hidden"
                name=format!("verify-{at}")
                id=input.clone()
                checked={way.id == WAYS[0].id}
            />
            <label for=input>{way.title}</label>
            <div class="tab-panel">
                <p>{way.words}</p>
                {snippet(way.place, way.text.into())}
            </div>
        </div>
    }
    .into_any()
}

/// In place of a list that has nothing yet.
#[component]
pub fn Nothing(new: Signal<String>, allowed: bool) -> AnyView {
    view! {
        <Card flush=true>
            <EmptyState
                icon=Icon::Webhook
                title="No endpoint yet"
                about="Give an https address of yours, and choose what it is told: a connection that broke, a key that \
                       was issued, a member who left. It is sent within seconds, signed as Standard Webhooks has it, \
                       and tried again for days while your side is down."
            >
                {allowed.then(|| view! { <LinkButton href=new label="Add the first endpoint" icon=Icon::Plus/> })}
            </EmptyState>
        </Card>
        <div class="lesson">
            <Card title="What is sent" about="A POST with JSON, for each event that you chose.">
                {snippet("Payload", pretty(SAMPLE))}
            </Card>
            <Card title="How to verify it" about="The secret is shown when you add the endpoint.">
                <Verify at="lesson"/>
            </Card>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::{SAMPLE, pretty};
    use serde_json::Value;

    #[test]
    fn the_sample_is_what_a_payload_is_like() {
        let sample: Value = serde_json::from_str(SAMPLE).expect("JSON");
        for part in ["type", "timestamp", "data"] {
            assert!(sample.get(part).is_some(), "{part}");
        }
        let data = sample["data"].as_object().expect("an object");
        let parts = [
            "tenant",
            "seq",
            "what",
            "actor",
            "object",
            "before",
            "after",
            "request_id",
        ];
        assert_eq!(data.len(), parts.len());
        assert!(parts.iter().all(|part| data.contains_key(*part)));
        assert!(pretty(SAMPLE).starts_with("{\n  \"type\": \"connection.lost\""));
    }
}
