//! Projects that exist once, although the API lets several have one name.

use std::time::Duration;

use neon_api::{Error, Neon};
use neon_api_emulator::{Emulator, Fault};

use crate::kill::{at_every_poll, polled};
use crate::{client, done, sent};

fn named(emulator: &Emulator, name: &str) -> Vec<String> {
    let projects = emulator.state().projects();
    let named = projects.iter().filter(|project| project.name == name);
    named.map(|project| project.id.to_string()).collect()
}

/// The ID of the project, and whether it was created.
async fn ensure(neon: &Neon) -> Result<(String, bool), Error> {
    let project = neon.projects().ensure("app").ready().await?;
    Ok((project.id.to_string(), project.is_created()))
}

#[tokio::test(start_paused = true)]
async fn a_project_is_created_and_found_by_its_exact_name() {
    let emulator = Emulator::builder().build();
    emulator.seed(|seed| {
        seed.project("app-2").unwrap();
        seed.project("my app").unwrap();
    });
    let neon = client(&emulator);
    let (id, created) = ensure(&neon).await.unwrap();
    assert!(created);
    assert_eq!(ensure(&neon).await.unwrap(), (id, false));
    assert_eq!(sent(&emulator, "createProject"), 1);
    assert_eq!(sent(&emulator, "deleteProject"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_lost_response_is_reconciled() {
    for (fault, creations) in [(Fault::reset().after_effect(), 1), (Fault::reset(), 2)] {
        let emulator = Emulator::builder().build();
        emulator.faults().inject(fault.on("createProject"));
        let (_, created) = ensure(&client(&emulator)).await.unwrap();
        assert!(created);
        assert_eq!(sent(&emulator, "createProject"), creations);
        assert_eq!(named(&emulator, "app").len(), 1);
    }
}

/// The first creation takes effect only after it was given up, and a second one was sent.
#[tokio::test(start_paused = true)]
async fn two_processes_at_once_end_with_one_project_and_the_later_one_is_deleted() {
    for apart in [0, 1, 400, 900, 1500] {
        for seed in 0..4 {
            let emulator = Emulator::builder().seed(seed).build();
            let lists = Fault::delay(Duration::from_millis(50))
                .after_effect()
                .on("listProjects")
                .times(2);
            emulator.faults().inject(lists);
            let late = Fault::delay(Duration::from_millis(apart)).on("createProject");
            emulator.faults().inject(late);
            let (one, two) = (client(&emulator), client(&emulator));
            let (one, two) = tokio::join!(ensure(&one), ensure(&two));
            let (one, two) = (one.unwrap(), two.unwrap());
            assert_eq!(one.0, two.0, "{apart} ms apart");
            assert!(one.1 != two.1, "{apart} ms apart");
            assert_eq!(named(&emulator, "app"), [one.0], "{apart} ms apart");
            assert_eq!(done(&emulator, "createProject"), 2);
            assert_eq!(done(&emulator, "deleteProject"), 1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_project_is_deleted_even_if_the_response_is_lost() {
    for fault in [
        Fault::reset(),
        Fault::reset().after_effect(),
        Fault::status(423),
        Fault::status(429),
    ] {
        let emulator = Emulator::builder().build();
        let lists = Fault::delay(Duration::from_millis(50))
            .after_effect()
            .on("listProjects")
            .times(2);
        emulator.faults().inject(lists);
        emulator.faults().inject(fault.on("deleteProject"));
        let (one, two) = (client(&emulator), client(&emulator));
        let (one, two) = tokio::join!(ensure(&one), ensure(&two));
        assert_eq!(one.unwrap().0, two.unwrap().0);
        assert_eq!(named(&emulator, "app").len(), 1);
        assert_eq!(emulator.faults().remaining(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn of_several_projects_none_is_taken_and_none_is_deleted() {
    let emulator = Emulator::builder().build();
    emulator.seed(|seed| {
        seed.project("app").unwrap();
        seed.project("app").unwrap();
    });
    let error = ensure(&client(&emulator)).await.unwrap_err();
    let Error::Ambiguous { ids } = &error else {
        panic!("{error}");
    };
    let mut ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
    let mut expected = named(&emulator, "app");
    ids.sort();
    expected.sort();
    assert_eq!(ids, expected);
    assert!(error.to_string().contains(&ids[0]), "{error}");
    assert_eq!(sent(&emulator, "createProject"), 0);
    assert_eq!(sent(&emulator, "deleteProject"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_second_project_that_cannot_be_deleted_is_named() {
    let emulator = Emulator::builder().build();
    let lists = Fault::delay(Duration::from_millis(50))
        .after_effect()
        .on("listProjects")
        .times(2);
    emulator.faults().inject(lists);
    emulator
        .faults()
        .inject(Fault::status(403).on("deleteProject").always());
    let (one, two) = (client(&emulator), client(&emulator));
    let (one, two) = tokio::join!(ensure(&one), ensure(&two));
    let errors: Vec<_> = [one, two].into_iter().filter_map(Result::err).collect();
    assert!(matches!(errors.as_slice(), [Error::Ambiguous { ids }] if ids.len() == 2));
}

#[tokio::test(start_paused = true)]
async fn an_incomplete_list_proves_nothing() {
    let emulator = Emulator::builder().build();
    emulator.seed(|seed| seed.project("app")).unwrap();
    emulator
        .faults()
        .inject(Fault::partial_list(1).on("listProjects").always());
    let error = ensure(&client(&emulator)).await.unwrap_err();
    assert!(matches!(error, Error::Partial { .. }), "{error}");
    assert_eq!(sent(&emulator, "createProject"), 0);
}

#[tokio::test(start_paused = true)]
async fn settings_are_compared_and_changed_when_asked_to() {
    let emulator = Emulator::builder().build();
    let neon = client(&emulator);
    let day = Duration::from_secs(24 * 3600);
    let ensure = || neon.projects().ensure("app");
    let created = ensure()
        .region("aws-us-east-1")
        .pg_version(17)
        .history_retention(day);
    assert!(created.ready().await.unwrap().is_created());
    let same = ensure()
        .region("aws-us-east-1")
        .pg_version(17)
        .history_retention(day);
    assert!(!same.ready().await.unwrap().is_created());
    let other = ensure().region("aws-eu-central-1").pg_version(16);
    let other = other.history_retention(day * 2).autoscaling(1.0..=2.0);
    let Err(Error::Differs(differences)) = other.apply_differences(true).await else {
        panic!("it is as asked for");
    };
    let fields: Vec<_> = differences.list().iter().map(|one| one.field).collect();
    let expected = [
        "region",
        "pg_version",
        "history_retention",
        "autoscaling",
        "autoscaling",
    ];
    assert_eq!(fields, expected);
    assert_eq!(sent(&emulator, "updateProject"), 0);
    let changed = || ensure().history_retention(day * 2).autoscaling(1.0..=2.0);
    let project = changed().apply_differences(true).ready().await.unwrap();
    assert_eq!(project.history_retention_seconds, 2 * 24 * 3600);
    changed().ready().await.unwrap();
    assert_eq!(sent(&emulator, "updateProject"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_call_killed_anywhere_leaves_one_project_that_the_next_finds() {
    let kills = at_every_poll(async |polls| {
        let emulator = Emulator::builder().build();
        emulator
            .faults()
            .inject(Fault::delay(Duration::from_millis(5)).always());
        let neon = client(&emulator);
        let ended = polled(polls, ensure(&neon)).await.is_some();
        let requests = emulator.total_requests();
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(emulator.total_requests(), requests);
        ensure(&neon).await.unwrap();
        assert_eq!(named(&emulator, "app").len(), 1, "after {polls} polls");
        ended
    })
    .await;
    assert!(kills > 5, "{kills}");
}
