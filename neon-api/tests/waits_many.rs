//! Many waits at once: requests and lag.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by a panic, and shows what it measured"
)]

mod support;

use std::time::Duration;

use futures::future::join_all;
use neon_api::ids::{OperationId, ProjectId};
use neon_api::{AccountLimiter, Neon, NeonBuilder, Rates};
use neon_api_emulator::{Emulator, RateLimit};
use support::parallel::Parallel;
use support::{Server, client_of, handle, ms, operation, operation_id, operations};
use tokio::time::Instant;

fn builder() -> NeonBuilder {
    Neon::builder().api_key("napi_test")
}

/// Five projects, made beforehand by a client of its own.
async fn five_projects(emulator: &Emulator) -> Vec<ProjectId> {
    let neon = client_of(emulator);
    let mut ids = Vec::new();
    for number in 0..5 {
        let created = neon.projects().create(format!("app{number}")).await;
        ids.push(created.unwrap().ready().await.unwrap().project.id);
    }
    tokio::time::sleep(Duration::from_secs(600)).await;
    emulator.clear_requests();
    ids
}

fn emulator(limit: RateLimit) -> Emulator {
    Emulator::builder()
        .operation_latency(Duration::ZERO..=Duration::ZERO)
        .conflicts(false)
        .rate_limit(limit)
        .build()
}

/// Creates fifty branches over the projects at once and waits for all of them. The lag of each is
/// the time from the end of its operations to the return of its wait.
async fn fifty_branches(neon: &Neon, projects: &[ProjectId], server: &Parallel) -> Vec<Duration> {
    let all = (0..50).map(|number| {
        let branches = neon.project(&projects[number % 5]).branches();
        async move {
            let created = branches.create(format!("preview/{number}")).await.unwrap();
            let ids = created.token().operations().to_vec();
            let answered = Instant::now();
            created.ready().await.unwrap();
            let end = server.end_of(ids.iter().map(OperationId::as_str));
            Instant::now() - end.max(answered)
        }
    });
    join_all(all).await
}

fn mean(lags: &[Duration]) -> Duration {
    lags.iter().sum::<Duration>() / u32::try_from(lags.len()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn fifty_branches_over_five_projects() {
    for seed in 0..20 {
        fastrand::seed(seed);
        let emulator = emulator(RateLimit::Off);
        let projects = five_projects(&emulator).await;
        let server = Parallel::new(emulator.clone(), 300..=1500);
        let neon = builder()
            .limiter(neon_api::Unlimited)
            .transport(server.clone())
            .build()
            .unwrap();
        let lag = mean(&fifty_branches(&neon, &projects, &server).await);
        let requests = emulator.total_requests();
        println!("{requests} requests, mean lag {lag:?}");
        assert_eq!(emulator.count("createProjectBranch"), 50);
        assert!(requests <= 110, "{requests}");
        assert!(lag <= ms(150), "{lag:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn fifty_branches_under_the_real_limits() {
    for seed in 0..20 {
        fastrand::seed(seed);
        let emulator = emulator(RateLimit::Real);
        let projects = five_projects(&emulator).await;
        let server = Parallel::new(emulator.clone(), 300..=1500);
        let neon = builder()
            .limiter(AccountLimiter::default())
            .transport(server.clone())
            .build()
            .unwrap();
        let start = Instant::now();
        let lag = mean(&fifty_branches(&neon, &projects, &server).await);
        let requests = emulator.total_requests();
        let took = start.elapsed();
        println!("{requests} requests, mean lag {lag:?}, {took:?} in all");
        assert_eq!(emulator.count("createProjectBranch"), 50);
        assert_eq!(neon.stats().rate_limited, 0);
        assert!(requests <= 110, "{requests}");
    }
}

/// The same with the emulator's own operations: of each branch two, one after the other.
#[tokio::test(start_paused = true)]
async fn fifty_branches_with_computes_on_the_plain_emulator() {
    let emulator = Emulator::builder()
        .operation_latency(ms(300)..=ms(1500))
        .conflicts(false)
        .rate_limit(RateLimit::Real)
        .build();
    let projects = five_projects(&emulator).await;
    let neon = client_of(&emulator);
    let start = Instant::now();
    let all = (0..50).map(|number| {
        let branches = neon.project(&projects[number % 5]).branches();
        async move {
            let create = branches.create(format!("preview/{number}")).with_compute();
            create.await.unwrap().ready().await.unwrap();
        }
    });
    join_all(all).await;
    let requests = emulator.total_requests();
    println!("{requests} requests, {:?} in all", start.elapsed());
    assert_eq!(emulator.count("createProjectBranch"), 50);
    assert_eq!(neon.stats().rate_limited, 0);
    assert!(requests <= 110, "{requests}");
}

#[tokio::test(start_paused = true)]
async fn five_hundred_waiters_poll_as_much_as_one() {
    let mut polls = Vec::new();
    for waiters in [1, 500] {
        fastrand::seed(5);
        let server = Server::new(|seen, _| {
            let text = if seen.at < ms(20_000) {
                "running"
            } else {
                "finished"
            };
            let list = (0..500).map(|n| operation(&operation_id(n), text));
            operations(&list.collect::<Vec<_>>())
        });
        let neon = server.client();
        let all = (0..waiters).map(|number| {
            let (neon, handle) = (neon.clone(), handle([number]));
            async move { neon.wait(handle).await.unwrap() }
        });
        join_all(all).await;
        polls.push(server.total());
    }
    println!("{polls:?} polls");
    assert_eq!(polls[0], polls[1]);
}

/// Far more calls than the account may make in the time that a wait has: those that were created
/// first are polled behind all the others.
#[tokio::test(start_paused = true)]
async fn a_long_queue_of_the_limiter_fails_no_wait() {
    let emulator = Emulator::builder()
        .operation_latency(ms(300)..=ms(300))
        .rate_limit(RateLimit::PerMinute(70))
        .build();
    let neon = builder()
        .limiter(AccountLimiter::new(Rates::default().per_minute(70)))
        .transport(emulator.transport())
        .build()
        .unwrap();
    let all = (0..450).map(|number| {
        let projects = neon.projects();
        async move {
            let created = projects.create(format!("app{number}")).await.unwrap();
            created.ready().await.unwrap();
        }
    });
    join_all(all).await;
    assert_eq!(emulator.count("createProject"), 450);
}
