//! How many tests a second there are branches for, within the API's real limits.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use neon_api_emulator::{Emulator, RateLimit};
use tokio::time::{Instant, sleep};

use crate::support::World;

const SIZE: usize = 10;
const LEASES: u32 = 1200;

/// In virtual time, so that the numbers are the same on any machine: 700 requests a minute, and
/// operations that take 100 to 300 ms each.
#[tokio::test(start_paused = true)]
#[allow(clippy::cast_precision_loss, reason = "small numbers")]
async fn ten_branches_of_two_projects_are_leased_four_times_a_second() {
    let world = World::new(Emulator::builder().rate_limit(RateLimit::Real), 2);
    let pool = Arc::new(world.pool(SIZE));
    pool.prepare().await.unwrap();
    assert_eq!(world.branches(), 2 + SIZE);
    let made = world.emulator.total_requests();
    let begin = Instant::now();
    let left = Arc::new(AtomicU32::new(LEASES));
    let tests = (0..SIZE).map(|_| {
        let (pool, left) = (Arc::clone(&pool), Arc::clone(&left));
        tokio::spawn(async move {
            let take = |left: u32| left.checked_sub(1);
            while left
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
                .is_ok()
            {
                let branch = pool.lease().await.unwrap();
                sleep(Duration::from_millis(50)).await;
                drop(branch);
            }
        })
    });
    for test in join_all(tests).await {
        test.unwrap();
    }
    let (time, requests) = (begin.elapsed(), world.emulator.total_requests() - made);
    let rate = f64::from(LEASES) / time.as_secs_f64();
    let each = requests as f64 / f64::from(LEASES);
    let refused = world
        .emulator
        .requests()
        .iter()
        .filter(|r| r.status == 429)
        .count();
    println!("{rate:.2} leases a second, {each:.2} requests each, {refused} refused with 429");
    assert!(rate >= 4.0, "{rate}");
    assert!(each <= 2.9, "{each}");
    // Each was reset once after its use; the last of each branch may still be under way.
    let restored = world.emulator.requests();
    let restored = restored.iter().filter(|request| {
        request.operation_id.as_deref() == Some("restoreProjectBranch") && request.status < 300
    });
    let leases = usize::try_from(LEASES).unwrap();
    assert!((leases - SIZE..=leases).contains(&restored.count()));
    let locked = world
        .emulator
        .requests()
        .iter()
        .filter(|r| r.status == 423)
        .count();
    assert_eq!(locked, 0);
    assert_eq!(world.branches(), 2 + SIZE);
    pool.close().await.unwrap();
    assert_eq!(world.branches(), 2);
}
