//! How close to the account's rate tenants are provisioned.

use neon_api::{AccountLimiter, Neon, Rates};
use neon_api_emulator::{Emulator, RateLimit};

use crate::provision::tenants;

/// Ten times what the API allows, as in the example `provision`.
const PER_MINUTE: u32 = 7_000;
const BURST: u32 = 400;

#[tokio::test(start_paused = true)]
async fn provisioning_takes_what_the_rate_allows_and_a_twentieth() {
    let emulator = Emulator::builder()
        .rate_limit(RateLimit::PerMinute(PER_MINUTE))
        .rate_limit_burst(BURST)
        .build();
    let rates = Rates::default().per_minute(PER_MINUTE).burst(BURST);
    let limiter = AccountLimiter::new(rates.route_per_second(BURST));
    let builder = Neon::builder().api_key("napi_test").limiter(limiter);
    let neon = builder.transport(emulator.transport()).build().unwrap();
    let job = neon
        .fleet()
        .provision(tenants(&neon, 1_000))
        .concurrency(400);
    let report = job.await.unwrap();
    assert_eq!(report.done().count(), 1_000);
    let status = report.status();
    assert_eq!(status.requests, emulator.total_requests());
    let requests = u32::try_from(status.requests).unwrap();
    let least = f64::from(requests - BURST) * 60.0 / f64::from(PER_MINUTE);
    let took = status.elapsed.as_secs_f64();
    println!("{requests} requests in {took:.2} s; the rate allows them in {least:.2} s");
    assert!(took <= least * 1.05, "{took:.2} s for {least:.2} s");
    assert!(requests <= 2_300, "{requests}");
    assert_eq!(neon.stats().rate_limited, 0);
}
