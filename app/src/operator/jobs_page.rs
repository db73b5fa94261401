//! `/operator/jobs`: how the jobs of the servers run, and what waits for them.

use super::{frame::console, server_fns::operator_jobs};
use crate::ui::{
    Alert, Badge, Card, Column, EmptyState, Icon, PageHeader, RelativeTime, Table, Tone, count,
    counted, data,
};
use api_types::operator::{Health, JobState, JobView, QueueView};
use leptos::prelude::*;
use time::OffsetDateTime;

#[component]
pub fn OperatorJobsPage() -> AnyView {
    let health = data(|| (), |()| operator_jobs());
    console(health, |health| {
        view! {
            <PageHeader
                title="Jobs"
                about="What the servers do without being asked, as they wrote it down within the last ten seconds."
            />
            {page(health)}
        }
        .into_any()
    })
}

fn page(health: Health) -> AnyView {
    let Health { jobs, queues } = health;
    let bad = jobs
        .iter()
        .filter(|job| job.state != JobState::Fine)
        .count();
    let alert = (bad > 0).then(|| {
        let text = format!(
            "{} late or failing.",
            counted(bad as i64, "job is", "jobs are")
        );
        view! { <Alert tone=Tone::Bad text/> }
    });
    let table = if jobs.is_empty() {
        view! {
            <EmptyState
                icon=Icon::ListChecks
                title="No job has run yet"
                about="Servers write down how their jobs run every ten seconds. Look again in a moment."
            />
        }
        .into_any()
    } else {
        table_of_jobs(jobs)
    };
    view! {
        {alert}
        <Card title="What waits" flush=true>{table_of_queues(queues)}</Card>
        <Card title="Jobs" flush=true>{table}</Card>
    }
    .into_any()
}

fn table_of_queues(queues: Vec<QueueView>) -> AnyView {
    let rows: Vec<AnyView> = queues.into_iter().map(queue).collect();
    view! {
        <Table
            label="What waits"
            caption="What waits for jobs, and what was given up"
            columns=[
                Column::text("What"),
                Column::number("Waiting"),
                Column::text("Oldest due"),
                Column::number("Given up"),
            ]
            class="dense"
            rows
        />
    }
    .into_any()
}

fn queue(queue: QueueView) -> AnyView {
    let dead = match queue.dead {
        Some(0) => view! { <span class="muted">"0"</span> }.into_any(),
        Some(dead) => view! { <Badge tone=Tone::Bad text=count(dead)/> }.into_any(),
        None => view! { <span class="muted">"–"</span> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row">{queue.name}</th>
            <td class="num">{count(queue.waiting)}</td>
            <td class="whitespace-nowrap">{ago(queue.oldest_due)}</td>
            <td class="num">{dead}</td>
        </tr>
    }
    .into_any()
}

fn table_of_jobs(jobs: Vec<JobView>) -> AnyView {
    let rows: Vec<AnyView> = jobs.into_iter().map(job).collect();
    view! {
        <Table
            label="Jobs"
            caption="Jobs, those that need somebody first"
            columns=[
                Column::text("Job"),
                Column::text("State"),
                Column::text("Last run"),
                Column::text("Last success"),
                Column::text("Every").wide(),
                Column::text("Last error"),
            ]
            class="dense"
            rows
        />
    }
    .into_any()
}

fn job(job: JobView) -> AnyView {
    let tone = match job.state {
        JobState::Fine => Tone::Good,
        JobState::Late => Tone::Warning,
        JobState::Failing => Tone::Bad,
    };
    let error = match (job.last_error, job.last_error_at) {
        (Some(error), Some(at)) => {
            view! { <span class="long-word">{error}</span> <span class="note"><RelativeTime at/></span> }
                .into_any()
        }
        _ => view! { <span class="muted">"none"</span> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row">{crate::error::sentence(&job.name).trim_end_matches('.').to_owned()}</th>
            <td><Badge tone text=job.state.label()/></td>
            <td class="whitespace-nowrap"><RelativeTime at=job.last_run/></td>
            <td class="whitespace-nowrap">{ago(job.last_success)}</td>
            <td class="wide-only whitespace-nowrap">{every(job.every_ms)}</td>
            <td>{error}</td>
        </tr>
    }
    .into_any()
}

fn ago(at: Option<OffsetDateTime>) -> AnyView {
    match at {
        Some(at) => view! { <RelativeTime at/> }.into_any(),
        None => view! { <span class="muted">"–"</span> }.into_any(),
    }
}

/// `0.5 s`, `10 s`, `5 min`, `1 h`.
fn every(ms: i64) -> String {
    match ms {
        ..1_000 => format!("{} s", ms as f64 / 1000.0),
        1_000..60_000 => format!("{} s", ms / 1_000),
        60_000..3_600_000 => format!("{} min", ms / 60_000),
        _ => format!("{} h", ms / 3_600_000),
    }
}

#[cfg(test)]
mod tests {
    use super::every;

    #[test]
    fn how_often_is_told_in_a_unit_that_fits() {
        assert_eq!(
            [250, 1_000, 30_000, 300_000, 3_600_000].map(every),
            ["0.25 s", "1 s", "30 s", "5 min", "1 h"]
        );
    }
}
