//! Everything that a tenant has, as a file.

use crate::ui::{Card, Denied, Icon, IconView};
use api_types::Decision;
use leptos::prelude::*;

/// The card of the settings that downloads it: a form, because the audit log tells of it.
#[component]
pub fn ExportCard(tenant: String, may: Decision) -> AnyView {
    let allowed = may.allowed;
    let action = format!("/t/{tenant}/export");
    view! {
        <Card
            title="Export"
            about="Everything in this tenant as one file: members, roles, clients, keys without their secrets, \
                   tasks, usage and the audit log. One JSON object a line; the last one tells how many there are."
        >
            <Denied decision=may/>
            {allowed.then(|| view! {
                <form method="post" action=action class="form-inline">
                    <button type="submit" class="button">
                        <IconView icon=Icon::Archive/>
                        "Download everything"
                    </button>
                </form>
            })}
        </Card>
    }
    .into_any()
}
