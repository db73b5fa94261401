//! An operator in a tenant that lets them look at it.

use super::Scene;
use crate::members::{ADMIN, let_in};
use api_types::{
    Permission, Refusal,
    operator::{OperatorAct, SupportLength},
};
use domain::{Actor, Result, members, operator, tenants};
use test_support::assert_refused;
use tower_sessions::Session;

impl Scene {
    async fn allow(&self) {
        operator::allow_support(self.s(), self.a(), SupportLength::Hour, "It is slow")
            .await
            .expect("allowed");
    }

    /// A session in which Grace has answered with her second factor.
    async fn graces(&self) -> Session {
        let session = self.session();
        operator::note_factor(&session).await.expect("noted");
        session
    }

    async fn enter(&self, session: &Session) -> Result<String> {
        let o = self.operator().await;
        operator::enter(self.s(), &o, session, self.a().tenant()).await
    }

    /// Who Grace is in Ada's tenant.
    async fn visitor(&self, session: &Session) -> Result<Actor> {
        let (_, visits) = operator::visited(session).await.expect("a look");
        let who = members::SignedIn {
            visits,
            ..self.grace.user.into()
        };
        members::actor(self.s(), who, self.a().slug()).await
    }
}

#[tokio::test]
async fn with_consent_an_operator_enters_looks_and_leaves_and_both_logs_say_so() {
    let scene = Scene::new().await;
    let session = scene.graces().await;
    assert_refused(scene.enter(&session).await, &Refusal::NotFound);
    scene.allow().await;
    let who = format!("grace <{}>", scene.grace.email);
    assert_eq!(
        scene.last_act().await,
        format!("tenant.support_allowed by member ada <{}>", scene.ada.email)
    );
    // Consent alone leads nowhere: the operator enters, and that is told.
    assert_refused(scene.visitor(&session).await, &Refusal::NotFound);
    let slug = scene.enter(&session).await.expect("entered");
    assert_eq!(slug, scene.a().slug());
    assert_eq!(
        scene.last_act().await,
        format!("tenant.support_entered by operator Operator {who}")
    );
    assert_eq!(
        scene.last_logged().await,
        format!("enter ada's team by {who}")
    );
    let visitor = scene.visitor(&session).await.expect("a visitor");
    assert!(visitor.is_operator() && visitor.user().is_none());
    tenants::overview(scene.s(), &visitor)
        .await
        .expect("an overview");
    let o = scene.operator().await;
    let left = operator::leave(scene.s(), &o, &session)
        .await
        .expect("left");
    assert_eq!(left, Some(scene.a().tenant()));
    assert_eq!(
        scene.last_act().await,
        format!("tenant.support_left by operator Operator {who}")
    );
    assert_eq!(
        scene.last_logged().await,
        format!("leave ada's team by {who}")
    );
    assert_refused(scene.visitor(&session).await, &Refusal::NotFound);
    assert_eq!(
        operator::leave(scene.s(), &o, &session)
            .await
            .expect("left"),
        None
    );
    let log = operator::log(scene.s(), &o, None).await.expect("a log");
    let acts: Vec<_> = log.rows.iter().map(|row| row.act).collect();
    assert_eq!(acts, [OperatorAct::Leave, OperatorAct::Enter]);
}

#[tokio::test]
async fn a_visitor_sees_what_a_viewer_sees_and_changes_nothing() {
    let scene = Scene::new().await;
    let session = scene.graces().await;
    scene.allow().await;
    scene.enter(&session).await.expect("entered");
    let visitor = scene.visitor(&session).await.expect("a visitor");
    for permission in Permission::ALL {
        let looks = permission.as_str().starts_with("view_");
        assert!(
            looks || !visitor.may(*permission),
            "{permission:?} changes something"
        );
    }
    for hidden in [Permission::ViewAudit, Permission::ViewWebhooks] {
        assert!(!visitor.may(hidden), "{hidden:?}");
    }
    let client = scene.ada.client("ci").await;
    let s = scene.s();
    let new = test_support::new_key(&["tasks:read"]);
    let made = domain::api_keys::create(s, &visitor, client.id, new).await;
    assert!(matches!(
        made,
        Err(domain::Error::Refused(Refusal::Forbidden { .. }))
    ));
    // Nor does a visit leave a trace among the members.
    let seen = members::list(s, &visitor).await.expect("members");
    assert_eq!(seen.len(), 1);
    // It opens this tenant and no other.
    let bob = scene.world.owner("bob").await;
    let who = members::SignedIn {
        visits: Some(scene.a().tenant()),
        ..scene.grace.user.into()
    };
    let elsewhere = members::actor(s, who, bob.actor.slug()).await;
    assert_refused(elsewhere, &Refusal::NotFound);
}

#[tokio::test]
async fn the_end_of_the_consent_ends_a_visit_at_once() {
    let scene = Scene::new().await;
    let session = scene.graces().await;
    scene.allow().await;
    scene.enter(&session).await.expect("entered");
    scene.visitor(&session).await.expect("a visitor");
    operator::end_support(scene.s(), scene.a())
        .await
        .expect("ended");
    assert_refused(scene.visitor(&session).await, &Refusal::NotFound);
    assert_eq!(
        scene.last_act().await,
        format!("tenant.support_ended by member ada <{}>", scene.ada.email)
    );
    let again = operator::end_support(scene.s(), scene.a()).await;
    assert!(matches!(
        again,
        Err(domain::Error::Refused(Refusal::Conflict { .. }))
    ));
    // By itself it ends when its time is over.
    scene.allow().await;
    scene.enter(&session).await.expect("entered");
    scene.visitor(&session).await.expect("a visitor");
    scene
        .set("update support_consents set expires_at = now() - interval '1 s'")
        .await;
    assert_refused(scene.visitor(&session).await, &Refusal::NotFound);
    let none = operator::support(scene.s(), scene.a()).await;
    assert_eq!(none.expect("a look"), None);
    // Leaving what has ended is no act.
    let o = scene.operator().await;
    let before = scene.last_act().await;
    operator::leave(scene.s(), &o, &session)
        .await
        .expect("left");
    assert_eq!(scene.last_act().await, before);
    // A consent of before does not keep a new one from being given.
    scene.allow().await;
    scene.enter(&session).await.expect("entered");
}

#[tokio::test]
async fn a_visit_ends_with_what_makes_an_operator_and_with_the_tenant() {
    let scene = Scene::new().await;
    let session = scene.graces().await;
    scene.allow().await;
    scene.enter(&session).await.expect("entered");
    scene.visitor(&session).await.expect("a visitor");
    let nobody = scene.world.with_operators(super::URL, "");
    let who = members::SignedIn {
        visits: Some(scene.a().tenant()),
        ..scene.grace.user.into()
    };
    let answer = members::actor(&nobody.services, who, scene.a().slug()).await;
    assert_refused(answer, &Refusal::NotFound);
    tenants::delete(scene.s(), scene.a(), scene.a().slug())
        .await
        .expect("deleted");
    assert_refused(scene.visitor(&session).await, &Refusal::NotFound);
    assert_refused(scene.enter(&session).await, &Refusal::NotFound);
}

#[tokio::test]
async fn owners_alone_let_the_operator_in_and_whoever_keeps_it_safe_ends_it() {
    let scene = Scene::new().await;
    let s = scene.s();
    let (_, admin) = let_in(&scene.ada, "bob", ADMIN).await;
    let denied = operator::allow_support(s, &admin, SupportLength::Hour, "x").await;
    let refusal = admin.decide(Permission::AllowSupport).refusal();
    assert_refused(denied, &refusal);
    scene.allow().await;
    operator::end_support(s, &admin).await.expect("ended");
    let blank = operator::allow_support(s, scene.a(), SupportLength::Hour, " ").await;
    assert_refused(blank, &Refusal::invalid("reason", "please say why"));
    // A new word takes the place of the old.
    scene.allow().await;
    operator::allow_support(s, scene.a(), SupportLength::Days, "Still slow")
        .await
        .expect("allowed");
    let now = operator::support(s, scene.a()).await.expect("a look");
    let now = now.expect("a consent");
    assert_eq!(
        (now.reason.as_str(), now.given_by.as_str()),
        ("Still slow", "ada")
    );
    let hours = (now.until - now.since).whole_hours();
    assert_eq!(hours, 72);
}

#[tokio::test]
async fn an_operator_who_belongs_to_a_tenant_goes_there_as_a_member() {
    let scene = Scene::new().await;
    let session = scene.graces().await;
    scene.allow().await;
    let join = format!(
        "insert into memberships (tenant_id, user_id, role) values ('{}', '{}', 'viewer')",
        scene.a().tenant(),
        scene.grace.user
    );
    scene.set(&join).await;
    assert!(matches!(
        scene.enter(&session).await,
        Err(domain::Error::Refused(Refusal::Conflict { .. }))
    ));
    let member = scene.visitor(&session).await.expect("a member");
    assert!(!member.is_operator());
}

#[tokio::test]
async fn a_session_without_a_second_factor_visits_nothing() {
    let scene = Scene::new().await;
    scene.allow().await;
    let session = scene.session();
    let o = scene.operator().await;
    operator::enter(scene.s(), &o, &session, scene.a().tenant())
        .await
        .expect("entered");
    assert_eq!(
        operator::visited(&session).await.expect("a look"),
        (false, None)
    );
}
