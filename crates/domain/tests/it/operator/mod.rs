//! Those who run an instance: who is one, what they see from outside, and what they may do.

mod console;
mod corrections;
mod revenue;
mod visits;

use api_types::{Refusal, accounts::FactorView};
use domain::{Actor, Origin, Services, credentials, members, operator, second_factor, tenants};
use sqlx::AssertSqlSafe;
use test_support::{Person, World, assert_refused, code_of_app};
use tower_sessions::Session;

const URL: &str = "http://127.0.0.1:3000";

/// An instance that Grace runs, and Ada's tenant in it.
pub struct Scene {
    pub world: World,
    pub grace: Person,
    pub ada: Person,
}

impl Scene {
    pub async fn new() -> Self {
        let world = World::new().await;
        let (grace, ada) = (world.owner("grace").await, world.owner("ada").await);
        let world = world.with_operators(URL, &grace.email);
        let scene = Self { world, grace, ada };
        scene.verify(&scene.grace).await;
        scene.protect(&scene.grace).await;
        scene
    }

    pub fn s(&self) -> &Services {
        &self.world.services
    }

    pub fn a(&self) -> &Actor {
        &self.ada.actor
    }

    pub async fn verify(&self, person: &Person) {
        self.set(&format!(
            "update users set email_verified_at = now() where user_id = '{}'",
            person.user
        ))
        .await;
    }

    /// Adds an authenticator app.
    pub async fn protect(&self, person: &Person) {
        let (s, user) = (self.s(), person.user);
        second_factor::begin(s, user).await.expect("begun");
        let FactorView::Enrolling(app) = second_factor::view(s, user).await.expect("a view") else {
            panic!("it is not being added");
        };
        let code = code_of_app(&app.secret, 0);
        second_factor::confirm(s, user, Origin::default(), &code)
            .await
            .expect("confirmed");
    }

    pub async fn operator(&self) -> operator::Operator {
        self.recognise(&self.grace).await.expect("an operator")
    }

    pub async fn recognise(&self, person: &Person) -> domain::Result<operator::Operator> {
        operator::recognise(self.s(), person.user, true, Origin::default()).await
    }

    pub async fn set(&self, statement: &str) {
        sqlx::raw_sql(AssertSqlSafe(statement.to_owned()))
            .execute(&self.world.database.pool("postgres", 1))
            .await
            .expect(statement);
    }

    pub async fn texts(&self, query: &str) -> Vec<String> {
        sqlx::query_scalar(AssertSqlSafe(query.to_owned()))
            .fetch_all(&self.world.database.pool("postgres", 1))
            .await
            .expect(query)
    }

    /// The newest act of Ada's tenant, and who did it.
    pub async fn last_act(&self) -> String {
        let query = format!(
            "select act || ' by ' || actor_kind || ' ' || actor_name from audit_events
            where tenant_id = '{}' order by seq desc limit 1",
            self.a().tenant()
        );
        self.texts(&query).await.concat()
    }

    /// The newest act in the log of the instance.
    pub async fn last_logged(&self) -> String {
        let query = "select act || ' ' || tenant_name || ' by ' || operator_name from operator_log
            order by entry_id desc limit 1";
        self.texts(query).await.concat()
    }

    pub fn session(&self) -> Session {
        let store = domain::sessions::Store::new(self.s().db.clone());
        Session::new(None, std::sync::Arc::new(store), None)
    }
}

#[tokio::test]
async fn an_operator_is_named_has_confirmed_it_and_answered_with_a_second_factor() {
    let scene = Scene::new().await;
    let grace = &scene.grace;
    let known = scene.operator().await.view();
    assert_eq!((known.name.as_str(), &known.email), ("grace", &grace.email));
    let missing = &Refusal::NotFound;
    // Not named.
    scene.verify(&scene.ada).await;
    scene.protect(&scene.ada).await;
    assert_refused(scene.recognise(&scene.ada).await, missing);
    // Not by a second factor.
    let plain = operator::recognise(scene.s(), grace.user, false, Origin::default()).await;
    assert_refused(plain, missing);
    // Where nobody is named, nobody is one.
    let nobody = scene.world.with_operators(URL, "");
    let answer = operator::recognise(&nobody.services, grace.user, true, Origin::default()).await;
    assert_refused(answer, missing);
    // The address is another's by now, or nobody has shown that it is hers.
    let of_grace = format!("where user_id = '{}'", grace.user);
    scene
        .set(&format!(
            "update users set email_verified_at = null {of_grace}"
        ))
        .await;
    assert_refused(scene.recognise(grace).await, missing);
    scene.verify(grace).await;
    scene
        .set(&format!("delete from second_factors {of_grace}"))
        .await;
    assert_refused(scene.recognise(grace).await, missing);
}

#[tokio::test]
async fn what_the_operator_suspends_its_people_cannot_resume() {
    let scene = Scene::new().await;
    let (s, a, o) = (scene.s(), scene.a(), scene.operator().await);
    let key = scene.ada.key(&scene.ada.client("ci").await).await.secret;
    let closed = async || {
        let fresh = scene.world.sibling();
        let shown = credentials::Presented::parse(&key).expect("a key");
        let principal = credentials::authenticate(&fresh, &shown).await;
        principal.expect("a look").expect("a key").suspended
    };
    assert!(!closed().await);
    let blank = operator::block(s, &o, a.tenant(), "  ").await;
    assert_refused(blank, &Refusal::invalid("reason", "please say why"));
    operator::block(s, &o, a.tenant(), "Mails that nobody asked for")
        .await
        .expect("suspended");
    assert!(closed().await);
    let told = tenants::suspension(s, a).await.expect("a look");
    assert_eq!(
        told.by_operator.as_deref(),
        Some("Mails that nobody asked for")
    );
    // Its people suspend and resume as they like: that is another thing.
    for own in [true, false] {
        tenants::suspend(s, a, own).await.expect("changed");
        assert!(closed().await, "{own}");
    }
    let again = operator::block(s, &o, a.tenant(), "x").await;
    assert!(matches!(
        again,
        Err(domain::Error::Refused(Refusal::Conflict { .. }))
    ));
    // What its people closed stays closed, whatever the operator opens.
    tenants::suspend(s, a, true).await.expect("suspended");
    operator::unblock(s, &o, a.tenant()).await.expect("resumed");
    assert!(closed().await);
    tenants::suspend(s, a, false).await.expect("resumed");
    assert!(!closed().await);
}

#[tokio::test]
async fn a_suspension_is_told_to_the_owners_and_stands_in_both_logs() {
    let scene = Scene::new().await;
    let (s, a, o) = (scene.s(), scene.a(), scene.operator().await);
    let who = format!("grace <{}>", scene.grace.email);
    operator::block(s, &o, a.tenant(), "Spam")
        .await
        .expect("suspended");
    assert_eq!(
        scene.last_act().await,
        format!("tenant.blocked by operator Operator {who}")
    );
    assert_eq!(
        scene.last_logged().await,
        format!("suspend ada's team by {who}")
    );
    let letters = scene.world.letters_to(&scene.ada.email).await;
    let letter = letters
        .iter()
        .find(|letter| letter.subject == "ada's team was suspended");
    let letter = letter.expect("a letter");
    assert!(letter.text.contains("Spam"), "{}", letter.text);
    operator::unblock(s, &o, a.tenant()).await.expect("resumed");
    assert_eq!(
        scene.last_act().await,
        format!("tenant.unblocked by operator Operator {who}")
    );
    assert_eq!(
        scene.last_logged().await,
        format!("resume ada's team by {who}")
    );
    let letters = scene.world.letters_to(&scene.ada.email).await;
    let subjects: Vec<_> = letters.iter().map(|letter| &letter.subject).collect();
    assert_eq!(subjects, ["ada's team is no longer suspended"]);
    // The log of the instance says it too, and stays when the tenant is gone.
    let log = operator::log(s, &o, None).await.expect("a log");
    assert_eq!(log.rows.len(), 2);
    assert_eq!(log.rows[1].reason.as_deref(), Some("Spam"));
    tenants::delete(s, a, a.slug()).await.expect("deleted");
    scene
        .set("update tenants set delete_after = now() - interval '1 s' where delete_after is not null")
        .await;
    assert_eq!(tenants::delete_due(s).await.expect("deleted"), 1);
    let log = operator::log(s, &o, None).await.expect("a log");
    assert_eq!(log.rows.len(), 2);
}

#[tokio::test]
async fn without_its_rows_the_operator_does_nothing() {
    let scene = Scene::new().await;
    let (s, a, o) = (scene.s(), scene.a(), scene.operator().await);
    for log in ["audit_events", "operator_log"] {
        scene
            .set(&format!("revoke insert on {log} from bulkhead_runtime"))
            .await;
        let answer = operator::block(s, &o, a.tenant(), "Spam").await;
        assert!(
            matches!(answer, Err(domain::Error::Broken(_))),
            "{log}: {answer:?}"
        );
        let told = tenants::suspension(s, a).await.expect("a look");
        assert!(!told.is_any(), "{log}");
        scene
            .set(&format!("grant insert on {log} to bulkhead_runtime"))
            .await;
    }
    assert_eq!(scene.last_logged().await, "");
}

#[tokio::test]
async fn a_request_can_add_to_the_log_of_the_instance_and_not_read_or_change_it() {
    let scene = Scene::new().await;
    let pool = scene.world.database.pool("bulkhead_runtime", 1);
    for statement in [
        "select count(*) from operator_log",
        "update operator_log set reason = ''",
        "delete from operator_log",
        "select count(*) from job_runs",
    ] {
        let answer = sqlx::query(statement).execute(&pool).await;
        let error = answer.expect_err(statement).to_string();
        assert!(error.contains("permission denied"), "{statement}: {error}");
    }
    let pool = scene.world.database.pool("bulkhead_system", 1);
    for statement in [
        "update operator_log set reason = ''",
        "delete from operator_log",
        "select operator_reason from tenants",
        "select reason from support_consents",
    ] {
        let answer = sqlx::query(statement).execute(&pool).await;
        let error = answer.expect_err(statement).to_string();
        assert!(error.contains("permission denied"), "{statement}: {error}");
    }
}

#[tokio::test]
async fn an_operator_is_nobody_in_a_tenant_without_its_consent() {
    let scene = Scene::new().await;
    let who = members::SignedIn {
        visits: Some(scene.a().tenant()),
        ..scene.grace.user.into()
    };
    let answer = members::actor(scene.s(), who, scene.a().slug()).await;
    assert_refused(answer, &Refusal::NotFound);
}
