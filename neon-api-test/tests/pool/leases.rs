//! What a lease sends, and what it does when something is not as it should be.

use std::time::Duration;

use neon_api::workflows::Fate;
use neon_api_emulator::{Emulator, Limits};

use crate::support::World;

/// The operations that were called since.
fn sent(world: &World) -> Vec<String> {
    let requests = world.emulator.requests();
    world.emulator.clear_requests();
    let names = requests
        .into_iter()
        .map(|request| request.operation_id.unwrap_or_default());
    names.collect()
}

/// Changes what is noted of the first branch.
fn change_note(world: &World, field: &str, value: serde_json::Value) {
    let mut folders = std::fs::read_dir(world.folder()).unwrap();
    let file = folders.next().unwrap().unwrap().path().join("branch-0");
    let kept = std::fs::read_to_string(&file).unwrap();
    let mut kept: serde_json::Value = serde_json::from_str(&kept).unwrap();
    kept[field] = value;
    std::fs::write(&file, kept.to_string()).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_branch_is_created_once_and_reset_before_each_further_use() {
    let world = World::new(Emulator::builder(), 1);
    let pool = world.pool(1);
    let first = pool.lease().await.unwrap();
    let (id, url) = (first.id().to_owned(), first.url().to_owned());
    assert!(url.starts_with("postgresql://"), "{url}");
    assert!(!format!("{first:?}").contains("postgresql"));
    assert!(sent(&world).contains(&"createProjectBranch".to_owned()));
    drop(first);
    // Another process of this machine.
    let pool = world.pool(1);
    let second = pool.lease().await.unwrap();
    assert_eq!((second.id(), second.url()), (id.as_str(), url.as_str()));
    let requests = sent(&world);
    assert_eq!(requests[0], "restoreProjectBranch");
    assert!(
        requests[1..]
            .iter()
            .all(|name| name == "listProjectOperations"),
        "{requests:?}"
    );
    assert!((2..=4).contains(&requests.len()), "{requests:?}");
}

/// Between two uses there is time to reset a branch, so that its next lease sends nothing.
#[tokio::test(start_paused = true)]
async fn a_branch_is_reset_in_the_background_and_leased_at_once() {
    let world = World::new(Emulator::builder(), 1);
    let pool = world.pool(2);
    pool.prepare().await.unwrap();
    for _ in 0..4 {
        let leased = pool.lease().await.unwrap();
        sent(&world);
        drop(leased);
        // As long as a test takes that uses another branch.
        tokio::time::sleep(Duration::from_secs(3)).await;
        let requests = sent(&world);
        assert_eq!(requests[0], "restoreProjectBranch");
        assert!((2..=4).contains(&requests.len()), "{requests:?}");
        let begin = tokio::time::Instant::now();
        let (first, second) = (pool.lease().await.unwrap(), pool.lease().await.unwrap());
        assert_eq!(begin.elapsed(), Duration::ZERO);
        assert!(sent(&world).is_empty());
        drop((first, second));
        tokio::time::sleep(Duration::from_secs(6)).await;
    }
    pool.close().await.unwrap();
    assert_eq!(world.branches(), 1);
}

/// A process that ends after it has begun a reset leaves it to the next, which only polls it.
#[tokio::test]
async fn a_reset_that_another_process_has_begun_is_completed() {
    let world = World::new(Emulator::builder(), 1);
    let runtime = || {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_all().start_paused(true).build().unwrap()
    };
    let (world, requests) = tokio::task::spawn_blocking(move || {
        let first = runtime();
        first.block_on(async {
            let pool = world.pool(1);
            drop(pool.lease().await.unwrap());
            while !sent(&world).contains(&"restoreProjectBranch".to_owned()) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            // The response is noted.
            tokio::time::sleep(Duration::from_millis(1)).await;
        });
        drop(first);
        sent(&world);
        runtime().block_on(async {
            let leased = world.pool(1).lease().await.unwrap();
            std::mem::forget(leased);
        });
        let requests = sent(&world);
        (world, requests)
    })
    .await
    .unwrap();
    assert!(!requests.is_empty());
    let polls = requests.iter().all(|name| name == "listProjectOperations");
    assert!(polls, "{requests:?}");
    assert_eq!(world.branches(), 1 + 1);
}

#[tokio::test(start_paused = true)]
async fn a_branch_that_is_in_use_is_nobody_elses() {
    let world = World::new(Emulator::builder(), 1);
    let (pool, other) = (world.pool(2), world.pool(2));
    let first = pool.lease().await.unwrap();
    let second = other.lease().await.unwrap();
    assert_ne!(first.id(), second.id());
    let begin = tokio::time::Instant::now();
    let error = pool.lease().await.unwrap_err().to_string();
    let expected = "all 2 branches of the pool were in use for 300 s: raise NEON_TEST_POOL, or run \
                    fewer tests at a time (--test-threads)";
    assert_eq!(error, expected);
    assert!(begin.elapsed() < Duration::from_secs(301));
    drop(first);
    drop(pool.lease().await.unwrap());
    assert_eq!(world.branches(), 1 + 2);
}

#[tokio::test(start_paused = true)]
async fn a_branch_that_somebody_has_deleted_is_created_again() {
    let world = World::new(Emulator::builder(), 1);
    let pool = world.pool(1);
    let first = pool.lease().await.unwrap().id().to_owned();
    let project = world.neon().project(world.projects[0].as_str());
    project
        .branch(first.as_str())
        .delete()
        .ready()
        .await
        .unwrap();
    let second = pool.lease().await.unwrap();
    assert_ne!(second.id(), first);
    assert_eq!(world.branches(), 1 + 1);
}

/// As after a crash between the creation and the note of it.
#[tokio::test(start_paused = true)]
async fn a_branch_that_was_created_but_not_noted_is_found_and_reset() {
    let world = World::new(Emulator::builder(), 1);
    let pool = world.pool(1);
    drop(pool.lease().await.unwrap());
    let folder = std::fs::read_dir(world.folder())
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    std::fs::write(folder.join("branch-0"), "{\"proj").unwrap();
    sent(&world);
    let again = pool.lease().await.unwrap();
    assert!(again.url().starts_with("postgresql://"));
    assert!(sent(&world).contains(&"restoreProjectBranch".to_owned()));
    assert_eq!(world.branches(), 1 + 1);
}

/// A reset that was given up leaves a branch that is reset again.
#[tokio::test(start_paused = true)]
async fn a_lease_that_is_dropped_leaves_the_branch_to_the_next() {
    let world = World::new(Emulator::builder(), 1);
    let pool = world.pool(1);
    drop(pool.lease().await.unwrap());
    tokio::time::sleep(Duration::from_secs(3)).await;
    // As a killed process leaves it.
    change_note(&world, "is_dirty", true.into());
    sent(&world);
    for millis in [0, 1, 50, 350] {
        let lease = tokio::time::timeout(Duration::from_millis(millis), pool.lease());
        assert!(lease.await.is_err());
    }
    drop(pool.lease().await.unwrap());
    let requests = sent(&world);
    assert!(requests.contains(&"restoreProjectBranch".to_owned()));
    assert!(requests.contains(&"listProjectOperations".to_owned()));
    assert_eq!(world.branches(), 1 + 1);
}

#[tokio::test(start_paused = true)]
async fn branches_carry_an_owner_and_an_expiry() {
    let world = World::new(Emulator::builder(), 1);
    let pool = world.pool(3);
    pool.prepare().await.unwrap();
    let project = world.neon().project(world.projects[0].as_str());
    let plan = project.sweep().owner("neon-api-test").plan().await.unwrap();
    let found = plan
        .branches()
        .iter()
        .filter(|branch| branch.fate == Fate::Delete);
    assert_eq!(found.count(), 3);
    let branches: Vec<neon_api::branches::AnnotatedBranch> =
        project.branches().list().await.unwrap();
    let expiring = branches
        .iter()
        .filter(|branch| branch.expires_at.is_some())
        .count();
    assert_eq!(expiring, 3);
    pool.close().await.unwrap();
    assert_eq!(world.branches(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_branch_that_is_close_to_its_end_gets_more_time() {
    let world = World::new(Emulator::builder(), 1);
    let pool = world.pool(1);
    drop(pool.lease().await.unwrap());
    tokio::time::sleep(Duration::from_secs(3)).await;
    let soon = neon_api::chrono::Utc::now() + neon_api::chrono::TimeDelta::minutes(10);
    let soon = serde_json::to_value(soon).unwrap();
    change_note(&world, "expires_at", soon);
    sent(&world);
    drop(pool.lease().await.unwrap());
    assert_eq!(sent(&world)[0], "updateProjectBranch");
    drop(pool.lease().await.unwrap());
    assert!(!sent(&world).contains(&"updateProjectBranch".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_plan_that_allows_no_more_branches_is_named() {
    let mut limits = Limits::default();
    limits.branches = Some(2);
    let world = World::new(Emulator::builder().limits(limits), 1);
    let error = world.pool(2).prepare().await.unwrap_err().to_string();
    assert!(error.contains("lower NEON_TEST_POOL"), "{error}");
    assert!(error.contains("BRANCHES_LIMIT_EXCEEDED"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn projects_that_are_not_there_are_named() {
    let world = World::new(Emulator::builder(), 1);
    for id in ["Not An ID", "../other", ""] {
        let pool = neon_api_test::neon::Pool::new(world.neon(), [id]);
        let error = pool.folder(world.folder()).lease().await.unwrap_err();
        let expected = "invalid NEON_TEST_PROJECTS: invalid project ID";
        assert!(error.to_string().starts_with(expected), "{error}");
        assert!(!world.folder().exists(), "nothing was written");
    }
    let pool = neon_api_test::neon::Pool::new(world.neon(), ["late-frost-12345678"]);
    let error = pool
        .folder(world.folder())
        .lease()
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("check NEON_TEST_PROJECTS"), "{error}");
    let pool = world.pool(1).parent("missing");
    let error = pool.lease().await.unwrap_err().to_string();
    assert!(error.contains("invalid NEON_TEST_PARENT"), "{error}");
}
