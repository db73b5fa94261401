//! What happens when an endpoint is gone: it is disabled, the audit log says so, and people who can mend it are told.

use super::{
    manage::Facts,
    schedule::MOST_TRIES,
    store::{self, Standing},
};
use crate::{
    Actor, Result, Services, TenantTx,
    audit::{self, Event},
    mail::{self, templates},
    members,
};
use api_types::{Permission, TenantId, WebhookId, audit::Act, input::Email};

/// Failures in a row after which an endpoint is said to be failing.
pub(super) const FAILING: i32 = 5;

/// Nothing has arrived for so long.
const GIVEN_UP: f64 = 5.0 * 24.0 * 3600.0;

/// 410: the endpoint is gone, and says so (RFC 9110, 15.5.11).
const GONE: u16 = 410;

/// The job in the audit log.
const JOB: &str = "webhook delivery";

/// Where letters to service accounts would go: nowhere (RFC 2606).
const NOWHERE: &str = ".invalid";

/// Why nothing more is sent to an endpoint, in plain words. Five days alone are no reason: who is told something once a
/// week has failed once in that time.
pub(super) fn reason_to_disable(
    standing: &Standing,
    status: Option<u16>,
    told: &str,
) -> Option<String> {
    if standing.is_disabled {
        return None;
    }
    if status == Some(GONE) {
        return Some("It answered 410: it is gone".into());
    }
    let is_over = standing.seconds >= GIVEN_UP && standing.failures >= MOST_TRIES;
    is_over.then(|| format!("Nothing has arrived for five days; last: {told}"))
}

/// Disables an endpoint, in the transaction that has found it gone. What waits for it is given up, and can be sent again.
pub(super) async fn disable(
    s: &Services,
    tx: &mut TenantTx,
    tenant: TenantId,
    id: WebhookId,
    standing: &Standing,
    reason: &str,
) -> Result<()> {
    store::switch(tx, tenant, id, Some(reason)).await?;
    store::give_up_all(tx, tenant, id).await?;
    let host = super::manage::host(&standing.url);
    let page = crate::tenants::slug_of(tx, tenant).await?;
    let page = format!("{}/t/{page}/webhooks/{id}", s.public_url);
    for member in members::all(tx, tenant).await? {
        let can_mend = member.role.allows(Permission::ManageWebhooks);
        if can_mend && !member.email.ends_with(NOWHERE) {
            let to = Email::parse(&member.email)?;
            let letter = templates::webhook_disabled(&to, &host, reason, &page);
            mail::enqueue(s, tx, &letter).await?;
        }
    }
    let disabled = Event::new(Act::WebhookDisabled, id, &host);
    let disabled = disabled.after(&Facts::trouble(reason))?;
    audit::record(tx, &Actor::system(tenant, JOB), disabled).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_given_up_when_it_says_so_or_after_five_days_and_ten_failures() {
        let day = 24.0 * 3600.0;
        let reason = |days: f64, failures, status| {
            let standing = Standing {
                url: String::new(),
                is_disabled: false,
                failures,
                seconds: days * day,
            };
            reason_to_disable(&standing, status, "x").is_some()
        };
        assert!(reason(0.0, 1, Some(410)));
        assert!(reason(5.0, 10, Some(500)) && reason(6.0, 11, None));
        assert!(!reason(4.9, 1000, None), "too early");
        assert!(!reason(30.0, 9, None), "too few");
    }
}
