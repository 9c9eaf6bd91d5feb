//! Limits of requests, in virtual time.

use std::time::Duration;

use neon_api_emulator::{Emulator, RateLimit};
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
