//! A project for each tenant.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use neon_api::fleet::{FleetState, Job, Provision, Provisioned};
use neon_api::projects::CreateProject;
use neon_api::{Error, Neon, RetryPolicy};
use neon_api_emulator::{Emulator, Fault, Limits};

use crate::checkpoint::{Full, Sink};
use crate::{client, done, names};

pub(crate) fn tenants(neon: &Neon, count: usize) -> Vec<CreateProject> {
    let tenant = |number| {
        let project = neon.projects().create(format!("tenant-{number}"));
        let project = project.region("aws-us-east-1").autoscaling(0.25..=2.0);
        project.database_name("app").role_name("app_owner")
    };
    (0..count).map(tenant).collect()
}

fn job(neon: &Neon, count: usize) -> Job<Provision> {
    neon.fleet().provision(tenants(neon, count))
}

#[tokio::test(start_paused = true)]
async fn a_tenant_takes_two_requests_and_a_bit() {
    for latency in [5, 300, 2_000, 9_000] {
        let latency = Duration::from_millis(latency / 2)..=Duration::from_millis(latency);
        let emulator = Emulator::builder()
            .operation_latency(latency.clone())
            .build();
        let neon = client(&emulator);
        let report = job(&neon, 500).await.unwrap();
        assert_eq!(report.done().count(), 500, "{report}");
        assert_eq!(emulator.count("createProject"), 500);
        assert_eq!(emulator.count("listProjects"), 1);
        let sent = emulator.total_requests();
        assert_eq!(report.status().requests, sent);
        println!("operations of {latency:?}: {sent} requests for 500 tenants");
        assert!(sent <= 500 * 3, "{latency:?}: {sent} requests");
        for (name, tenant) in report.done() {
            let state = emulator.state();
            let project = state.project(&tenant.project).unwrap();
            assert_eq!(project.name, name);
            let branch = tenant.branch.as_ref().unwrap();
            assert_eq!(state.databases(&tenant.project, branch)[0].name, "app");
            assert_eq!(state.roles(&tenant.project, branch)[0].name, "app_owner");
            let operations = state.operations(&tenant.project);
            assert!(
                operations
                    .iter()
                    .all(|one| one.status == neon_api::enums::OperationStatus::Finished)
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_exists_is_found_by_its_exact_name_without_a_request() {
    let emulator = Emulator::builder().build();
    emulator.seed(|seed| {
        seed.project("tenant-1").unwrap();
        seed.project("tenant-1-old").unwrap();
    });
    let neon = client(&emulator);
    let report = job(&neon, 3).await.unwrap();
    let new: Vec<_> = report
        .done()
        .map(|(name, done)| (name, done.is_created))
        .collect();
    assert_eq!(
        new,
        [("tenant-0", true), ("tenant-1", false), ("tenant-2", true)]
    );
    assert_eq!(emulator.count("createProject"), 2);
    emulator.clear_requests();
    let before = emulator.total_requests();
    let again = job(&neon, 3).await.unwrap();
    assert!(again.done().all(|(_, done)| !done.is_created));
    // An empty page is the end of the list.
    assert_eq!(emulator.total_requests() - before, 2);
    assert_eq!(names(&emulator).len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_verified_tenant_has_its_database_and_role() {
    let emulator = Emulator::builder().build();
    emulator.seed(|seed| seed.project("tenant-0")).unwrap();
    let neon = client(&emulator);
    let report = job(&neon, 1).verify(true).await.unwrap();
    let (_, tenant) = report.done().next().unwrap();
    assert!(!tenant.is_created);
    let state = emulator.state();
    let branch = tenant.branch.as_ref().unwrap();
    let databases = state.databases(&tenant.project, branch);
    let app = databases
        .iter()
        .find(|database| database.name == "app")
        .unwrap();
    assert_eq!(app.owner_name, "app_owner");
}

#[tokio::test(start_paused = true)]
async fn connection_strings_are_handed_over_and_kept_nowhere() {
    let emulator = Emulator::builder().build();
    emulator.seed(|seed| seed.project("tenant-1")).unwrap();
    let neon = client(&emulator);
    let vault: Arc<Mutex<BTreeMap<String, String>>> = Arc::default();
    let sink = Sink::default();
    let store = Arc::clone(&vault);
    let job = job(&neon, 3)
        .checkpoint(sink.clone())
        .deliver(move |tenant| {
            let store = Arc::clone(&store);
            async move {
                assert_eq!(tenant.connection.database(), "app");
                assert!(!format!("{tenant:?}").contains("npg_"));
                let uri = tenant.connection.to_uri().expose().to_owned();
                store.lock().unwrap().insert(tenant.tenant.to_string(), uri);
                Ok(())
            }
        });
    let mut shown = format!("{job:?}");
    let mut run = job.events();
    while let Some(event) = run.next().await {
        write!(shown, "{event:?}").unwrap();
    }
    let report = run.finish().await.unwrap();
    write!(shown, "{report:?} {report}").unwrap();
    shown += &sink.all().concat();
    let vault = vault.lock().unwrap();
    assert_eq!(vault.len(), 3);
    for uri in vault.values() {
        let password = uri.split([':', '@']).nth(2).unwrap();
        assert!(password.len() > 8);
        assert!(!shown.contains(password));
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_response_is_reconciled_by_name() {
    for (fault, creations) in [(Fault::reset().after_effect(), 3), (Fault::reset(), 4)] {
        let emulator = Emulator::builder().build();
        emulator.faults().inject(fault.on("createProject").after(1));
        let neon = client(&emulator);
        let report = job(&neon, 3).await.unwrap().check().unwrap();
        assert!(report.iter().all(|(_, tenant)| tenant.is_created));
        assert_eq!(emulator.count("createProject"), creations);
        assert_eq!(emulator.faults().remaining(), 0);
        assert_eq!(
            names(&emulator).into_values().collect::<Vec<_>>(),
            [1, 1, 1]
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_incomplete_list_provisions_nobody_unless_allowed() {
    let emulator = Emulator::builder().build();
    emulator.seed(|seed| seed.project("tenant-0")).unwrap();
    let partial = Fault::partial_list(1).on("listProjects").always();
    emulator.faults().inject(partial);
    let neon = client(&emulator);
    let error = job(&neon, 2).await.unwrap_err();
    assert!(matches!(error, Error::Partial { .. }), "{error}");
    assert_eq!(emulator.count("createProject"), 0);
    let _ = job(&neon, 2)
        .allow_partial(true)
        .await
        .unwrap()
        .check()
        .unwrap();
    assert_eq!(names(&emulator)["tenant-0"], 2);
}

#[tokio::test(start_paused = true)]
async fn a_tenant_that_fails_stops_no_other() {
    let mut limits = Limits::default();
    limits.projects = Some(4);
    let emulator = Emulator::builder().limits(limits).build();
    emulator.seed(|seed| {
        seed.project("tenant-1").unwrap();
        seed.project("tenant-1").unwrap();
    });
    let neon = client(&emulator);
    let mut all = tenants(&neon, 6);
    all[2] = neon
        .projects()
        .create("tenant-2")
        .region("aws-eu-central-1");
    emulator.seed(|seed| seed.project("tenant-2")).unwrap();
    let report = neon.fleet().provision(all).concurrency(1).await.unwrap();
    let outcome = |name: &str| {
        let failed = report.failed().find(|(failed, _)| *failed == name);
        failed.map(|(_, failure)| failure.api_error().unwrap())
    };
    assert!(outcome("tenant-0").is_none());
    assert!(matches!(outcome("tenant-1"), Some(Error::Ambiguous { .. })));
    assert!(matches!(outcome("tenant-2"), Some(Error::Differs(_))));
    assert!(outcome("tenant-3").unwrap().is_quota_exceeded());
    assert_eq!((report.done().count(), report.failed().count()), (1, 5));
    let text = report.check().unwrap_err().to_string();
    assert!(
        text.starts_with("1 of 6 done, 5 failed; tenant-1: several projects"),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_may_pass_is_tried_again_at_the_end() {
    let emulator = Emulator::builder().build();
    let down = Fault::status(500).on("createProject").after_effect();
    emulator.faults().inject(down.times(1));
    let lists = Fault::status(500).on("listProjects").after(1);
    emulator.faults().inject(lists);
    let neon = client(&emulator).with_retry(RetryPolicy::never());
    let mut run = job(&neon, 3).events();
    let mut shown = Vec::new();
    while let Some(event) = run.next().await {
        if let neon_api::fleet::Event::Retried { item, failure } = event {
            shown.push((item.to_string(), failure.attempts()));
        }
    }
    let report = run.finish().await.unwrap();
    assert_eq!(report.done().count(), 3, "{report}");
    assert_eq!(shown.len(), 1);
    assert_eq!(emulator.count("createProject"), 3);
}

#[tokio::test(start_paused = true)]
async fn wrong_input_is_refused_before_anything_is_sent() {
    let emulator = Emulator::builder().build();
    let neon = client(&emulator);
    let projects = neon.projects();
    let long = "x".repeat(300);
    let state: FleetState<Provisioned> = serde_json::from_str(
        r#"{"version":1,"job":"provision","org":"org-other-12345678","items":{}}"#,
    )
    .unwrap();
    let jobs = [
        neon.fleet().provision([projects.create(long)]),
        neon.fleet()
            .provision([projects.create("a"), projects.create("a")]),
        neon.fleet()
            .provision([projects.create("a").autoscaling(4.0..=2.0)]),
        neon.fleet()
            .provision([projects.create("a").org("org-ocean-art-12345678")]),
        neon.fleet().provision([projects.create("a")]).resume(state),
    ];
    for job in jobs {
        let error = job.await.unwrap_err();
        assert!(matches!(error, Error::InvalidInput(_)), "{error}");
    }
    assert_eq!(emulator.total_requests(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_not_valid_ends_the_job_early() {
    let emulator = Emulator::builder().build();
    let neon = client(&emulator);
    emulator
        .faults()
        .inject(Fault::status(401).on("createProject").after(2).always());
    let report = job(&neon, 50).concurrency(1).await.unwrap();
    assert_eq!((report.done().count(), report.failed().count()), (2, 1));
    assert_eq!(emulator.count("createProject"), 3);
    let error = report.check().unwrap_err();
    assert_eq!(error.not_tried, 47);
}

#[tokio::test(start_paused = true)]
async fn nothing_more_is_begun_when_the_state_cannot_be_saved() {
    let emulator = Emulator::builder().build();
    let neon = client(&emulator);
    for states in 0..3 {
        let before = emulator.count("createProject");
        let sink = Full(Mutex::new(states));
        let report = job(&neon, 100)
            .concurrency(5)
            .checkpoint(sink)
            .await
            .unwrap();
        assert!(
            matches!(report.error(), Some(Error::Checkpoint(_))),
            "{report}"
        );
        let begun = usize::try_from(emulator.count("createProject") - before).unwrap();
        assert!(begun <= states * 10, "{begun}");
        assert_eq!(
            report.done().count() + report.check().unwrap_err().not_tried,
            100
        );
    }
    assert_eq!(done(&emulator, "createProject"), names(&emulator).len());
}

/// Marks are made ahead of the work, so that what was begun may be another program's.
#[tokio::test(start_paused = true)]
async fn what_an_earlier_run_may_have_begun_is_examined() {
    let emulator = Emulator::builder().build();
    let there = emulator.seed(|seed| seed.project("tenant-0")).unwrap();
    let neon = client(&emulator);
    let state = r#"{"version":1,"job":"provision","org":null,"items":{"tenant-0":"begun"}}"#;
    let state: FleetState<Provisioned> = serde_json::from_str(state).unwrap();
    let done = job(&neon, 1).resume(state).await.unwrap().check().unwrap();
    assert_eq!(done[0].1.project, there.project.id);
    assert_eq!(emulator.count("createProject"), 0);
    let databases = emulator
        .state()
        .databases(&there.project.id, &there.branch.id);
    assert!(databases.iter().any(|database| database.name == "app"));
}

#[tokio::test(start_paused = true)]
async fn a_job_ends_with_its_timeout() {
    let hour = Duration::from_secs(3_600);
    let emulator = Emulator::builder().operation_latency(hour..=hour).build();
    let neon = client(&emulator);
    let begun_at = tokio::time::Instant::now();
    let job = job(&neon, 20).concurrency(5).status_every(Duration::MAX);
    let report = job.send().timeout(Duration::from_secs(30)).await.unwrap();
    assert_eq!(begun_at.elapsed(), Duration::from_secs(30));
    let timeouts = report
        .failed()
        .filter(|(_, failure)| failure.api_error().is_some_and(Error::is_timeout));
    assert_eq!(timeouts.count(), 5, "{report}");
    assert_eq!(report.check().unwrap_err().not_tried, 15);
    assert_eq!(emulator.count("createProject"), 5);
}
