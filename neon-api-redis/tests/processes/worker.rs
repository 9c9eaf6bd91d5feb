//! A process that sends as much as it may, until its standard input ends.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use neon_api::{Neon, Rates};
use neon_api_redis::RedisLimiter;

/// 700 a minute and 40 a second for a route, scaled by 20.
pub fn rates(burst: u32) -> Rates {
    let rates = Rates::default().per_minute(14_000).route_per_second(800);
    rates.burst(burst)
}

/// Calls at once.
const CONCURRENT: usize = 12;

pub fn start(number: usize, burst: u32, redis: &str, api: &str) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--ignored", "--exact", "worker", "--nocapture"])
        .env("FLEET_WORKER", number.to_string())
        .env("FLEET_BURST", burst.to_string())
        .env("FLEET_REDIS", redis)
        .env("FLEET_API", api)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    command.spawn().unwrap()
}

/// What it prints at its end: how many responses it had.
pub fn responses(output: &[u8]) -> Option<u64> {
    let output = String::from_utf8_lossy(output);
    let line = output
        .lines()
        .find_map(|line| line.split_once("responses: "))?;
    line.1.trim().parse().ok()
}

pub fn run() {
    let Ok(number) = std::env::var("FLEET_WORKER") else {
        return;
    };
    let variable = |name| std::env::var(name).unwrap();
    let (redis, api) = (variable("FLEET_REDIS"), variable("FLEET_API"));
    let rates = rates(variable("FLEET_BURST").parse().unwrap());
    let is_over = Arc::new(AtomicBool::new(false));
    let ends = Arc::clone(&is_over);
    std::thread::spawn(move || {
        let _ = std::io::stdin().read(&mut [0]);
        ends.store(true, Ordering::Relaxed);
    });
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().build().unwrap();
    let count = runtime.block_on(send(
        &format!("worker-{number}"),
        rates,
        &redis,
        &api,
        &is_over,
    ));
    println!("responses: {count}");
}

async fn send(
    project: &str,
    rates: Rates,
    redis: &str,
    api: &str,
    is_over: &Arc<AtomicBool>,
) -> u64 {
    let limiter = RedisLimiter::builder(redis, "fleet").rates(rates);
    let limiter = limiter.build().await.unwrap();
    let builder = Neon::builder().api_key("napi_test").base_url(api);
    let neon = builder.limiter(limiter).build().unwrap();
    let count = Arc::new(AtomicU64::new(0));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..CONCURRENT {
        let (project, count, is_over) = (
            neon.project(project),
            Arc::clone(&count),
            Arc::clone(is_over),
        );
        tasks.spawn(async move {
            while !is_over.load(Ordering::Relaxed) {
                // There is no such project, which is a response like any other.
                if project.get().await.is_err_and(|error| error.is_not_found()) {
                    count.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
    }
    tasks.join_all().await;
    count.load(Ordering::Relaxed)
}
