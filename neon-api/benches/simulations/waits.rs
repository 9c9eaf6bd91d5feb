//! Waits for operations: their requests, and their lag.

use std::time::Duration;

use futures::future::try_join_all;
use neon_api::ids::{OperationId, ProjectId};
use neon_api::{Limiter, Neon, Unlimited};
use neon_api_emulator::{Emulator, RateLimit};
use tokio::time::Instant;

use crate::parallel::Parallel;
use crate::support::{Fallible, row};
use crate::{SEEDS, client};

/// What 50 branches over 5 projects take that are created and waited for at once.
struct Branches {
    requests: f64,
    /// The mean time from the end of a branch's operations to the return of its wait, in milliseconds.
    lag: f64,
    /// Until the last wait returned, and until the last operation ended.
    took: f64,
    ended: f64,
}

async fn branches(limit: RateLimit, limiter: impl Limiter) -> Fallible<Branches> {
    let instant = Duration::ZERO..=Duration::ZERO;
    let emulator = Emulator::builder()
        .operation_latency(instant)
        .conflicts(false)
        .rate_limit(limit)
        .build();
    let maker = client(emulator.transport(), Unlimited)?;
    let mut projects = Vec::new();
    for number in 0..5 {
        let created = maker.projects().create(format!("app{number}")).await?;
        projects.push(created.ready().await?.project.id);
    }
    tokio::time::sleep(Duration::from_secs(600)).await;
    emulator.clear_requests();

    let server = Parallel::new(emulator.clone(), 300..=1500);
    let neon = client(server.clone(), limiter)?;
    let start = Instant::now();
    let all = (0..50).map(|number| lag(&neon, &projects[number % 5], number, &server));
    let lags: Vec<(Instant, Duration)> = try_join_all(all).await?;
    let took = start.elapsed().as_secs_f64();
    let last = lags.iter().map(|(end, _)| *end).max();
    let sum: Duration = lags.iter().map(|(_, lag)| *lag).sum();
    Ok(Branches {
        requests: f64::from(u32::try_from(emulator.total_requests())?),
        lag: sum.as_secs_f64() * 1000.0 / 50.0,
        took,
        ended: last.map_or(0.0, |last| (last - start).as_secs_f64()),
    })
}

/// When the operations of a branch ended, and how much later its wait returned.
async fn lag(
    neon: &Neon,
    project: &ProjectId,
    number: usize,
    server: &Parallel,
) -> Fallible<(Instant, Duration)> {
    let branches = neon.project(project).branches();
    let created = branches.create(format!("preview/{number}")).await?;
    let ids = created.token().operations().to_vec();
    let answered = Instant::now();
    created.ready().await?;
    let end = server.end_of(ids.iter().map(OperationId::as_str));
    Ok((end, Instant::now() - end.max(answered)))
}

/// The most and the mean of the runs.
fn over_runs(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let count = f64::from(u32::try_from(values.clone().count()).unwrap_or(1));
    let most = values.clone().fold(0.0, f64::max);
    (most, values.sum::<f64>() / count)
}

pub(crate) async fn run() -> Fallible<bool> {
    println!("\n50 branches over 5 projects, operations of 0.3 to 1.5 s, {SEEDS} runs");
    let mut all = true;
    for is_limited in [false, true] {
        let mut runs = Vec::new();
        for seed in 0..SEEDS {
            fastrand::seed(seed);
            runs.push(if is_limited {
                branches(RateLimit::Real, neon_api::AccountLimiter::default()).await?
            } else {
                branches(RateLimit::Off, Unlimited).await?
            });
        }
        let (most_requests, requests) = over_runs(runs.iter().map(|run| run.requests));
        let (most_lag, lag) = over_runs(runs.iter().map(|run| run.lag));
        let (most_took, took) = over_runs(runs.iter().map(|run| run.took));
        let (most_late, late) = over_runs(runs.iter().map(|run| run.took - run.ended));
        let name = if is_limited {
            "700 a minute, bucket of 40"
        } else {
            "no limit"
        };
        println!(
            "{name}: {requests:.1} requests, mean lag {lag:.0} ms, {took:.2} s in the mean, {late:.2} s \
             after the last operation"
        );
        if is_limited {
            // The 50th branch cannot be created before 1 s, by the route's limit in any second, and
            // its operations take up to 1.5 s. Until then the bucket gives 67 requests or so.
            all &= row("requests, most of the runs", most_requests, "", 75.0);
            all &= row("time, most of the runs", most_took, " s", 2.8);
            all &= row("time after the last operation, most", most_late, " s", 0.5);
        } else {
            all &= row("requests, most of the runs", most_requests, "", 110.0);
            all &= row("mean lag, most of the runs", most_lag, " ms", 150.0);
        }
    }
    Ok(all & waiters().await?)
}

/// The polls while this many wait for a project's operations.
async fn polls(waiters: usize) -> Fallible<(f64, f64)> {
    fastrand::seed(5);
    let time = Duration::from_secs(20);
    let emulator = Emulator::builder().operation_latency(time..=time).build();
    let neon = client(emulator.transport(), Unlimited)?;
    let created = neon.projects().create("app").await?;
    let handle = created.token();
    let start = Instant::now();
    try_join_all((0..waiters).map(|_| neon.wait(handle.clone()).into_future())).await?;
    let took = start.elapsed().as_secs_f64();
    let polls = u32::try_from(emulator.count("listProjectOperations"))?;
    Ok((f64::from(polls), took))
}

async fn waiters() -> Fallible<bool> {
    let (one, took_one) = polls(1).await?;
    let (many, took_many) = polls(500).await?;
    println!("\nwaiters on one project: 1 for {took_one:.1} s, 500 for {took_many:.1} s");
    Ok(row("polls of 500, at most those of 1", many, "", one))
}
