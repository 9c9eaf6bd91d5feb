//! Changes that a project's running operations lock out.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by a panic, and shows what it measured"
)]

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::join_all;
use neon_api::ids::{BranchId, ProjectId};
use neon_api::raw::{BoxFuture, Route};
use neon_api::{AccountLimiter, Limiter, Neon, Rates, RetryPolicy};
use neon_api_emulator::{Emulator, Fault, RequestRecord};
use serde_json::{Value, json};
use support::{Server, call, from, ms, status};
use tokio::time::Instant;

fn emulator(seed: u64) -> Emulator {
    Emulator::builder()
        .operation_latency(Duration::from_secs(1)..=Duration::from_secs(3))
        .seed(seed)
        .build()
}

/// A client, a project of its own that has become idle, and its branch.
async fn project(emulator: &Emulator) -> (Neon, ProjectId, BranchId) {
    project_with(emulator, RetryPolicy::default()).await
}

async fn project_with(emulator: &Emulator, policy: RetryPolicy) -> (Neon, ProjectId, BranchId) {
    let neon = Neon::builder()
        .api_key("napi_test")
        .limiter(AccountLimiter::default())
        .retry(policy)
        .transport(emulator.transport())
        .build()
        .unwrap();
    let created = neon.projects().create("app").await.unwrap();
    let created = created.ready().await.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    emulator.clear_requests();
    (neon, created.project.id, created.branch.id)
}

async fn create_database(neon: &Neon, project: &ProjectId, branch: &BranchId, number: usize) {
    let name = format!("db{number}");
    let body = from(json!({"database": {"name": name, "owner_name": "neondb_owner"}}));
    let raw = neon.raw();
    let created = raw.create_project_branch_database(project, branch, &body);
    created.await.unwrap();
}

/// The changes that were taken, in order, by the number in their name.
fn taken(requests: &[RequestRecord]) -> Vec<usize> {
    let number = |r: &RequestRecord| {
        let name = r.body.as_ref()?.pointer("/database/name")?.as_str()?;
        name.strip_prefix("db")?.parse().ok()
    };
    let taken = requests.iter().filter(|r| r.status == 201);
    taken.filter_map(number).collect()
}

/// How long the project's latest operations took one after another.
async fn durations(neon: &Neon, project: &ProjectId, count: usize) -> Duration {
    let query = from(json!({"limit": count}));
    let page = neon.raw().list_project_operations(project, &query).await;
    let operations = page.unwrap().into_inner().operations;
    assert_eq!(operations.len(), count);
    let millis = operations.iter().map(|o| o.total_duration_ms);
    ms(u64::try_from(millis.sum::<i64>()).unwrap())
}

#[tokio::test(start_paused = true)]
async fn fifty_conflicting_changes_at_once() {
    let mut polls = 0;
    for seed in 0..10 {
        fastrand::seed(seed);
        let emulator = emulator(seed);
        let (neon, project, branch) = project(&emulator).await;
        let start = Instant::now();
        join_all((0..50).map(|number| create_database(&neon, &project, &branch, number))).await;
        let until_last_was_taken = start.elapsed();
        let requests = emulator.requests();
        polls = emulator.count("listProjectOperations");
        tokio::time::sleep(Duration::from_secs(60)).await;
        let work = durations(&neon, &project, 50).await;
        let last = durations(&neon, &project, 1).await;
        let took = until_last_was_taken + last;
        let ratio = took.as_secs_f64() / work.as_secs_f64();
        let refused = requests.iter().filter(|r| r.status == 423).count();
        println!("{took:?} for {work:?}: {ratio:.4}; {refused} answers 423, {polls} polls");
        assert_eq!(taken(&requests), (0..50).collect::<Vec<_>>());
        assert!(refused <= 49, "{refused}");
        assert!(ratio <= 1.05, "{took:?} for {work:?}");
    }
    assert!(polls < 650, "{polls}");
}

/// With a way of 10 ms all of them are sent before the first is refused.
#[tokio::test(start_paused = true)]
async fn fifty_conflicting_changes_on_their_way_at_once() {
    fastrand::seed(1);
    let emulator = emulator(1);
    let (neon, project, branch) = project(&emulator).await;
    let way = Fault::delay(ms(10)).on("createProjectBranchDatabase");
    emulator.faults().inject(way.always());
    let start = Instant::now();
    join_all((0..50).map(|number| create_database(&neon, &project, &branch, number))).await;
    let took = start.elapsed();
    let requests = emulator.requests();
    tokio::time::sleep(Duration::from_secs(60)).await;
    let work = durations(&neon, &project, 50).await;
    let took = took + durations(&neon, &project, 1).await;
    let ratio = took.as_secs_f64() / work.as_secs_f64();
    let refused = requests.iter().filter(|r| r.status == 423).count();
    println!("{took:?} for {work:?}: {ratio:.4}; {refused} answers 423");
    assert_eq!(taken(&requests), (0..50).collect::<Vec<_>>());
    assert!(refused <= 49, "{refused}");
    assert!(ratio <= 1.05, "{took:?} for {work:?}");
}

#[tokio::test(start_paused = true)]
async fn a_queue_for_each_project_spares_the_refusals() {
    fastrand::seed(2);
    let emulator = emulator(2);
    let policy = RetryPolicy::default().queue_changes(true);
    let (neon, project, branch) = project_with(&emulator, policy).await;
    let way = Fault::delay(ms(10)).on("createProjectBranchDatabase");
    emulator.faults().inject(way.always());
    // Nothing runs, so that the first one is sent at once.
    let start = Instant::now();
    create_database(&neon, &project, &branch, 0).await;
    assert_eq!(start.elapsed(), ms(10));
    join_all((1..50).map(|number| create_database(&neon, &project, &branch, number))).await;
    let took = start.elapsed();
    let requests = emulator.requests();
    tokio::time::sleep(Duration::from_secs(60)).await;
    let work = durations(&neon, &project, 50).await;
    let took = took + durations(&neon, &project, 1).await;
    let ratio = took.as_secs_f64() / work.as_secs_f64();
    println!("{took:?} for {work:?}: {ratio:.4} with a queue");
    assert_eq!(requests.iter().filter(|r| r.status == 423).count(), 0);
    assert_eq!(taken(&requests), (0..50).collect::<Vec<_>>());
    assert!(ratio <= 1.05, "{took:?} for {work:?}");
}

/// Branches whose creators wait for them as well.
#[tokio::test(start_paused = true)]
async fn fifty_branches_of_one_project_are_created_and_waited_for() {
    fastrand::seed(3);
    let emulator = emulator(3);
    let (neon, project, _) = project(&emulator).await;
    let start = Instant::now();
    let all = (0..50).map(|number| {
        let branches = neon.project(&project).branches();
        async move {
            let created = branches.create(format!("preview/{number}")).await.unwrap();
            created.ready().await.unwrap();
        }
    });
    join_all(all).await;
    let took = start.elapsed();
    let requests = emulator.requests();
    let refused = requests.iter().filter(|r| r.status == 423).count();
    let work = durations(&neon, &project, 50).await;
    let ratio = took.as_secs_f64() / work.as_secs_f64();
    println!(
        "{took:?} for {work:?}: {ratio:.4}; {} requests",
        requests.len()
    );
    assert!(refused <= 49, "{refused}");
    assert!(ratio <= 1.05, "{took:?} for {work:?}");
}

#[tokio::test(start_paused = true)]
async fn changes_that_arrive_later_queue_up_without_being_refused() {
    let emulator = emulator(7);
    let (neon, project, branch) = project(&emulator).await;
    let changes = (0..10_u32).map(|number| {
        let (neon, project, branch) = (&neon, &project, &branch);
        async move {
            tokio::time::sleep(ms(100) * number).await;
            create_database(neon, project, branch, number as usize).await;
        }
    });
    join_all(changes).await;
    let requests = emulator.requests();
    let refused = requests.iter().filter(|r| r.status == 423).count();
    assert_eq!((refused, taken(&requests)), (1, (0..10).collect()));
}

/// Changes that still wait for the limiter when the first one is refused join the queue as well.
#[tokio::test(start_paused = true)]
async fn changes_that_wait_for_their_turn_are_not_refused() {
    let emulator = emulator(10);
    let (_, project, branch) = project(&emulator).await;
    let rates = Rates::default().per_minute(300).burst(1);
    let neon = Neon::builder()
        .api_key("napi_test")
        .limiter(AccountLimiter::new(rates))
        .transport(emulator.transport())
        .build()
        .unwrap();
    join_all((0..10).map(|number| create_database(&neon, &project, &branch, number))).await;
    let requests = emulator.requests();
    let refused = requests.iter().filter(|r| r.status == 423).count();
    assert_eq!((refused, taken(&requests)), (1, (0..10).collect()));
}

/// One permit every fifth of a second, in order of arrival; how many were taken.
#[derive(Debug, Default)]
struct Counted(tokio::sync::Mutex<()>, AtomicUsize);

impl Limiter for Counted {
    fn permit<'a>(&'a self, _: &'static Route) -> BoxFuture<'a, ()> {
        Box::pin(async {
            let _first = self.0.lock().await;
            tokio::time::sleep(ms(200)).await;
            self.1.fetch_add(1, Ordering::SeqCst);
        })
    }
}

/// They look for the queue before they take their permits, so that none is lost.
#[tokio::test(start_paused = true)]
async fn changes_that_wait_for_their_permit_take_none_before_they_queue_up() {
    for waits_amid in [false, true] {
        let emulator = emulator(11);
        let (_, project, branch) = project(&emulator).await;
        let limiter = Arc::new(Counted::default());
        let neon = Neon::builder()
            .api_key("napi_test")
            .limiter(Arc::clone(&limiter))
            .transport(emulator.transport())
            .build()
            .unwrap();
        let changes = (0..10_u32).map(|number| {
            let (neon, project, branch) = (&neon, &project, &branch);
            async move {
                if waits_amid {
                    tokio::time::sleep(ms(70) * number).await;
                }
                create_database(neon, project, branch, number as usize).await;
            }
        });
        join_all(changes).await;
        let requests = emulator.requests();
        let refused = requests.iter().filter(|r| r.status == 423).count();
        assert_eq!((refused, taken(&requests)), (1, (0..10).collect()));
        assert_eq!(limiter.1.load(Ordering::SeqCst), requests.len());
    }
}

#[tokio::test(start_paused = true)]
async fn projects_do_not_wait_for_each_other() {
    let emulator = emulator(8);
    let (neon, busy, busy_branch) = project(&emulator).await;
    let created = neon.projects().create("other").await.unwrap();
    let other = created.ready().await.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    let start = Instant::now();
    let all = join_all((0..10).map(|n| create_database(&neon, &busy, &busy_branch, n)));
    let one = async {
        create_database(&neon, &other.project.id, &other.branch.id, 0).await;
        assert_eq!(start.elapsed(), Duration::ZERO);
    };
    tokio::join!(all, one);
}

/// Answers that overtake each other on their way back do not change whose turn it is.
#[tokio::test(start_paused = true)]
async fn the_order_is_that_of_the_calls_and_not_of_the_answers() {
    let taken = Arc::new(Mutex::new(Vec::new()));
    let note = Arc::clone(&taken);
    let server = Server::new(move |seen, at| match (seen.operation, at) {
        // The later the call, the earlier its refusal comes back.
        ("createProjectBranchDatabase", 0..10) => {
            status(423).after(ms(1000 - 50 * u64::try_from(at).unwrap()))
        }
        ("createProjectBranchDatabase", _) => {
            let body: Value = serde_json::from_str(&seen.body).unwrap();
            let name = body["database"]["name"].as_str().unwrap().to_owned();
            note.lock().unwrap().push(name);
            support::success(seen)
        }
        ("listProjectOperations", _) if seen.at < ms(3000) => {
            support::operations(&[support::operation(&support::operation_id(1), "running")])
        }
        _ => support::success(seen),
    });
    let neon = server.client();
    let (project, branch) = (support::project_id(), support::branch_id());
    join_all((0..10).map(|number| create_database(&neon, &project, &branch, number))).await;
    let expected: Vec<String> = (0..10).map(|number| format!("db{number}")).collect();
    assert_eq!(*taken.lock().unwrap(), expected);
    assert_eq!(server.count("createProjectBranchDatabase"), 20);
}

#[tokio::test(start_paused = true)]
async fn dropped_changes_leave_the_queue() {
    let emulator = emulator(9);
    let (neon, project, branch) = project(&emulator).await;
    let start = Instant::now();
    let changes = (0..20_u64).map(|number| {
        let (neon, project, branch) = (&neon, &project, &branch);
        async move {
            let change = create_database(neon, project, branch, usize::try_from(number).unwrap());
            // Every other one is dropped: waiting in the queue, at its head, or looking.
            let patience = if number % 2 == 1 {
                ms(97 * number)
            } else {
                ms(1_000_000)
            };
            let _ = tokio::time::timeout(patience, change).await;
        }
    });
    join_all(changes).await;
    let took = start.elapsed();
    let taken = taken(&emulator.requests());
    let evens: Vec<usize> = (0..20).step_by(2).collect();
    let kept: Vec<usize> = taken.iter().copied().filter(|n| n % 2 == 0).collect();
    assert_eq!(kept, evens, "{taken:?}");
    assert!(took < Duration::from_secs(3) * u32::try_from(taken.len()).unwrap());
}

#[tokio::test(start_paused = true)]
async fn each_call_has_its_own_time_at_the_head_of_the_queue() {
    // Operations run for ever: the first gives up after its time, the second after as much again.
    let server = Server::new(|seen, _| match seen.operation {
        "listProjectOperations" => {
            support::operations(&[support::operation(&support::operation_id(1), "running")])
        }
        _ => status(423),
    });
    let policy = RetryPolicy::default().locked_timeout(Duration::from_secs(20));
    let neon = server.builder().retry(policy).build().unwrap();
    let start = Instant::now();
    let timed = async |method| {
        assert!(call(&neon, method).await.unwrap_err().is_locked());
        start.elapsed()
    };
    let (first, second) = tokio::join!(timed("POST"), timed("PATCH"));
    assert_eq!(first, Duration::from_secs(20));
    assert_eq!(second, Duration::from_secs(40));
}
