//! The client against rate limiters that nobody here wrote. `tests/real-limiters/run` starts them,
//! and runs this.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use neon_api::ids::ProjectId;
use neon_api::{AccountLimiter, Error, Neon, Rates, Unlimited};
use serde::Deserialize;
use tokio::task::JoinSet;

#[derive(Deserialize)]
struct Data {
    attempts: usize,
    calls: usize,
    concurrency: usize,
    cases: HashMap<String, Case>,
    bounds: HashMap<String, Bounds>,
}

#[derive(Deserialize)]
struct Case {
    /// Over how many routes the calls are spread.
    routes: usize,
    client: Documented,
}

#[derive(Deserialize)]
struct Documented {
    per_minute: u32,
    burst: u32,
    route_per_second: u32,
}

#[derive(Deserialize)]
struct Bounds {
    /// What the limits that the client knows and the server's model leave possible.
    least_seconds: f64,
    times: f64,
    /// For whole-second waits that the server asks for.
    more_seconds: f64,
    /// The most responses with 429.
    refused: u64,
}

/// Where one limiter and the emulator behind it are.
struct Servers {
    folder: PathBuf,
    name: String,
}

impl Servers {
    fn read(&self, what: &str) -> String {
        let path = self.folder.join(format!("{}.{what}", self.name));
        let text = std::fs::read_to_string(&path);
        text.unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// How many calls for a project came through to the emulator.
    fn passed(&self, project: &ProjectId) -> usize {
        let path = format!("/projects/{}", project.as_str());
        let passed = |line: &&str| line.starts_with("200 GET ") && line.contains(&path);
        self.read("log").lines().filter(passed).count()
    }
}

/// Sends one of four calls, each on a route of its own.
async fn send(neon: &Neon, id: &ProjectId, route: usize) -> Result<(), Error> {
    let raw = neon.raw();
    match route {
        0 => drop(raw.get_project(id).await?),
        1 => drop(raw.list_project_endpoints(id).await?),
        2 => drop(raw.get_project_jwks(id).await?),
        _ => drop(raw.list_project_permissions(id).await?),
    }
    Ok(())
}

/// What came of a run in which no call was lost or doubled.
struct Outcome {
    seconds: f64,
    refused: u64,
}

/// Sends all calls, with an account and routes of which nothing is used yet.
async fn run(data: &Data, case: &Case, servers: &Servers, account: &str) -> Outcome {
    let builder = |what| {
        let url = format!("{}/api/v2", servers.read(what).trim());
        Neon::builder().api_key(account).base_url(url)
    };
    let direct = builder("emulator").limiter(Unlimited).build().unwrap();
    let created = direct.projects().create(account).await.unwrap();
    let id = created.project.id.clone();
    let documented = &case.client;
    let rates = Rates::default()
        .per_minute(documented.per_minute)
        .burst(documented.burst)
        .route_per_second(documented.route_per_second);
    let limiter = AccountLimiter::new(rates);
    let neon = builder("url").limiter(limiter).build().unwrap();

    let next = Arc::new(AtomicUsize::new(0));
    let (calls, routes) = (data.calls, case.routes);
    let begun = Instant::now();
    let mut workers = JoinSet::new();
    for _ in 0..data.concurrency {
        let (neon, id, next) = (neon.clone(), id.clone(), Arc::clone(&next));
        workers.spawn(async move {
            let mut done = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= calls {
                    return done;
                }
                done.push(send(&neon, &id, number % routes).await);
            }
        });
    }
    let done: Vec<_> = workers.join_all().await.into_iter().flatten().collect();
    let seconds = begun.elapsed().as_secs_f64();

    let failed: Vec<_> = done.iter().filter_map(|call| call.as_ref().err()).collect();
    assert!(failed.is_empty(), "{failed:?}");
    assert_eq!(done.len(), calls);
    assert_eq!(servers.passed(&id), calls, "each came through, none twice");
    let stats = neon.stats();
    assert_eq!(stats.requests, calls as u64 + stats.rate_limited);
    Outcome {
        seconds,
        refused: stats.rate_limited,
    }
}

/// Runs until a run is within the bounds: a machine that is busy with other things delays requests
/// by more than the client or a limiter can know of. What is wrong for another reason is so each
/// time.
async fn hold(server: &str, case: &str) {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("real-limiters/cases.json");
    let data: Data = serde_json::from_slice(&std::fs::read(data).unwrap()).unwrap();
    let folder = std::env::var_os("REAL_LIMITERS_FOLDER");
    let folder = folder.expect("run tests/real-limiters/run, which starts the servers");
    let name = format!("{server}-{case}");
    let (case, bounds) = (&data.cases[case], &data.bounds[&name]);
    let servers = Servers {
        folder: folder.into(),
        name,
    };
    let is_bench = std::env::var_os("REAL_LIMITERS_BENCH").is_some_and(|set| !set.is_empty());
    let least = bounds.least_seconds;
    let most = least * bounds.times + bounds.more_seconds;
    for attempt in 0..data.attempts {
        let outcome = run(&data, case, &servers, &format!("account-{attempt}")).await;
        let Outcome { seconds, refused } = outcome;
        report(&format!(
            "{}: {refused} refused, {} may be; {seconds:.2} s, {:.2} x the least of {least:.2} s",
            servers.name,
            bounds.refused,
            seconds / least,
        ));
        // The client keeps to its rates also where the server would let more through.
        assert!(seconds > least - CLOCKS, "faster than it may be");
        if refused <= bounds.refused && (seconds <= most || !is_bench) {
            return;
        }
    }
    panic!("none of {} runs was within the bounds", data.attempts);
}

/// What clocks that count in milliseconds may gain, in seconds.
const CLOCKS: f64 = 0.05;

/// Past the test runner, which keeps what tests print.
fn report(line: &str) {
    use std::io::Write;
    writeln!(std::io::stderr(), "{line}").ok();
}

macro_rules! against {
    ($($name:ident: $server:literal, $case:literal;)*) => {$(
        #[tokio::test]
        #[ignore = "needs the servers that tests/real-limiters/run starts"]
        async fn $name() {
            hold($server, $case).await;
        }
    )*};
}

against! {
    nginx_account: "nginx", "account";
    nginx_route: "nginx", "route";
    express_account: "express", "account";
    express_route: "express", "route";
    flexible_account: "flexible", "account";
    flexible_route: "flexible", "route";
}
