//! Single sign-on of a tenant, with its own provider and a name server on loopback.

mod attacks;
mod dns;
mod enforced;
mod groups;
mod rechecked;

use crate::accounts::{call, do_it};
use crate::sign_in_with::{
    come_back,
    issuer::{CLIENT, Issuer, SECRET},
};
use crate::support::{Browser, TestServer};
use dns::Dns;
use reqwest::StatusCode;
use reqwest::header::LOCATION;
use serde_json::{Value, json};
use test_support::Person;

const DOMAIN: &str = "example.com";

/// A server, its name server, and a provider that tenants may connect.
pub struct Place {
    pub server: TestServer,
    pub dns: Dns,
    pub issuer: Issuer,
}

impl Place {
    pub async fn new() -> Self {
        let (dns, issuer) = (Dns::start().await, Issuer::start().await);
        let server = TestServer::with_sso(Vec::new(), dns.address).await;
        Self {
            server,
            dns,
            issuer,
        }
    }

    pub async fn view(&self, browser: &Browser, slug: &str) -> Value {
        let text = do_it(browser, "sso", &[("tenant", slug)]).await;
        serde_json::from_str(&text).expect("JSON")
    }

    /// Claims a domain and sets its record.
    pub async fn claim(&self, browser: &Browser, slug: &str, domain: &str) {
        do_it(
            browser,
            "add_domain",
            &[("tenant", slug), ("domain", domain)],
        )
        .await;
        let view = self.view(browser, slug).await;
        let all = view["domains"].as_array().expect("domains");
        let own = all
            .iter()
            .find(|one| one["domain"] == domain)
            .expect("the domain");
        self.dns
            .set(domain, own["record"].as_str().expect("a record"));
    }

    /// A tenant whose provider works, its owner, and the owner's browser.
    pub async fn company(&self, groups: &str) -> (Person, Browser) {
        let ada = self.server.world.owner("ada").await;
        let pool = self.server.world.database.pool("postgres", 1);
        sqlx::query("update users set email_verified_at = now()")
            .execute(&pool)
            .await
            .expect("confirmed");
        let browser = self.server.browser_of(&ada).await;
        let slug = ada.actor.slug();
        self.claim(&browser, slug, DOMAIN).await;
        do_it(
            &browser,
            "verify_domain",
            &[("tenant", slug), ("domain", DOMAIN)],
        )
        .await;
        self.connect(&browser, slug, &self.issuer, groups).await;
        self.issuer
            .vouch(json!({ "sub": "ada", "email": ada.email }));
        assert_eq!(
            self.test(&browser, &ada).await,
            format!("/t/{slug}/sso?tested=yes")
        );
        (ada, browser)
    }

    /// The same, and nobody of its domain comes in any other way.
    pub async fn enforcing_company(&self) -> (Person, Browser) {
        let (ada, browser) = self.company("").await;
        enforce(&browser, ada.actor.slug()).await;
        (ada, browser)
    }

    pub async fn connect(&self, browser: &Browser, slug: &str, issuer: &Issuer, groups: &str) {
        let base = issuer.base();
        let form = [
            ("tenant", slug),
            ("issuer", &base),
            ("client_id", CLIENT),
            ("client_secret", SECRET),
            ("default_role", "viewer"),
            ("groups", groups),
        ];
        do_it(browser, "connect_sso", &form).await;
    }

    /// Goes the whole way of the test. Answers where it leads.
    pub async fn test(&self, browser: &Browser, who: &Person) -> String {
        let path = format!("/t/{}/sso/test", who.actor.slug());
        let answer = browser
            .post_plainly(&path, "/")
            .send()
            .await
            .expect("an answer");
        let url = url_in(&answer.text().await.expect("a page"));
        come_back(browser, &self.issuer.agree(&url)).await
    }

    /// Signs somebody in by the provider of their address's domain. Answers where it leads.
    pub async fn sign_in(&self, browser: &Browser, email: &str, claims: Value) -> String {
        self.issuer.vouch(claims);
        let url = self.led(browser, email).await.expect("a provider");
        come_back(browser, &self.issuer.agree(&url)).await
    }

    /// Where an address leads: a provider, or else why there is none.
    pub async fn led(&self, browser: &Browser, email: &str) -> Result<String, String> {
        let request = browser.post_plainly("/sign-in/sso/start", "/sign-in/sso");
        let answer = request
            .form(&[("email", email)])
            .send()
            .await
            .expect("an answer");
        match answer.headers().get(LOCATION) {
            Some(to) => Err(to.to_str().expect("text").into()),
            None => Ok(url_in(&answer.text().await.expect("a page"))),
        }
    }

    /// The role of a member, if they are one.
    pub async fn role(&self, who: &Person, email: &str) -> Option<String> {
        sqlx::query_scalar(
            "select role from memberships join users using (user_id)
            where tenant_id = $1 and email = $2 and removed_at is null",
        )
        .bind(who.actor.tenant().0)
        .bind(email)
        .fetch_optional(&self.server.world.database.pool("postgres", 1))
        .await
        .expect("rows")
    }
}

fn url_in(page: &str) -> String {
    let (_, rest) = page.split_once("<a href=\"").expect("a link");
    rest.split_once('"')
        .expect("its end")
        .0
        .replace("&amp;", "&")
}

/// What a page of the tenant answers.
async fn overview(browser: &Browser, slug: &str) -> (StatusCode, String) {
    let answer = browser
        .get(&format!("/t/{slug}"))
        .send()
        .await
        .expect("a page");
    let to = answer
        .headers()
        .get(LOCATION)
        .map(|to| to.to_str().expect("text").to_owned());
    (answer.status(), to.unwrap_or_default())
}

#[tokio::test]
async fn a_domain_is_a_tenants_once_its_record_says_so_and_nobody_elses() {
    let place = Place::new().await;
    let (ada, bob) = (
        place.server.world.owner("ada").await,
        place.server.world.owner("bob").await,
    );
    let (adas, bobs) = (
        place.server.browser_of(&ada).await,
        place.server.browser_of(&bob).await,
    );
    let (own, other) = (ada.actor.slug(), bob.actor.slug());
    place.claim(&bobs, other, DOMAIN).await;
    place.claim(&adas, own, DOMAIN).await;
    // The record is Ada's: Bob's claim is worth nothing.
    let form = |slug| [("tenant", slug), ("domain", DOMAIN)];
    let (status, text) = call(&bobs, "verify_domain", &form(other)).await;
    assert_eq!(status, StatusCode::CONFLICT, "{text}");
    do_it(&adas, "verify_domain", &form(own)).await;
    assert!(!place.view(&adas, own).await["domains"][0]["verified_at"].is_null());
    // Even a record of his own does not take it away.
    let view = place.view(&bobs, other).await;
    place.dns.set(
        DOMAIN,
        view["domains"][0]["record"].as_str().expect("a record"),
    );
    let (status, text) = call(&bobs, "verify_domain", &form(other)).await;
    assert!(
        status == StatusCode::CONFLICT && text.contains("another tenant"),
        "{text}"
    );
    do_it(&adas, "remove_domain", &form(own)).await;
    do_it(&bobs, "verify_domain", &form(other)).await;
}

#[tokio::test]
async fn people_come_by_their_companys_provider_and_are_members_at_once() {
    let place = Place::new().await;
    let (ada, _) = place.company("").await;
    let browser = place.server.browser();
    let claims = json!({ "sub": "g", "email": "grace@example.com", "name": "Grace" });
    assert_eq!(
        place
            .sign_in(&browser, "grace@example.com", claims.clone())
            .await,
        "/"
    );
    assert_eq!(
        place.role(&ada, "grace@example.com").await.as_deref(),
        Some("viewer")
    );
    assert_eq!(overview(&browser, ada.actor.slug()).await.0, StatusCode::OK);
    let again = place.server.browser();
    assert_eq!(
        place.sign_in(&again, "grace@example.com", claims).await,
        "/"
    );
    // Ada is the owner, whatever the provider says of her.
    let own = place.server.browser();
    let claims = json!({ "sub": "ada", "email": ada.email });
    assert_eq!(place.sign_in(&own, &ada.email, claims).await, "/");
    assert!(do_it(&own, "who_am_i", &[]).await.contains(&ada.email));
    let acts: Vec<String> =
        sqlx::query_scalar("select act from audit_events where tenant_id = $1 order by seq")
            .bind(ada.actor.tenant().0)
            .fetch_all(&place.server.world.database.pool("postgres", 1))
            .await
            .expect("rows");
    let wanted = [
        "tenant.created",
        "tenant.sso_domain_added",
        "tenant.sso_domain_verified",
        "tenant.sso_connected",
        "tenant.sso_tested",
        "member.joined_by_sso",
    ];
    assert_eq!(acts, wanted);
    let nowhere = place.led(&browser, "x@elsewhere.example").await;
    assert_eq!(nowhere, Err("/sign-in/sso?failed=no-sso".into()));
}

#[tokio::test]
async fn groups_decide_roles_at_each_sign_in_and_never_about_owners() {
    let place = Place::new().await;
    let (ada, _) = place.company("Platform = admin\nStaff = developer").await;
    let pool = place.server.world.database.pool("postgres", 1);
    let due = async || -> i64 {
        let marked = "select count(*) from sessions where renew";
        let marked = sqlx::query_scalar(marked).fetch_one(&pool).await;
        marked.expect("a count")
    };
    let grace = async |groups: Value| {
        let claims = json!({ "sub": "g", "email": "grace@example.com", "groups": groups });
        place
            .sign_in(&place.server.browser(), "grace@example.com", claims)
            .await;
        place
            .role(&ada, "grace@example.com")
            .await
            .expect("a member")
    };
    assert_eq!(grace(json!(["Staff", "Platform"])).await, "admin");
    assert_eq!(due().await, 0);
    assert_eq!(grace(json!(["Staff"])).await, "developer");
    assert_eq!(due().await, 1, "the session in the other browser");
    assert_eq!(grace(json!([])).await, "viewer");
    let claims = json!({ "sub": "ada", "email": ada.email, "groups": ["Staff"] });
    place
        .sign_in(&place.server.browser(), &ada.email, claims)
        .await;
    assert_eq!(place.role(&ada, &ada.email).await.as_deref(), Some("owner"));
    let changes: i64 = sqlx::query_scalar(
        "select count(*) from audit_events where act = 'member.role_changed' and actor_kind = 'system'",
    )
    .fetch_one(&place.server.world.database.pool("postgres", 1))
    .await
    .expect("rows");
    assert_eq!(changes, 2);
    // Nobody becomes an owner so.
    let browser = place.server.browser_of(&ada).await;
    let base = place.issuer.base();
    let form = [
        ("tenant", ada.actor.slug()),
        ("issuer", &base),
        ("client_id", CLIENT),
        ("default_role", "viewer"),
        ("groups", "Platform = owner"),
    ];
    let (status, _) = call(&browser, "connect_sso", &form).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
}

/// As the switch on the page does.
async fn enforce(browser: &Browser, slug: &str) {
    let form = [("tenant", slug), ("enforced", "true")];
    do_it(browser, "enforce_sso", &form).await;
}
