//! Limits of requests, in virtual time.

use std::time::Duration;

use neon_api_emulator::{Emulator, RateLimit, RateLimitModel};
use tokio::time::advance;

use crate::support::Api;

#[tokio::test(start_paused = true)]
async fn the_account_limit_is_enforced() {
    let limited = Emulator::builder().rate_limit(RateLimit::PerMinute(60));
    let api = Api::of(limited.rate_limit_burst(5).build());
    let burst = async || {
        let mut admitted = 0;
        while api.get("/projects").await.status == 200 {
            admitted += 1;
        }
        admitted
    };
    assert_eq!(burst().await, 5);
    let refused = api.get("/projects").await;
    assert_eq!(refused.status, 429);
    assert!(refused.headers.get("retry-after").is_none());
    advance(Duration::from_millis(999)).await;
    assert_eq!(burst().await, 0);
    advance(Duration::from_millis(1)).await;
    assert_eq!(burst().await, 1);
    advance(Duration::from_secs(3)).await;
    assert_eq!(burst().await, 3);
    // Refused requests are counted, and cost nothing.
    assert_eq!(api.emulator.count("listProjects"), 9 + 5);
}

#[tokio::test(start_paused = true)]
async fn the_real_limit_lets_700_through_in_a_minute() {
    let api = Api::of(
        Emulator::builder()
            .rate_limit(RateLimit::Real)
            .request_log(1)
            .build(),
    );
    let mut admitted = 0;
    for _ in 0..6000 {
        if api.get("/projects").await.status == 200 {
            admitted += 1;
        }
        advance(Duration::from_millis(10)).await;
    }
    // The burst of 40, and what the next 59.99 s bring.
    assert_eq!(admitted, 40 + 699);
}

const METRICS: &str = "from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z&granularity=daily\
                       &metrics=compute_unit_seconds";

/// 30 requests of the three routes together, then one every two seconds. The account still has what
/// it has, and other routes are not touched.
#[tokio::test(start_paused = true)]
async fn consumption_history_has_a_limit_of_its_own() {
    let api = Api::of(Emulator::builder().rate_limit(RateLimit::Real).build());
    let projects = format!("/consumption_history/v2/projects?{METRICS}");
    let branches = format!("/consumption_history/v2/branches?{METRICS}&project_ids=none");
    let paths = ["/consumption_history/projects", &projects, &branches];
    let limited = async |path: &str| api.get(path).await.status == 429;
    for path in paths.iter().cycle().take(30) {
        assert!(!limited(path).await, "{path}");
    }
    for path in paths {
        assert!(limited(path).await, "{path}");
    }
    assert_eq!(api.get("/projects").await.status, 200);
    advance(Duration::from_millis(1999)).await;
    assert!(limited(paths[0]).await);
    advance(Duration::from_millis(1)).await;
    assert!(!limited(paths[2]).await);
    assert!(limited(paths[1]).await);
}

#[tokio::test(start_paused = true)]
async fn refusals_say_for_how_long_when_asked_to() {
    let limited = Emulator::builder().rate_limit(RateLimit::PerMinute(40));
    let api = Api::of(limited.rate_limit_burst(1).retry_after(true).build());
    let wait = async || {
        let answer = api.get("/projects").await;
        let wait = answer.headers.get("retry-after");
        (
            answer.status,
            wait.map(|wait| wait.to_str().unwrap().to_owned()),
        )
    };
    assert_eq!(wait().await, (200, None));
    assert_eq!(
        wait().await,
        (429, Some("2".to_owned())),
        "1.5 s, rounded up"
    );
    advance(Duration::from_millis(500)).await;
    assert_eq!(wait().await, (429, Some("1".to_owned())));
    advance(Duration::from_secs(1)).await;
    assert_eq!(wait().await, (200, None));
}

/// A minute is one of the wall clock, whenever the emulator was built.
#[tokio::test(start_paused = true)]
async fn fixed_windows_are_those_of_the_wall_clock() {
    let limited = Emulator::builder()
        .rate_limit(RateLimit::PerMinute(3))
        .rate_limit_model(RateLimitModel::FixedWindow)
        .route_limit_model(RateLimitModel::TokenBucket)
        .start_time("2026-11-25T10:20:59.25Z".parse().unwrap());
    let api = Api::of(limited.build());
    let burst = async || {
        let mut admitted = 0;
        while api.get("/projects").await.status == 200 {
            admitted += 1;
        }
        admitted
    };
    assert_eq!(burst().await, 3);
    advance(Duration::from_millis(749)).await;
    assert_eq!(burst().await, 0);
    advance(Duration::from_millis(1)).await;
    assert_eq!(burst().await, 3);
    advance(Duration::from_millis(59_999)).await;
    assert_eq!(burst().await, 0);
    advance(Duration::from_millis(1)).await;
    assert_eq!(burst().await, 3);
}
