//! One client's way in, as the debugger tells it: its steps, the oldest first.

use crate::ui::{
    Badge, CopyButton, RelativeTime, TableFrame, Tone, counted, figures::second, moment,
};
use api_types::oauth::{Conversation, StepKind, StepView};
use leptos::prelude::*;

/// A conversation, unfolded or not.
pub fn conversation(told: Conversation, open: bool) -> AnyView {
    let (tone, word) = state(&told);
    let number = counted(told.steps.len() as i64, "step", "steps");
    let last = told.steps.last().map(|step| step.at);
    let steps: Vec<AnyView> = told.steps.into_iter().map(step).collect();
    view! {
        <details class="conversation" open=open>
            <summary>
                <span class="badges">
                    <strong class="long-word">{told.name}</strong>
                    <Badge tone text=word/>
                    <span class="muted">
                        {number}
                        {last.map(|at| view! { ", " <RelativeTime at/> })}
                    </span>
                </span>
            </summary>
            <div class="conversation-body">
                {told.oauth_id.map(|id| view! {
                    <p class="muted long-word">"Client ID " <code>{id}</code></p>
                })}
                <ol class="told-steps">{steps}</ol>
            </div>
        </details>
    }
    .into_any()
}

/// Where it stands after its last step.
fn state(told: &Conversation) -> (Tone, &'static str) {
    if told.is_stuck() {
        return (Tone::Bad, "Stuck");
    }
    match told.steps.last().map(|step| step.kind) {
        Some(StepKind::Code | StepKind::Refresh | StepKind::Client | StepKind::Assertion) => {
            (Tone::Good, "Logged in")
        }
        Some(StepKind::Consent) if told.steps.last().is_some_and(|step| step.error.is_some()) => {
            (Tone::Neutral, "Denied")
        }
        Some(StepKind::Revoke) => (Tone::Neutral, "Logged out"),
        _ => (Tone::Neutral, "Under way"),
    }
}

fn step(step: StepView) -> AnyView {
    let refused = step.has_failed();
    let tone = if refused { Tone::Bad } else { Tone::Neutral };
    let error = step.error.clone();
    view! {
        <li class:told-refused=refused>
            <p class="badges">
                <time class="muted tabular-nums" title=moment(step.at)>{second(step.at)}</time>
                <strong>{step.kind.label()}</strong>
                {error.map(|error| view! { <Badge tone text=error/> })}
            </p>
            <p class="long-word">{step.told.clone()}</p>
            {more(step)}
        </li>
    }
    .into_any()
}

/// What was sent, and by whom.
fn more(step: StepView) -> AnyView {
    let of = format!(" of the step at {}", second(step.at));
    let label = format!("What was sent at {}", second(step.at));
    let sent: Vec<AnyView> = step
        .sent
        .into_iter()
        .map(|(name, value)| {
            view! {
                <tr>
                    <th scope="row"><code>{name}</code></th>
                    <td class="long-word">{value}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    let sent = (!sent.is_empty()).then(|| {
        view! {
            <TableFrame label>
                <table class="dense">
                    <caption class="visually-hidden">"What was sent"</caption>
                    <thead>
                        <tr><th scope="col">"Parameter"</th><th scope="col">"Value"</th></tr>
                    </thead>
                    <tbody>{sent}</tbody>
                </table>
            </TableFrame>
        }
    });
    view! {
        <details class="disclosure">
            <summary>"Details"<span class="visually-hidden">{of}</span></summary>
            <div class="told-more">
                {sent}
                <dl class="facts">
                    <dt>"From"</dt>
                    <dd><code>{step.address}</code></dd>
                    <dt>"Program"</dt>
                    <dd>{step.agent.unwrap_or_else(|| "did not say".into())}</dd>
                    <dt>"Request id"</dt>
                    <dd>
                        <code>{step.request_id.clone()}</code>
                        " "
                        <CopyButton text=Signal::stored(step.request_id)/>
                    </dd>
                </dl>
            </div>
        </details>
    }
    .into_any()
}
