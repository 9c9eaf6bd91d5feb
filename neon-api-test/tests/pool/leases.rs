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
    for millis in [0, 1, 50, 350] {
        let lease = tokio::time::timeout(Duration::from_millis(millis), pool.lease());
        drop(lease.await);
    }
    sent(&world);
    drop(pool.lease().await.unwrap());
    assert!(sent(&world).contains(&"restoreProjectBranch".to_owned()));
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
    let folder = std::fs::read_dir(world.folder())
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let file = folder.join("branch-0");
    let kept = std::fs::read_to_string(&file).unwrap();
    let mut kept: serde_json::Value = serde_json::from_str(&kept).unwrap();
    let soon = neon_api::chrono::Utc::now() + neon_api::chrono::TimeDelta::minutes(10);
    kept["expires_at"] = serde_json::to_value(soon).unwrap();
    std::fs::write(&file, kept.to_string()).unwrap();
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
    let pool = neon_api_test::neon::Pool::new(world.neon(), ["late-frost-12345678"]);
    let error = pool
        .folder(world.folder())
        .lease()
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("check NEON_TEST_PROJECTS"), "{error}");
    let pool = neon_api_test::neon::Pool::new(world.neon(), ["Not An ID"]);
    let error = pool
        .folder(world.folder())
        .lease()
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("invalid project ID"), "{error}");
    let pool = world.pool(1).parent("missing");
    let error = pool.lease().await.unwrap_err().to_string();
    assert!(error.contains("invalid NEON_TEST_PARENT"), "{error}");
}
