//! An operator corrects what a call counts. What becomes of the numbers is tried in `usage::corrections`.

use super::Scene;
use api_types::{EventId, Refusal, TenantId, audit::Act, operator::OperatorAct, usage::Outcome};
use domain::{
    operator,
    usage::{Correction, Event},
};
use futures::future::join_all;
use test_support::{Person, assert_refused};
use uuid::Uuid;

impl Scene {
    /// A call of somebody's that counts ten units.
    pub async fn call_of_ten(&self, person: &Person) -> EventId {
        let key = person.key(&person.client("ci").await).await;
        let call = Event {
            units: 10,
            ..person.call(&key, "list", Outcome::Ok)
        };
        let id = call.id;
        self.s().usage.record(call).await.expect("counted");
        id
    }

    /// Corrects a call as the operator.
    pub async fn correct(
        &self,
        tenant: TenantId,
        call: EventId,
        units: i64,
        reason: &str,
    ) -> domain::Result<EventId> {
        let correction = Correction::new(tenant, call, units, reason)?;
        operator::correct(self.s(), &self.operator().await, &correction).await
    }
}

#[tokio::test]
async fn a_correction_stands_in_both_logs_with_who_did_it_and_why() {
    let scene = Scene::new().await;
    let (s, o, tenant) = (scene.s(), scene.operator().await, scene.a().tenant());
    let call = scene.call_of_ten(&scene.ada).await;
    scene
        .correct(tenant, call, -4, " Counted twice ")
        .await
        .expect("corrected");
    let who = format!("grace <{}>", scene.grace.email);
    assert_eq!(
        scene.last_act().await,
        format!("tenant.usage_corrected by operator Operator {who}")
    );
    let query = "select object_id || ' ' || after from audit_events
        where act = 'tenant.usage_corrected'";
    let told = format!(r#"{call} {{"units":-4,"reason":"Counted twice"}}"#);
    assert_eq!(scene.texts(query).await, [told]);
    assert_eq!(
        scene.last_logged().await,
        format!("correct ada's team by {who}")
    );
    let log = operator::log(s, &o, None).await.expect("a log");
    assert_eq!(log.rows.len(), 1);
    assert_eq!(log.rows[0].act, OperatorAct::Correct);
    assert_eq!(log.rows[0].reason.as_deref(), Some("Counted twice"));
    // And on the tenant's page of the console.
    let facts = operator::facts(s, &o, tenant).await.expect("facts");
    let newest = &facts.acts[0];
    assert_eq!(newest.act, Act::UsageCorrected);
    let by = newest.operator.as_deref().expect("an operator");
    assert!(by.starts_with("Operator grace <"), "{by}");
}

#[tokio::test]
async fn without_its_rows_no_call_is_corrected() {
    let scene = Scene::new().await;
    let call = scene.call_of_ten(&scene.ada).await;
    for log in ["audit_events", "operator_log"] {
        scene
            .set(&format!("revoke insert on {log} from bulkhead_runtime"))
            .await;
        let answer = scene.correct(scene.a().tenant(), call, -4, "x").await;
        assert!(
            matches!(answer, Err(domain::Error::Broken(_))),
            "{log}: {answer:?}"
        );
        scene
            .set(&format!("grant insert on {log} to bulkhead_runtime"))
            .await;
    }
    let rows = scene.texts("select count(*)::text from usage_events").await;
    assert_eq!(rows, ["1"]);
    assert_eq!(scene.last_logged().await, "");
}

#[tokio::test]
async fn what_is_refused_stands_in_no_log() {
    let scene = Scene::new().await;
    let (hers, call) = (scene.a().tenant(), scene.call_of_ten(&scene.ada).await);
    let unknown = &Refusal::invalid("call", "this tenant has no such call");
    // Of another tenant, of nobody, in no tenant.
    let his = scene.grace.actor.tenant();
    assert_refused(scene.correct(his, call, -1, "x").await, unknown);
    let nothing = EventId(Uuid::now_v7());
    assert_refused(scene.correct(hers, nothing, -1, "x").await, unknown);
    let nowhere = TenantId(Uuid::now_v7());
    let answer = scene.correct(nowhere, call, -1, "x").await;
    assert_refused(answer, &Refusal::NotFound);
    assert_eq!(scene.last_logged().await, "");
    let query = "select act from audit_events where act = 'tenant.usage_corrected'";
    assert!(scene.texts(query).await.is_empty());
}

#[tokio::test]
async fn corrections_at_once_take_off_no_more_than_there_is() {
    let scene = Scene::new().await;
    let tenant = scene.a().tenant();
    let call = scene.call_of_ten(&scene.ada).await;
    let tries = (0..4).map(|_| scene.correct(tenant, call, -6, "Counted twice"));
    let mut done = 0;
    for answer in join_all(tries).await {
        match answer {
            Ok(_) => done += 1,
            Err(error) => {
                let message = "no more can be taken off than the call counts: 4";
                assert_refused::<()>(Err(error), &Refusal::invalid("units", message));
            }
        }
    }
    assert_eq!(done, 1);
    let units = "select sum(units)::text from usage_events";
    assert_eq!(scene.texts(units).await, ["4"]);
}
