//! How fast the emulator starts, and the cost of a large project.
//!
//! ```console
//! $ cargo run --release -p neon-api-emulator --example capacity
//! ```
//!
//! Prints figures, and fails if one exceeds its bound: startup and first responses under 5 ms,
//! pages of a project with 100,000 branches in less than three times the time of a small one, under
//! 1 GB of memory, and no request that waits for a second while the state is saved.
#![allow(clippy::print_stdout, reason = "an example prints what it finds")]

use std::error::Error;
use std::time::{Duration, Instant};

use bytes::Bytes;
use neon_api_emulator::{Emulator, RunningEmulator, SeedError};
use neon_api_raw::ids::ProjectId;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const BRANCHES: usize = 100_000;
const SMALL: usize = 200;
const ROUNDS: u32 = 300;

/// The median of many runs.
async fn median(emulator: &Emulator, method: &str, path: &str, body: &str) -> Duration {
    let mut taken = Vec::new();
    for _ in 0..ROUNDS {
        taken.push(once(emulator, method, path, body).await);
    }
    taken.sort_unstable();
    taken.get(taken.len() / 2).copied().unwrap_or_default()
}

/// The duration of one run.
async fn once(emulator: &Emulator, method: &str, path: &str, body: &str) -> Duration {
    let request = http::Request::builder()
        .method(method)
        .uri(format!("/api/v2{path}"))
        .header("authorization", "Bearer k")
        .body(Bytes::from(body.to_owned()));
    let Ok(request) = request else {
        return Duration::ZERO;
    };
    let start = Instant::now();
    let answer = emulator.respond(request).await;
    let taken = start.elapsed();
    assert!(answer.status().is_success(), "{path}: {}", answer.status());
    taken
}

fn seeded(branches: usize) -> Result<(Emulator, ProjectId), SeedError> {
    let emulator = Emulator::builder()
        .operation_latency(Duration::ZERO..=Duration::ZERO)
        .request_log(0)
        .build();
    let id = emulator.seed(|seed| {
        let project = seed.project("app")?.project.id;
        for number in 1..branches {
            seed.branch(&project, &format!("branch-{number}"))?;
        }
        Ok(project)
    })?;
    Ok((emulator, id))
}

/// The memory of this process in megabytes, if the system reports it.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes / 1024)
}

/// The time from startup to the response of a first request.
async fn start() -> Result<Duration, Box<dyn Error>> {
    let begin = Instant::now();
    let server = Emulator::start().await?;
    println!("started after {:?}", begin.elapsed());
    let created = request(&server, "POST", "/projects", r#"{"project":{}}"#).await?;
    let answered = begin.elapsed();
    println!("first response (a project, over TCP) after {answered:?}");
    assert!(created.starts_with("HTTP/1.1 201 "), "{created}");
    let listed = request(&server, "GET", "/projects", "").await?;
    assert!(listed.starts_with("HTTP/1.1 200 "), "{listed}");
    println!("second response (the projects) after {:?}", begin.elapsed());
    Ok(answered)
}

/// The bytes of a response, over its own connection.
async fn request(
    server: &RunningEmulator,
    method: &str,
    path: &str,
    body: &str,
) -> Result<String, Box<dyn Error>> {
    let mut stream = TcpStream::connect(server.address()).await?;
    let length = body.len();
    let request = format!(
        "{method} /api/v2{path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
         authorization: Bearer k\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let started = start().await?;
    println!("of the process's second:");
    start().await?;

    let (small, small_id) = seeded(SMALL)?;
    let before = resident();
    let begin = Instant::now();
    let (large, large_id) = seeded(BRANCHES)?;
    println!("{BRANCHES} branches were seeded in {:?}", begin.elapsed());
    let memory = resident()
        .zip(before)
        .map(|(now, before)| now.saturating_sub(before));
    if let Some(memory) = memory {
        println!("memory: {memory} MB");
    }

    let mut worst = 0.0_f64;
    println!(
        "{:<36} {SMALL:>10} {BRANCHES:>10}  ratio",
        "median of a request"
    );
    for (method, path, body) in [
        ("GET", "/branches?limit=100", ""),
        ("GET", "/branches?limit=100&sort_by=name&sort_order=asc", ""),
        ("GET", "/operations?limit=100", ""),
        ("GET", "/branches/count", ""),
        ("GET", "/endpoints", ""),
        ("POST", "/branches", "{}"),
    ] {
        let of = |id: &ProjectId| format!("/projects/{id}{path}");
        let few = median(&small, method, &of(&small_id), body).await;
        let many = median(&large, method, &of(&large_id), body).await;
        let ratio = many.as_secs_f64() / few.as_secs_f64();
        worst = worst.max(ratio);
        let name = format!("{method} {path}");
        println!("{name:<50} {few:>10.1?} {many:>10.1?}  {ratio:.2}");
    }
    let begin = Instant::now();
    let path = std::env::temp_dir().join(format!("capacity-{}.json", std::process::id()));
    large.save(&path)?;
    let size = std::fs::metadata(&path)?.len() / 1_000_000;
    println!("saved in {:?}, {size} MB", begin.elapsed());
    let (saver, to) = (large.clone(), path.clone());
    let saving = std::thread::spawn(move || saver.save(to).is_ok());
    let mut waited = Duration::ZERO;
    while !saving.is_finished() {
        let path = format!("/projects/{large_id}/branches/count");
        waited = waited.max(once(&large, "GET", &path, "").await);
    }
    println!("longest wait of a request meanwhile: {waited:?}");
    std::fs::remove_file(&path)?;

    let slow = started > Duration::from_millis(5) || waited > Duration::from_secs(1);
    if slow || worst > 3.0 || memory.is_some_and(|mb| mb >= 1000) {
        return Err("bound exceeded".into());
    }
    Ok(())
}
