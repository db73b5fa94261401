//! A program that a person lets in, without HTTP.

use crate::Person;
use api_types::{OauthRequestId, oauth::GrantView};
use domain::oauth_server::{self, Asked, Seen, Wanted};
use domain::{Origin, Services};
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr};
use std::time::Instant;
use uuid::Uuid;

/// The verifier of every program, and its challenge (RFC 7636, appendix B).
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const CALLBACK: &str = "https%3A%2F%2Fapp.example%2Fcallback";

/// What a program holds after a log-in.
pub struct LogIn {
    /// Its name in the protocol.
    pub oauth_id: String,
    /// Its access token.
    pub access_token: String,
    /// Its refresh token.
    pub refresh_token: String,
    /// The grant, as its tenant sees it.
    pub grant: GrantView,
}

impl Person {
    /// Registers a program, asks for this person's consent and stops there.
    pub async fn asked_by(&self, name: &str) -> (String, OauthRequestId) {
        let s = &self.world.services;
        let metadata = json!({
            "client_name": name,
            "redirect_uris": ["https://app.example/callback"],
            "token_endpoint_auth_method": "none",
        });
        let body = metadata.to_string();
        let registered = oauth_server::register(s, Origin::default(), body.as_bytes()).await;
        let registered = registered.expect("registered").into_json();
        let oauth_id = registered["client_id"].as_str().expect("an id").to_owned();
        let resource = format!("{}/t/{}/mcp", s.public_url, self.actor.slug());
        let resource: String = form(&resource);
        let query = format!(
            "response_type=code&client_id={oauth_id}&redirect_uri={CALLBACK}&state=x\
             &code_challenge={CHALLENGE}&code_challenge_method=S256&resource={resource}"
        );
        let asked = oauth_server::begin(s, &query, Some(self.user.into())).await;
        let (Asked::Ask(id), None) = asked.expect("a good question") else {
            panic!("nobody is asked");
        };
        (oauth_id, id)
    }

    /// Lets a program of this name in, for everything.
    pub async fn log_in(&self, name: &str) -> LogIn {
        let s = &self.world.services;
        let (oauth_id, request) = self.asked_by(name).await;
        let wanted = Wanted {
            request,
            allow: true,
            tenant: self.actor.slug().into(),
            scopes: ["account:read", "tasks:read", "tasks:write"]
                .map(Into::into)
                .into(),
            remember: true,
        };
        let decided = oauth_server::decide(s, self.user.into(), Origin::default(), wanted).await;
        let url = decided.expect("decided").url;
        let (_, rest) = url.split_once("code=").expect("a code");
        let code = rest.split('&').next().unwrap_or_default();
        let body = format!(
            "grant_type=authorization_code&client_id={oauth_id}&code={code}&redirect_uri={CALLBACK}\
             &code_verifier={VERIFIER}"
        );
        let issued = issue(s, &body).await;
        let grants = oauth_server::grants(s, &self.actor, None).await;
        let grants = grants.expect("the grants");
        let text = |name: &str| issued[name].as_str().expect(name).to_owned();
        LogIn {
            access_token: text("access_token"),
            refresh_token: text("refresh_token"),
            grant: grants
                .into_iter()
                .find(|grant| grant.oauth_id == oauth_id)
                .expect("the grant"),
            oauth_id,
        }
    }
}

/// Asks the token endpoint.
pub async fn issue(s: &Services, body: &str) -> Value {
    let issued = oauth_server::issue(s, &seen(), None, body.as_bytes()).await;
    serde_json::to_value(issued.expect("tokens")).expect("JSON")
}

/// A request from nowhere in particular.
pub fn seen() -> Seen {
    Seen {
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        agent: Some("a program".into()),
        request_id: Uuid::now_v7(),
        arrived: Instant::now(),
    }
}

fn form(text: &str) -> String {
    text.replace(':', "%3A").replace('/', "%2F")
}
