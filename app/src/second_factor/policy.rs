//! The tenant's policy: whether its members need a second factor.

use super::server_fns::RequireFactor;
use crate::ui::{Badge, Card, Form, Post, Switch, Tone};
use leptos::prelude::*;

#[component]
pub fn PolicyCard(
    tenant: String,
    required: bool,
    action: Post<RequireFactor>,
    may: bool,
) -> AnyView {
    let control = if may {
        view! {
            <Form action class="form-inline" done="Saved.">
                <input type="hidden" name="tenant" value=tenant/>
                <Switch label="Second factor required" name="required" on=required/>
            </Form>
        }
        .into_any()
    } else if required {
        view! { <Badge tone=Tone::Good text="On"/> }.into_any()
    } else {
        view! { <Badge tone=Tone::Neutral text="Off"/> }.into_any()
    };
    view! {
        <Card title="Sign-in policy" flush=true>
            <ul class="rows">
                <li class="row">
                    <div class="row-words">
                        <strong>"Second factor required"</strong>
                        <span class="muted">
                            "Members without one are led to add it, and see nothing of this tenant before. \
                             Keys of MCP clients work as before."
                        </span>
                    </div>
                    {control}
                </li>
            </ul>
        </Card>
    }
    .into_any()
}
