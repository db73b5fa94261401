//! The person's sessions as a table.

use super::server_fns::{EndOneSession, EndOtherSessions};
use crate::ui::{
    Badge, Card, Column, Form, Look, Post, RelativeTime, Submit, Table, Tone, counted,
};
use api_types::accounts::SessionView;
use leptos::prelude::*;

#[component]
pub fn SessionsCard(
    sessions: Vec<SessionView>,
    end: Post<EndOneSession>,
    end_others: Post<EndOtherSessions>,
) -> AnyView {
    let number = counted(sessions.len() as i64, "session", "sessions");
    let others = sessions.iter().any(|session| !session.current);
    let rows: Vec<AnyView> = sessions
        .into_iter()
        .map(|session| row(session, end))
        .collect();
    view! {
        <Card
            title="Sessions"
            about="Where you are signed in. End what you do not know, then change your password."
            flush=true
        >
            <Table
                label="Sessions"
                caption=number
                columns=[
                    Column::text("Device"),
                    Column::text("Place"),
                    Column::text("Signed in"),
                    Column::text("Last seen"),
                    Column::unseen("Actions"),
                ]
                rows
            />
            {others.then(|| view! {
                <div class="card-foot">
                    <Form action=end_others class="form-inline" done="Your other sessions have ended.">
                        <Submit label="End all other sessions" look=Look::Secondary/>
                    </Form>
                </div>
            })}
        </Card>
    }
    .into_any()
}

fn row(session: SessionView, end: Post<EndOneSession>) -> AnyView {
    let label = format!("End the session of {}", session.device);
    let action = if session.current {
        view! { <Badge tone=Tone::Good text="This one"/> }.into_any()
    } else {
        view! {
            <Form action=end class="form-inline" done="The session has ended.">
                <input type="hidden" name="session" value=session.id.to_string()/>
                <button type="submit" class=Look::Quiet.class() aria-label=label>"End"</button>
            </Form>
        }
        .into_any()
    };
    view! {
        <tr>
            <th scope="row">{session.device}</th>
            <td>{place(session.place, session.address)}</td>
            <td><RelativeTime at=session.created_at/></td>
            <td><RelativeTime at=session.seen_at/></td>
            <td>{action}</td>
        </tr>
    }
    .into_any()
}

/// The address, below the place that it is guessed to be in.
fn place(place: Option<String>, address: Option<String>) -> AnyView {
    let address = address.unwrap_or_else(|| "unknown".into());
    match place {
        Some(place) => {
            view! { {place} <span class="note"><code>{address}</code></span> }.into_any()
        }
        None => view! { <code>{address}</code> }.into_any(),
    }
}
