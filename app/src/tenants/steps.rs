//! What a new tenant does next. Gone once everything is done.

use crate::ui::{Card, Icon, IconView};
use api_types::tenants::Overview;
use leptos::prelude::*;

/// One step: its words, where it is done, whether it is done.
struct Step {
    title: &'static str,
    about: &'static str,
    href: String,
    done: bool,
}

fn steps(overview: &Overview) -> [Step; 3] {
    let clients = format!("/t/{}/clients", overview.slug);
    [
        Step {
            title: "Connect an MCP client",
            about: "Paste the endpoint into Claude, Cursor or VS Code and log in, or register an agent of your own.",
            href: format!("{clients}?dialog=new"),
            done: overview.clients > 0,
        },
        Step {
            title: "Issue a key",
            about: "For what cannot log in. Choose which toolkits it opens and when it expires; it is shown once.",
            href: clients.clone(),
            // Who logs in needs none.
            done: overview.live_keys > 0 || overview.has_calls,
        },
        Step {
            title: "Make the first call",
            about: "Paste the configuration into the client, and watch the call appear under Usage.",
            href: format!("/t/{}/usage", overview.slug),
            done: overview.has_calls,
        },
    ]
}

#[component]
pub fn NextSteps(overview: Overview) -> AnyView {
    let steps = steps(&overview);
    let done = steps.iter().filter(|step| step.done).count();
    if done == steps.len() {
        return ().into_any();
    }
    let about = format!("{done} of {} done", steps.len());
    let items: Vec<AnyView> = steps.into_iter().map(item).collect();
    view! { <Card title="What to do next" about flush=true><ol class="steps">{items}</ol></Card> }
        .into_any()
}

fn item(step: Step) -> AnyView {
    let icon = if step.done {
        Icon::CircleCheck
    } else {
        Icon::Circle
    };
    let said = if step.done { " (done)" } else { "" };
    view! {
        <li class=if step.done { "step step-done" } else { "step" }>
            <a href=step.href>
                <IconView icon/>
                <span class="step-words">
                    <strong>{step.title}<span class="visually-hidden">{said}</span></strong>
                    <span class="muted">{step.about}</span>
                </span>
                <IconView icon=Icon::ArrowRight/>
            </a>
        </li>
    }
    .into_any()
}
