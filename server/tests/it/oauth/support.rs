//! A program's way to a token and what it does with it, by HTTP alone.

mod endpoint;
mod parts;

pub use parts::{App, Question, Reply, claims, parameter};

use crate::support::{Browser, MODERN, TestServer};
use reqwest::{Client, RequestBuilder, Response, StatusCode, Url, header, redirect::Policy};
use serde_json::{Value, json};
use test_support::Person;

/// Every revision with authorization, oldest first.
pub const REVISIONS: [&str; 4] = ["2025-03-26", "2025-06-18", "2025-11-25", MODERN];

/// Where programs in tests want their answers.
pub const CALLBACK: &str = "https://client.example/callback";

/// All that can be opened.
pub const SCOPES: &str = "account:read tasks:read tasks:write";

/// The verifier of every program, and its challenge (RFC 7636, appendix B).
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// The revisions from this one on.
pub fn since(first: &str) -> impl Iterator<Item = &'static str> {
    REVISIONS
        .into_iter()
        .filter(move |revision| *revision >= first)
}

/// A signed-in person, a tenant of theirs, and programs of one revision.
pub struct Flow<'a> {
    pub server: &'a TestServer,
    pub browser: Browser,
    pub slug: String,
    pub revision: &'static str,
    http: Client,
}

impl<'a> Flow<'a> {
    pub async fn of(server: &'a TestServer, person: &Person) -> Self {
        let http = Client::builder().redirect(Policy::none()).build();
        Self {
            server,
            browser: server.browser_of(person).await,
            slug: person.actor.slug().into(),
            revision: MODERN,
            http: http.expect("a client"),
        }
    }

    /// The same person, with programs of another revision.
    #[must_use]
    pub fn speaking(&self, revision: &'static str) -> Self {
        let browser = Browser {
            client: self.browser.client.clone(),
            base: self.browser.base.clone(),
        };
        Self {
            browser,
            slug: self.slug.clone(),
            http: self.http.clone(),
            revision,
            ..*self
        }
    }

    /// The resource of the tenant.
    pub fn resource(&self) -> String {
        format!("{}/t/{}/mcp", self.server.base, self.slug)
    }

    /// The resource as programs of this revision name it: the first one knew of none.
    fn named_resource(&self) -> Option<String> {
        (self.revision > REVISIONS[0]).then(|| self.resource())
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        let request = self.http.get(format!("{}{path}", self.server.base));
        request.header("mcp-protocol-version", self.revision)
    }

    /// Registers a program that proves itself by this method.
    pub async fn register(&self, method: &'static str) -> App {
        let metadata = json!({
            "client_name": "A program",
            "redirect_uris": [CALLBACK],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": method,
        });
        let reply = self.register_with(&metadata).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{reply:?}");
        App {
            id: reply.text("client_id"),
            secret: reply.body["client_secret"].as_str().map(str::to_owned),
            method,
            callback: CALLBACK.into(),
        }
    }

    pub async fn register_with(&self, metadata: &Value) -> Reply {
        let url = format!("{}/oauth/register", self.server.base);
        let request = self.http.post(url).json(metadata);
        Reply::of(request.header("mcp-protocol-version", self.revision)).await
    }

    /// What a well-behaved program asks.
    pub fn question(&self, app: &App, scope: &str) -> Question {
        let question = Question(Vec::new())
            .with("response_type", "code")
            .with("client_id", &app.id)
            .with("redirect_uri", &app.callback)
            .with("scope", scope)
            .with("state", "a state of the program")
            .with("code_challenge", CHALLENGE)
            .with("code_challenge_method", "S256");
        question.with("resource", &self.named_resource().unwrap_or_default())
    }

    /// Takes a question to the server, in the person's browser.
    pub async fn ask(&self, question: &Question) -> Response {
        let mut url = Url::parse(&format!("{}/oauth/authorize", self.server.base)).expect("a URL");
        url.query_pairs_mut().extend_pairs(&question.0);
        let request = self.browser.client.get(url);
        let request = request.header("mcp-protocol-version", self.revision);
        let request = request.header(header::ACCEPT, "text/html");
        request.send().await.expect("an answer")
    }

    /// Where an answer leads.
    pub fn led(&self, answer: &Response) -> Url {
        let to = answer.headers().get(header::LOCATION);
        let to = to.unwrap_or_else(|| panic!("leads nowhere: {answer:?}"));
        let base = Url::parse(&self.server.base).expect("a URL");
        base.join(to.to_str().expect("text")).expect("a URL")
    }

    /// The question's page of consent.
    pub async fn page(&self, question: &Question) -> Url {
        let answer = self.ask(question).await;
        assert_eq!(answer.status(), StatusCode::FOUND, "{answer:?}");
        let page = self.led(&answer);
        assert!(self.is_consent(&page), "{page}");
        page
    }

    fn is_consent(&self, page: &Url) -> bool {
        page.as_str()
            .starts_with(&format!("{}/oauth/consent/", self.server.base))
    }

    /// Looks at a page of consent and presses one of its buttons. Answers where that leads.
    pub async fn decide(&self, page: &Url, decision: &str, scope: &str) -> Url {
        let shown = self.browser.get(page.path()).send().await.expect("a page");
        assert_eq!(shown.status(), StatusCode::OK, "{shown:?}");
        let id = page.path().rsplit('/').next().unwrap_or_default();
        let mut form = vec![
            ("request", id),
            ("decision", decision),
            ("tenant", &self.slug),
        ];
        form.extend(scope.split(' ').map(|scope| ("scope", scope)));
        let request = self.browser.post_plainly("/oauth/consent", page.path());
        let answer = request.form(&form).send().await.expect("an answer");
        // 307 would post the form to the program (RFC 9700, section 4.12).
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{answer:?}");
        self.led(&answer)
    }

    /// Asks, and approves if a page asks for it. Answers what the program is told.
    pub async fn approved(&self, question: &Question) -> Url {
        let answer = self.ask(question).await;
        assert_eq!(answer.status(), StatusCode::FOUND, "{answer:?}");
        let to = self.led(&answer);
        if self.is_consent(&to) {
            self.decide(&to, "approve", question.scope()).await
        } else {
            to
        }
    }

    /// A code for these scopes.
    pub async fn code(&self, app: &App, scope: &str) -> String {
        let told = self.approved(&self.question(app, scope)).await;
        let code = parameter(&told, "code");
        code.unwrap_or_else(|| panic!("no code: {told}"))
    }

    pub async fn exchange(&self, app: &App, code: &str) -> Reply {
        self.exchange_with(app, code, &[]).await
    }

    /// The same with other parameters; an empty one is left out.
    pub async fn exchange_with(&self, app: &App, code: &str, other: &[(&str, &str)]) -> Reply {
        let form = Question(Vec::new())
            .with("grant_type", "authorization_code")
            .with("code", code)
            .with("redirect_uri", &app.callback)
            .with("code_verifier", VERIFIER);
        self.token(app, form, other).await
    }

    /// A token answer for these scopes, by the whole way.
    pub async fn tokens(&self, app: &App, scope: &str) -> Reply {
        let code = self.code(app, scope).await;
        self.exchange(app, &code).await.good()
    }

    pub async fn refresh(&self, app: &App, token: &str, other: &[(&str, &str)]) -> Reply {
        let form = Question(Vec::new())
            .with("grant_type", "refresh_token")
            .with("refresh_token", token);
        self.token(app, form, other).await
    }

    async fn token(&self, app: &App, form: Question, other: &[(&str, &str)]) -> Reply {
        let form = form.with("resource", &self.named_resource().unwrap_or_default());
        let form = other
            .iter()
            .fold(form, |form, (name, value)| form.with(name, value));
        self.post(app, "/oauth/token", form.0).await
    }

    pub async fn revoke(&self, app: &App, token: &str, hint: &str) -> Reply {
        let form = Question(Vec::new())
            .with("token", token)
            .with("token_type_hint", hint);
        self.post(app, "/oauth/revoke", form.0).await
    }

    pub async fn introspect(&self, app: &App, token: &str) -> Reply {
        let form = Question(Vec::new()).with("token", token);
        self.post(app, "/oauth/introspect", form.0).await
    }

    async fn post(&self, app: &App, path: &str, mut form: Vec<(String, String)>) -> Reply {
        let request = self.http.post(format!("{}{path}", self.server.base));
        let request = request.header("mcp-protocol-version", self.revision);
        let request = app.identify(request, &mut form);
        Reply::of(request.form(&form)).await
    }
}
