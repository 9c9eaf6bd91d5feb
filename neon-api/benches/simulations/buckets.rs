//! Against token buckets, exact and with less than is documented.

use std::ops::Range;
use std::time::Duration;

use futures::future::try_join_all;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use neon_api::types::ListProjectsQuery;
use neon_api::{Neon, Rates};
use neon_api_emulator::{Emulator, RateLimit};
use tokio::time::Instant;

use crate::bucket::{Allowed, DOCUMENTED, Limited, TENFOLD};
use crate::support::{Fallible, row};
use crate::{Bounds, client};

/// Lists projects this often, 64 at once. Every call must succeed.
async fn calls(neon: &Neon, numbers: Range<usize>) -> Fallible {
    let calls = stream::iter(numbers).map(|number| async move {
        let query = ListProjectsQuery::default().with_search(number.to_string());
        neon.raw().list_projects(&query).await.map(|_| ())
    });
    Ok(calls.buffer_unordered(64).try_collect().await?)
}

/// The time that a bucket needs to let 2,000 requests pass.
fn bound(allowed: Allowed) -> f64 {
    f64::from(2000 - allowed.burst) * 60.0 / f64::from(allowed.per_minute)
}

const EXACT: Bounds = Bounds {
    ratio: 1.01,
    refused: 10.0,
};

/// Where the server's rates are not those of the client, which has to find out.
const FOUND_OUT: Bounds = Bounds {
    ratio: 1.15,
    refused: 0.05 * 2000.0,
};

fn report(name: &str, took: Duration, allowed: Allowed, refused: u64, bounds: &Bounds) -> bool {
    let (took, bound) = (took.as_secs_f64(), bound(allowed));
    println!("{name}: {took:.3} s, the bucket needs {bound:.3} s");
    let refused = f64::from(u32::try_from(refused).unwrap_or(u32::MAX));
    let name = "time over what the bucket needs";
    let in_time = row(name, took / bound, "", bounds.ratio);
    let unrefused = row("responses 429", refused, "", bounds.refused);
    in_time & unrefused
}

pub(crate) async fn run() -> Fallible<bool> {
    println!(
        "2,000 calls, 64 at once\n{:>60}{:>14}",
        "measured", "at most"
    );
    let emulator = Emulator::builder().rate_limit(RateLimit::Real).build();
    let neon = client(emulator.transport(), neon_api::AccountLimiter::default())?;
    let start = Instant::now();
    calls(&neon, 0..2000).await?;
    let refused = neon.stats().rate_limited;
    let name = "emulator, 700 a minute, bucket of 40";
    let mut all = report(name, start.elapsed(), DOCUMENTED, refused, &EXACT);

    fastrand::seed(1);
    let server = Limited::with_way(DOCUMENTED, Duration::from_millis(100));
    let name = "the same, requests up to 0.1 s under way";
    all &= paced(name, &server, Rates::default(), 1, DOCUMENTED, &EXACT).await?;

    let rates = Rates::default()
        .per_minute(7000)
        .burst(400)
        .route_per_second(400);
    let name = "ten times the rates, bucket of 400";
    all &= paced(name, &Limited::new(TENFOLD), rates, 1, TENFOLD, &EXACT).await?;

    let rates = Rates::default().share(0.25);
    let name = "four clients with a share of 0.25";
    let server = Limited::new(DOCUMENTED);
    all &= paced(name, &server, rates, 4, DOCUMENTED, &EXACT).await?;

    let half = Allowed {
        per_minute: 350,
        burst: 20,
        route_per_second: 20,
    };
    let (server, rates) = (Limited::new(half), Rates::default());
    let name = "half of what is documented";
    all &= paced(name, &server, rates, 1, half, &FOUND_OUT).await?;

    let server = Limited::new(DOCUMENTED);
    let other = async {
        let mut beat = tokio::time::interval(Duration::from_secs(60) / 350);
        loop {
            beat.tick().await;
            server.admit("listProjects");
        }
    };
    let left = Allowed {
        per_minute: 350,
        ..DOCUMENTED
    };
    let name = "another consumer that takes half";
    all &= tokio::select! {
        kept = paced(name, &server, rates, 1, left, &FOUND_OUT) => kept?,
        () = other => false,
    };
    Ok(all)
}

/// The calls of some clients with equal parts of them.
async fn paced(
    name: &str,
    server: &Limited,
    rates: Rates,
    clients: usize,
    allowed: Allowed,
    bounds: &Bounds,
) -> Fallible<bool> {
    let start = Instant::now();
    let each = 2000 / clients;
    let all = (0..clients).map(|number| async move {
        let neon = client(server.clone(), neon_api::AccountLimiter::new(rates))?;
        calls(&neon, number * each..(number + 1) * each).await
    });
    try_join_all(all).await?;
    let refused = server.refused();
    Ok(report(name, start.elapsed(), allowed, refused, bounds))
}
