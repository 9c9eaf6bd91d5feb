//! Many calls against servers that count requests in five ways, in paused time.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by a panic, and shows what it measured"
)]

#[path = "support/models.rs"]
mod models;

use std::time::Duration;

use futures::stream::{self, StreamExt};
use models::{Make, Quotas, Server, Setting};
use neon_api::types::ListProjectsQuery;
use neon_api::{AccountLimiter, Neon, Rates};
use tokio::time::Instant;

fn rates(quotas: &Quotas) -> Rates {
    let per_minute = quotas.account.requests * 60 / quotas.account.window.as_secs();
    Rates::default()
        .per_minute(u32::try_from(per_minute).unwrap())
        .burst(u32::try_from(quotas.account.burst).unwrap())
        .route_per_second(u32::try_from(quotas.route.requests).unwrap())
}

/// The time that calls take, 64 at once, and how many responses were 429.
async fn run(server: &Server, rates: Rates, count: usize) -> (Duration, u64) {
    let neon = Neon::builder()
        .api_key("napi_test")
        .limiter(AccountLimiter::new(rates))
        .transport(server.clone())
        .build()
        .unwrap();
    let start = Instant::now();
    stream::iter(0..count)
        .map(|number| {
            let neon = &neon;
            async move {
                let query = ListProjectsQuery::default().with_search(number.to_string());
                neon.raw().list_projects(&query).await.unwrap();
            }
        })
        .buffer_unordered(64)
        .for_each(|()| async {})
        .await;
    (start.elapsed(), server.refused())
}

#[tokio::test(start_paused = true)]
async fn sweep() {
    let seeds: u64 = std::env::var("SEEDS").map_or(3, |s| s.parse().unwrap());
    let only = std::env::var("ONLY").unwrap_or_default();
    for (name, documented, enforced) in [
        ("real", Quotas::DOCUMENTED, Quotas::DOCUMENTED),
        ("ten", Quotas::TENFOLD, Quotas::TENFOLD),
        ("half", Quotas::DOCUMENTED, Quotas::DOCUMENTED.half()),
        ("tenhalf", Quotas::TENFOLD, Quotas::TENFOLD.half()),
    ] {
        for make in Make::ALL {
            for count in [1000, 2000] {
                for route in [Make::Log, make] {
                    let title = format!("{name} {make:?}/{route:?} {count}");
                    if !title.contains(&only) {
                        continue;
                    }
                    let mut all = Vec::new();
                    for seed in 0..seeds {
                        fastrand::seed(seed);
                        let phase = (seed < 2).then(|| seed as f64 * 0.03);
 let setting = Setting { account: make, route, quotas: enforced, seed, phase };
                        let server = Server::new(&setting);
                        let (took, refused) = run(&server, rates(&documented), count).await;
                        let bound = setting.bound(count, 64);
                        all.push((took.as_secs_f64() / bound.as_secs_f64(), refused, bound));
                    }
                    let mut ratios: Vec<f64> = all.iter().map(|a| a.0).collect();
                    ratios.sort_by(f64::total_cmp);
                    let mut refused: Vec<u64> = all.iter().map(|a| a.1).collect();
                    refused.sort();
                    let n = ratios.len();
                    println!("{title:<28} ratio min {:.3} med {:.3} max {:.3}  429 med {} max {}  bound {:.2?}", ratios[0], ratios[n/2], ratios[n-1], refused[n/2], refused[n-1], all[0].2);
                    if seeds > 3 { println!("    {:?}", all.iter().map(|a| format!("{:.3}:{}", a.0, a.1)).collect::<Vec<_>>().join(" ")); }
                    if make == route { break; }
                }
            }
        }
    }
}
