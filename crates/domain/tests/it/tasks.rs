//! Tasks: lists, changes and dependencies.

use api_types::{
    Refusal, TaskId,
    input::{Label, TaskTitle},
    tasks::{TaskFilter, TaskStatus},
};
use domain::toolkits::tasks::{self, NewTask, TaskChange};
use test_support::{Person, World, assert_refused};

fn titled(title: &str) -> NewTask {
    NewTask::titled(TaskTitle::parse(title).expect("a title"))
}

async fn create(person: &Person, new: NewTask) -> TaskId {
    tasks::create(&person.world.services, &person.actor, new)
        .await
        .expect("created")
        .id
}

#[tokio::test]
async fn a_list_is_filtered_and_paged() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    for nth in 0..7 {
        let labels = if nth % 2 == 0 {
            vec![Label::parse("even").expect("a label")]
        } else {
            Vec::new()
        };
        create(
            &ada,
            NewTask {
                labels,
                ..titled(&format!("Task {nth}"))
            },
        )
        .await;
    }
    let mut seen = Vec::new();
    let mut filter = TaskFilter {
        limit: Some(3),
        ..TaskFilter::default()
    };
    loop {
        let page = tasks::list(&world.services, &ada.actor, filter.clone())
            .await
            .expect("a page");
        seen.extend(page.tasks.into_iter().map(|task| task.title));
        let Some(cursor) = page.next_cursor else {
            break;
        };
        filter.cursor = Some(cursor);
    }
    assert_eq!(
        seen,
        (0..7)
            .rev()
            .map(|nth| format!("Task {nth}"))
            .collect::<Vec<_>>()
    );
    let even = TaskFilter {
        label: Some("even".into()),
        ..TaskFilter::default()
    };
    assert_eq!(
        tasks::list(&world.services, &ada.actor, even)
            .await
            .expect("a page")
            .tasks
            .len(),
        4
    );
    let found = TaskFilter {
        search: Some("TASK 3".into()),
        ..TaskFilter::default()
    };
    assert_eq!(
        tasks::list(&world.services, &ada.actor, found)
            .await
            .expect("a page")
            .tasks
            .len(),
        1
    );
    let bad = TaskFilter {
        cursor: Some("x".into()),
        ..TaskFilter::default()
    };
    assert!(tasks::list(&world.services, &ada.actor, bad).await.is_err());
}

#[tokio::test]
async fn dependencies_never_close_a_circle() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let s = &world.services;
    let one = create(&ada, titled("one")).await;
    let two = create(
        &ada,
        NewTask {
            depends_on: vec![one],
            ..titled("two")
        },
    )
    .await;
    let three = create(
        &ada,
        NewTask {
            depends_on: vec![two],
            ..titled("three")
        },
    )
    .await;
    for depends_on in [vec![one], vec![two], vec![three]] {
        let change = TaskChange {
            depends_on: Some(depends_on),
            ..TaskChange::default()
        };
        let answer = tasks::update(s, &ada.actor, one, change).await;
        assert!(
            matches!(answer, Err(domain::Error::Refused(Refusal::Invalid { .. }))),
            "{answer:?}"
        );
    }
    // Two changes at once that would close a circle together: one of them must lose.
    let (left, right) = (
        create(&ada, titled("left")).await,
        create(&ada, titled("right")).await,
    );
    let on = |id| TaskChange {
        depends_on: Some(vec![id]),
        ..TaskChange::default()
    };
    let (a, b) = tokio::join!(
        tasks::update(s, &ada.actor, left, on(right)),
        tasks::update(s, &ada.actor, right, on(left))
    );
    let lost = match (a, b) {
        (Ok(_), lost) | (lost, Ok(_)) => lost,
        both => panic!("both lost: {both:?}"),
    };
    assert!(
        matches!(lost, Err(domain::Error::Refused(Refusal::Invalid { .. }))),
        "{lost:?}"
    );
}

#[tokio::test]
async fn a_task_is_completed_after_what_it_depends_on() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let s = &world.services;
    let first = create(&ada, titled("first")).await;
    let second = create(
        &ada,
        NewTask {
            depends_on: vec![first],
            ..titled("second")
        },
    )
    .await;
    assert_refused(
        tasks::complete(s, &ada.actor, second).await,
        &Refusal::conflict("first complete what this task depends on: first"),
    );
    tasks::complete(s, &ada.actor, first)
        .await
        .expect("completed");
    let done = tasks::complete(s, &ada.actor, second)
        .await
        .expect("completed");
    assert_eq!((done.status, done.progress), (TaskStatus::Done, 100));
    assert!(done.completed_at.is_some());
    let open = TaskChange {
        status: Some(TaskStatus::Todo),
        ..TaskChange::default()
    };
    let open = tasks::update(s, &ada.actor, second, open)
        .await
        .expect("reopened");
    assert_eq!(open.completed_at, None);
    tasks::delete(s, &ada.actor, first).await.expect("deleted");
    assert!(
        tasks::get(s, &ada.actor, second)
            .await
            .expect("there")
            .depends_on
            .is_empty()
    );
}

#[tokio::test]
async fn bad_input_is_refused_and_changes_nothing() {
    let world = World::new().await;
    let ada = world.owner("ada").await;
    let id = create(&ada, titled("one")).await;
    let before = tasks::get(&world.services, &ada.actor, id)
        .await
        .expect("there");
    let bad = [
        TaskChange {
            progress: Some(101),
            ..TaskChange::default()
        },
        TaskChange {
            description: Some("\0".into()),
            ..TaskChange::default()
        },
        TaskChange {
            depends_on: Some(vec![TaskId(uuid::Uuid::now_v7())]),
            ..TaskChange::default()
        },
    ];
    for change in bad {
        let change = TaskChange {
            title: Some(TaskTitle::parse("changed").expect("a title")),
            ..change
        };
        let answer = tasks::update(&world.services, &ada.actor, id, change).await;
        assert!(
            matches!(answer, Err(domain::Error::Refused(Refusal::Invalid { .. }))),
            "{answer:?}"
        );
    }
    assert_eq!(
        tasks::get(&world.services, &ada.actor, id)
            .await
            .expect("there"),
        before
    );
}
