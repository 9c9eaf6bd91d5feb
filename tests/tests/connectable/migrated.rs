//! Work in the databases of many projects, of the emulator with Postgres behind it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use neon_api::fleet::{Fleet, Job, Migrate};
use neon_api::{Error, Neon};
use neon_api_emulator::RunningEmulator;

use crate::emulated::start;
use crate::world::PATIENCE;

/// Projects with computes that are suspended, but for the first.
async fn projects(neon: &Neon, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for number in 0..count {
        let created = neon.projects().create(format!("app-{number}"));
        let created = created.database_name("app").role_name("app_owner");
        let created = created.ready().await.unwrap();
        if number > 0 {
            let endpoint = neon.project(&created).endpoint(&created.endpoints[0]);
            endpoint.suspend().ready().await.unwrap();
        }
        ids.push(created.project.id.to_string());
    }
    ids
}

/// How many of the computes are awake.
fn awake(running: &RunningEmulator, ids: &[String]) -> usize {
    let state = running.emulator().state();
    let is_awake = |id: &&String| {
        let id = neon_api::ids::ProjectId::new(id.as_str()).unwrap();
        state.endpoints(&id)[0].current_state.as_str() == "active"
    };
    ids.iter().filter(is_awake).count()
}

/// A job that counts how many work at the same time, and fails for the last project.
fn job(
    fleet: &Fleet,
    running: &RunningEmulator,
    ids: &[String],
    most: Arc<AtomicUsize>,
) -> Job<Migrate<String>> {
    let at_work = Arc::new(AtomicUsize::new(0));
    let last = ids.last().cloned().unwrap();
    let ca = running.postgres_certificate().unwrap().to_vec();
    let job = fleet.migrate(ids, move |target| {
        let (at_work, most, last) = (at_work.clone(), most.clone(), last.clone());
        async move {
            let now = at_work.fetch_add(1, Ordering::SeqCst) + 1;
            most.fetch_max(now, Ordering::SeqCst);
            tokio::task::yield_now().await;
            at_work.fetch_sub(1, Ordering::SeqCst);
            if *target.branch.project_id() == *last {
                Err("the migration failed")?;
            }
            Ok(target.connection.database().to_owned())
        }
    });
    job.connect_timeout(PATIENCE).ca_certificates(ca)
}

#[tokio::test(flavor = "multi_thread")]
async fn computes_are_woken_a_few_at_a_time_and_sleep_again() {
    let Some((running, neon)) = start().await else {
        return;
    };
    let ids = projects(&neon, 4).await;
    assert_eq!(awake(&running, &ids), 1);
    let most = Arc::new(AtomicUsize::new(0));
    let asleep = job(&neon.fleet(), &running, &ids, most.clone()).concurrency(2);
    let report = asleep.suspend_woken(true).await.unwrap();
    assert!(most.load(Ordering::SeqCst) <= 2);
    let done: Vec<_> = report
        .done()
        .map(|(id, done)| (id, &*done.value, done.was_asleep, done.was_suspended))
        .collect();
    let expected = [
        (ids[0].as_str(), "app", false, false),
        (ids[1].as_str(), "app", true, true),
        (ids[2].as_str(), "app", true, true),
    ];
    assert_eq!(done, expected, "{report}");
    let (failed, failure) = report.failed().next().unwrap();
    assert_eq!(
        (failed, failure.to_string()),
        (ids[3].as_str(), "the migration failed".to_owned())
    );
    // Also the one that failed sleeps again, and the one that was awake does not.
    assert_eq!(awake(&running, &ids), 1);

    // By default they are left to themselves.
    let report = job(&neon.fleet(), &running, &ids, most).await.unwrap();
    assert_eq!((report.done().count(), awake(&running, &ids)), (3, 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_not_there_is_the_failure_of_its_project() {
    let Some((running, neon)) = start().await else {
        return;
    };
    let ids = projects(&neon, 2).await;
    let first = neon.project(ids[0].as_str());
    let branch = first.branches().find("main").await.unwrap().unwrap();
    let branch = first.branch(&branch);
    branch
        .databases()
        .create("other", "app_owner")
        .ready()
        .await
        .unwrap();
    let most = Arc::new(AtomicUsize::new(0));
    let report = job(&neon.fleet(), &running, &ids, most).await.unwrap();
    let (failed, failure) = report.failed().next().unwrap();
    assert_eq!(failed, ids[0]);
    assert!(
        matches!(failure.api_error(), Some(Error::Unchosen(_))),
        "{failure}"
    );
}
