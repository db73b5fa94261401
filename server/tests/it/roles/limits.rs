//! What the functions about limits and plans are sent.

use super::company::Company;
use serde_json::{Value, json};

impl Company {
    /// How the tenant stands with its plan: as if it had chosen none, or so.
    async fn stands(&self, plan: Option<(&str, Option<&str>)>) {
        let pool = self.server.world.database.pool("postgres", 1);
        let tenant = self.ada.actor.tenant().0;
        sqlx::query("delete from tenant_plans where tenant_id = $1")
            .bind(tenant)
            .execute(&pool)
            .await
            .expect("no plan");
        let Some((plan, pending)) = plan else { return };
        sqlx::query(
            "insert into tenant_plans (tenant_id, plan, pending_plan, pending_from)
            values ($1, $2, $3, case when $3::text is not null then now() + interval '1 day' end)",
        )
        .bind(tenant)
        .bind(plan)
        .bind(pending)
        .execute(&pool)
        .await
        .expect("a plan");
    }
}

/// What a function about limits is sent, about new things; none, if it is no such function.
pub(super) async fn arguments(company: &Company, name: &str) -> Option<Value> {
    company.stands(None).await;
    let unique = uuid::Uuid::new_v4().simple().to_string();
    Some(match name {
        "read_limits" | "read_plan" => json!({}),
        "change_limits" => json!({ "monthly_units": "1000", "is_hard": "true", "loops": "stop" }),
        "limit_key" => {
            let client = company.ada.client(&unique).await;
            let key = company.ada.key(&client).await;
            json!({ "id": key.key.id, "key_units": "10" })
        }
        "start_trial" => {
            company.stands(Some(("free", None))).await;
            json!({ "plan": "pro" })
        }
        "schedule_plan" => {
            company.stands(Some(("pro", None))).await;
            json!({ "plan": "free" })
        }
        "keep_plan" => {
            company.stands(Some(("pro", Some("free")))).await;
            json!({})
        }
        _ => return None,
    })
}
