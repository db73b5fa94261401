//! An operator corrects a call through HTTP, and the tenant's people read it.

use super::{Instance, page};
use api_types::usage::Outcome;

impl Instance {
    /// Posts the form of a tenant's page as a browser without scripts does. Answers the page that it leads to.
    async fn corrected(&self, call: &str, units: &str, reason: &str) -> String {
        let id = self.id();
        let operator = &self.own.browser;
        let tenant = format!("/operator/tenants/{id}");
        let form = [
            ("id", id.as_str()),
            ("call", call),
            ("units", units),
            ("reason", reason),
        ];
        let request = operator.post_plainly("/api/correct_call", &tenant);
        let answer = request.form(&form).send().await.expect("an answer");
        let to = answer.headers()["location"].to_str().expect("text");
        page(operator, to.trim_start_matches(&self.server.base))
            .await
            .1
    }
}

#[tokio::test]
async fn a_call_is_corrected_by_a_form_without_scripts_and_its_tenant_reads_why() {
    let instance = Instance::new().await;
    let (server, ada) = (&instance.server, &instance.ada);
    let key = ada.key(&ada.client("ci").await).await;
    let call = ada.call(&key, "list_tasks", Outcome::Ok);
    let id = call.id.to_string();
    let (id, other) = (id.as_str(), instance.id());
    let recorder = &server.world.services.usage;
    recorder.record(call).await.expect("counted");
    // Each field says what is wrong with it, and what was typed stays.
    let why = "Counted twice";
    let beyond = "No more can be taken off than the call counts: 1.";
    for (call, units, reason, told) in [
        ("x", "-1", why, "The id of a call, please."),
        (other.as_str(), "-1", why, "This tenant has no such call."),
        (id, "", why, "A whole number, please."),
        (id, "1.5", why, "A whole number, please."),
        (id, "-2", why, beyond),
        (id, "-1", " ", "Please say why."),
    ] {
        let text = instance.corrected(call, units, reason).await;
        assert!(text.contains(told), "{told}: {text}");
        let typed = format!("value=\"{call}\"");
        assert!(text.contains(&typed), "{typed}: {text}");
    }
    let text = instance.corrected(&format!(" {id} "), "-1", why).await;
    for told in ["Corrected. The tenant reads why", "Corrected the usage"] {
        assert!(text.contains(told), "{told}: {text}");
    }
    let (_, log) = page(&instance.own.browser, "/operator/log").await;
    assert!(log.contains("Corrected a call of a tenant"), "{log}");
    let adas = server.browser_of(ada).await;
    let slug = instance.slug();
    let (_, text) = page(&adas, &format!("/t/{slug}/usage/calls/{id}")).await;
    for told in ["Corrections", why, "0 of 1"] {
        assert!(text.contains(told), "{told}: {text}");
    }
    let (_, log) = page(&adas, &format!("/t/{slug}/audit")).await;
    assert!(log.contains("Operator grace"), "{log}");
}
