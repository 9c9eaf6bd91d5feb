//! A fleet of 50,000 projects: listed, swept and metered, at a hundred times the API's rates, by a
//! client in a process of its own. Prints its memory and how long each took, and fails when a bound is
//! missed.
//!
//! ```sh
//! cargo bench -p neon-api --features fleet --bench fleet_scale
//! cargo bench -p neon-api --features fleet --bench fleet_scale -- 5000   # of another size
//! ```

mod support;

use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Instant;

use neon_api::chrono::{TimeDelta, Utc};
use neon_api::consumption::Metric;
use neon_api::enums::ConsumptionHistoryGranularity::Hourly;
use neon_api::fleet::Fleet;
use neon_api::fleet::consumption::DeltaState;
use neon_api::workflows::OWNER;
use neon_api::{AccountLimiter, Neon, Rates};
use neon_api_emulator::{Emulator, RateLimit};
use serde_json::json;
use support::Fallible;

const PROJECTS: usize = 50_000;
/// Of so many projects one has a branch that was left over.
const LEFTOVER: usize = 100;
/// A hundred times the API's limits.
const PER_MINUTE: u32 = 70_000;
const BURST: f64 = 40.0;
/// Of consumption history.
const METER_PER_MINUTE: f64 = 30.0 * 100.0;
const METER_BURST: f64 = 30.0;
const ORG: &str = "org-ocean-art-12345678";

/// How much longer than the limit allows.
const RATIO: f64 = 1.05;
/// Megabytes of the client.
const MEMORY: f64 = 64.0;

fn main() -> Fallible<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = arguments.iter().find_map(|argument| argument.parse().ok());
    let projects: usize = number.unwrap_or(PROJECTS);
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    if has("--serve") {
        runtime.block_on(serve(projects))?;
        return Ok(ExitCode::SUCCESS);
    }
    // `cargo test --all-targets` runs benchmarks as well, without arguments.
    if !has("--bench") {
        return Ok(ExitCode::SUCCESS);
    }
    let server = Server::start(projects)?;
    let is_within = runtime.block_on(Box::pin(measure(&server.base_url, projects)))?;
    Ok(if is_within {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Runs the emulator until the standard input ends.
#[allow(clippy::print_stdout, reason = "the client reads it")]
async fn serve(projects: usize) -> Fallible {
    let builder = Emulator::builder()
        .rate_limit(RateLimit::PerMinute(PER_MINUTE))
        .request_log(0)
        .start_time(Utc::now() - TimeDelta::hours(3));
    let server = builder.start().await?;
    server.emulator().seed(|seed| -> Fallible {
        for number in 0..projects {
            let made = seed.project(&format!("tenant-{number:05}"))?;
            if number % LEFTOVER == 0 {
                let parameters = [("project_id", made.project.id.as_str())];
                let body =
                    json!({ "branch": { "name": "ci/1" }, "annotation_value": { OWNER: "ci" } });
                seed.call("createProjectBranch", &parameters, body)?;
            }
        }
        Ok(())
    })?;
    println!("{}", server.base_url());
    tokio::task::spawn_blocking(|| io::stdin().read_to_end(&mut Vec::new())).await??;
    Ok(())
}

/// The emulator's process, which ends with this one.
struct Server {
    child: Child,
    base_url: String,
}

impl Server {
    fn start(projects: usize) -> Fallible<Self> {
        let begin = Instant::now();
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--serve", &projects.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut base_url = String::new();
        let output = child.stdout.take().ok_or("no output")?;
        BufReader::new(output).read_line(&mut base_url)?;
        let base_url = base_url.trim().to_owned();
        print(&format!(
            "an emulator with {projects} projects: made in {:.1} s",
            begin.elapsed().as_secs_f64()
        ))?;
        Ok(Self { child, base_url })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn print(line: &str) -> Fallible {
    Ok(writeln!(io::stdout(), "{line}")?)
}

/// The most memory that this process has had so far, in megabytes, where the system says it.
fn memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes / 1024.0)
}

/// What is measured of a part.
struct Part {
    neon: Neon,
    begin: Instant,
    requests: u64,
}

impl Part {
    fn begin(neon: &Neon) -> Self {
        Self {
            neon: neon.clone(),
            begin: Instant::now(),
            requests: neon.stats().requests,
        }
    }

    /// Prints a line; whether the time is at most this many times what the limit allows.
    fn end(
        self,
        what: &str,
        (burst, per_minute): (f64, f64),
        ratio: Option<f64>,
    ) -> Fallible<bool> {
        let took = self.begin.elapsed().as_secs_f64();
        let requests = u32::try_from(self.neon.stats().requests - self.requests)?;
        let at_least = ((f64::from(requests) - burst) / per_minute * 60.0).max(0.0);
        let at_real_rates = at_least * 100.0;
        // What takes less than a second is not a matter of the limit.
        let bound = ratio.map_or(at_real_rates.max(1.0), |ratio| at_least * ratio + 0.5);
        let is_within = took <= bound;
        let memory = memory().map_or("?".to_owned(), |megabytes| format!("{megabytes:.1}"));
        let verdict = if is_within { "" } else { "  MISSED" };
        print(&format!(
            "{what:<28} {requests:>7} requests {took:>7.2} s, the limit allows {at_least:>6.2} s, \
             bound {bound:>6.2} s, memory {memory:>5} MB{verdict}"
        ))?;
        Ok(is_within)
    }
}

async fn measure(base_url: &str, projects: usize) -> Fallible<bool> {
    let rates = Rates::default().scaled_to(PER_MINUTE);
    let neon = Neon::builder()
        .api_key("napi_scale")
        .base_url(base_url)
        .limiter(AccountLimiter::new(rates))
        .build()?;
    let fleet = neon.org(ORG).fleet();
    let mut is_within = list(&neon, projects).await?;
    is_within &= sweep(&neon, &fleet, projects).await?;
    is_within &= meter(&neon, &fleet, projects).await?;
    let refused = neon.stats().rate_limited;
    print(&format!("refused with 429: {refused}"))?;
    if let Some(megabytes) = memory() {
        let fits = megabytes < MEMORY;
        let verdict = if fits { "" } else { "  MISSED" };
        print(&format!(
            "memory: {megabytes:.1} MB, bound {MEMORY} MB{verdict}"
        ))?;
        is_within &= fits;
    }
    Ok(is_within)
}

/// Page by page, one after the other: what that takes beyond the limit is the time of the server and
/// of the way to it. It must not hold up a client at the API's own rates.
async fn list(neon: &Neon, projects: usize) -> Fallible<bool> {
    let part = Part::begin(neon);
    let mut list = neon.projects().list();
    let mut count = 0;
    while list.try_next().await?.is_some() {
        count += 1;
    }
    expect("projects listed", count, projects)?;
    part.end("listed", (BURST, f64::from(PER_MINUTE)), None)
}

/// A sweep in each project.
async fn sweep(neon: &Neon, fleet: &Fleet, projects: usize) -> Fallible<bool> {
    let part = Part::begin(neon);
    let job = fleet.for_each_project(|tenant| async move {
        let report = tenant.project.sweep().owner("ci").await?;
        let deleted = report.deleted().count();
        report.check()?;
        Ok(deleted)
    });
    let done = job.concurrency(500).await?.check()?;
    expect("projects swept", done.len(), projects)?;
    let deleted = done.iter().map(|(_, deleted)| deleted).sum();
    expect("branches deleted", deleted, projects.div_ceil(LEFTOVER))?;
    part.end("swept", (BURST, f64::from(PER_MINUTE)), Some(RATIO))
}

/// Hours as a series, and what is new in two polls of a poller.
async fn meter(neon: &Neon, fleet: &Fleet, projects: usize) -> Fallible<bool> {
    let limit = (METER_BURST, METER_PER_MINUTE);
    let metrics = [
        Metric::COMPUTE_UNIT_SECONDS,
        Metric::ROOT_BRANCH_BYTES_MONTH,
    ];
    let now = Utc::now();
    let since = now - TimeDelta::hours(3);
    let part = Part::begin(neon);
    let mut series = fleet.consumption(since..now, Hourly, metrics.clone());
    let mut count = 0;
    while series.try_next().await?.is_some() {
        count += 1;
    }
    expect("projects metered", count, projects)?;
    let mut is_within = part.end("metered, a series", limit, Some(RATIO))?;
    let mut state = DeltaState::new(ORG, Hourly, metrics, since)?;
    for poll in ["metered, a first poll", "metered, a second poll"] {
        // The bucket is full again before a poller's next poll.
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        let part = Part::begin(neon);
        let mut deltas = fleet.consumption_deltas(state);
        while deltas.try_next().await?.is_some() {}
        state = deltas.into_state();
        is_within &= part.end(poll, limit, Some(RATIO))?;
    }
    let kept = serde_json::to_string(&state)?.len();
    print(&format!(
        "the poller's state: {} bytes a project",
        kept / projects.max(1)
    ))?;
    Ok(is_within)
}

fn expect(what: &str, found: usize, expected: usize) -> Fallible {
    if found == expected {
        return Ok(());
    }
    Err(format!("{what}: {found}, expected {expected}").into())
}
