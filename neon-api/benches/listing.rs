//! What it costs to list 100,000 operations, beyond a loop of bare reqwest with structs written by
//! hand that asks for the same pages: processor time in turns, and the most memory held, each time
//! in a process of its own.
//!
//! ```console
//! $ cargo bench -p neon-api --bench listing
//! ```
//!
//! `--only ours|plain|bare ITEMS` walks once, for valgrind or perf, and prints the most memory held
//! in KiB.

#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod support;

use std::fmt::Write as _;
use std::hint::black_box;
use std::process::Command;
use std::time::Instant;

use neon_api::ids::ProjectId;
use support::bare::OperationsPage;
use support::clients::{Clients, KEY};
use support::server::{serve, success};
use support::{Fallible, Times, median, ratio, thread_cpu, word};

const ROUNDS: usize = 15;
const PAGE: usize = 1000;

/// How the list is walked.
#[derive(Debug, Clone, Copy)]
enum Way {
    Ours,
    /// Ours, without fetching ahead.
    Plain,
    Bare,
}

const WAYS: [Way; 3] = [Way::Ours, Way::Plain, Way::Bare];

impl Way {
    fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Plain => "plain",
            Self::Bare => "bare",
        }
    }
}

impl Clients {
    /// Walks a list of this many items. The project's name tells the server how many.
    async fn walk(&self, way: Way, items: usize) -> Fallible {
        let project = ProjectId::new(format!("items-{items}"))?;
        let listed = match way {
            Way::Ours => self.walk_ours(&project, true).await?,
            Way::Plain => self.walk_ours(&project, false).await?,
            Way::Bare => self.walk_bare(&project).await?,
        };
        if listed == items {
            Ok(())
        } else {
            Err(format!("{listed} items instead of {items}").into())
        }
    }

    async fn walk_ours(&self, project: &ProjectId, prefetches: bool) -> Fallible<usize> {
        let mut listed = 0;
        let mut operations = self
            .neon
            .project(project)
            .operations()
            .list()
            .prefetch(prefetches);
        while let Some(operation) = operations.try_next().await? {
            black_box(operation);
            listed += 1;
        }
        Ok(listed)
    }

    async fn walk_bare(&self, project: &ProjectId) -> Fallible<usize> {
        let mut listed = 0;
        let mut cursor = None;
        loop {
            let mut url = format!(
                "{}/projects/{project}/operations?limit={PAGE}",
                self.server.base_url()
            );
            if let Some(cursor) = cursor {
                write!(url, "&cursor={cursor}")?;
            }
            let answer = self.bare.get(url).bearer_auth(KEY).send().await?;
            let page: OperationsPage = answer.error_for_status()?.json().await?;
            if page.operations.is_empty() {
                return Ok(listed);
            }
            for operation in page.operations {
                black_box(operation);
                listed += 1;
            }
            match page.pagination {
                Some(pagination) => cursor = Some(pagination.cursor),
                None => return Ok(listed),
            }
        }
    }
}

fn measure() -> Fallible {
    let runtime = support::runtime()?;
    let clients = Clients::new()?;
    // Milliseconds.
    let mut times: [Times; 3] = Default::default();
    for way in WAYS {
        runtime.block_on(clients.walk(way, 20_000))?;
    }
    for _ in 0..ROUNDS {
        for (way, times) in WAYS.into_iter().zip(&mut times) {
            let (wall, cpu) = (Instant::now(), thread_cpu()?);
            runtime.block_on(clients.walk(way, 100_000))?;
            times.wall.push(wall.elapsed().as_secs_f64() * 1e3);
            times.cpu.push((thread_cpu()? - cpu) * 1e3);
        }
    }
    drop(clients);
    let [ours, plain, bare] = &times;
    println!("100,000 operations in pages of {PAGE}, {ROUNDS} rounds, medians; ratios to bare");
    println!("                        ours        no prefetch     bare");
    print_times("processor time, ms", &ours.cpu, &plain.cpu, &bare.cpu);
    print_times("wall time, ms", &ours.wall, &plain.wall, &bare.wall);
    let few = WAYS.map(|way| peak_of(way, 10_000));
    let many = WAYS.map(|way| peak_of(way, 100_000));
    let (few, many) = (print_peaks("10,000", few)?, print_peaks("100,000", many)?);
    let reached = ratio(&ours.cpu, &bare.cpu);
    println!(
        "processor time at most 1.05 of bare: {reached:.3}, {}",
        word(reached <= 1.05)
    );
    let growth = many / few;
    println!(
        "peak memory of ours, 100,000 against 10,000 items at most 1.10: {growth:.3}, {}",
        word(growth <= 1.10)
    );
    Ok(())
}

fn print_times(name: &str, ours: &[f64], plain: &[f64], bare: &[f64]) {
    println!(
        "{name:<20}{:>8.1} ({:.3}){:>10.1} ({:.3}){:>9.1}",
        median(ours),
        ratio(ours, bare),
        median(plain),
        ratio(plain, bare),
        median(bare),
    );
}

/// Prints what each way held, and returns the first.
fn print_peaks(items: &str, peaks: [Fallible<f64>; 3]) -> Fallible<f64> {
    let [ours, plain, bare] = peaks;
    let (ours, plain, bare) = (ours?, plain?, bare?);
    println!(
        "peak KiB, {items:<10}{ours:>8.0} ({:.3}){plain:>10.0} ({:.3}){bare:>9.0}",
        ours / bare,
        plain / bare
    );
    Ok(ours)
}

/// The most memory that a walk holds, the median of nine processes: it varies with the sizes in which
/// the socket delivers.
fn peak_of(way: Way, items: usize) -> Fallible<f64> {
    let mut peaks = Vec::new();
    for _ in 0..9 {
        let output = Command::new(std::env::current_exe()?)
            .args(["--only", way.name(), &items.to_string()])
            .output()?;
        peaks.push(String::from_utf8(output.stdout)?.trim().parse()?);
    }
    Ok(median(&peaks))
}

fn only(way: &str, items: &str) -> Fallible {
    let way = WAYS.into_iter().find(|w| w.name() == way);
    let way = way.ok_or("there are ours, plain and bare")?;
    support::runtime()?.block_on(Clients::new()?.walk(way, items.parse()?))?;
    println!("{}", support::peak_memory()?);
    Ok(())
}

/// One page, with a cursor that names the next.
fn page(number: usize) -> Vec<u8> {
    const KINDS: [(&str, &str); 3] = [
        (
            "apply_config",
            r#""endpoint_id":"ep-round-morning-adtpn2oc","#,
        ),
        ("create_timeline", ""),
        (
            "start_compute",
            r#""endpoint_id":"ep-ancient-brook-ad5ea04d","#,
        ),
    ];
    let mut operations = Vec::with_capacity(PAGE);
    for (at, (action, endpoint)) in (number * PAGE..).zip(KINDS.iter().cycle()).take(PAGE) {
        operations.push(format!(
            r#"{{"id":"a07f8772-1877-4da9-a939-{at:012x}","project_id":"hidden-river-50598307","branch_id":"br-long-feather-adpbgzlx",{endpoint}"action":"{action}","status":"finished","failures_count":0,"created_at":"2025-09-10T12:15:23Z","updated_at":"2025-09-10T12:15:24Z","total_duration_ms":{}}}"#,
            at % 5000,
        ));
    }
    let operations = operations.join(",");
    let next = number + 1;
    success(&format!(
        r#"{{"operations":[{operations}],"pagination":{{"cursor":"2025-09-10T12:14:58.{next:06}Z"}}}}"#
    ))
}

/// Answers as the API does: the last page has a cursor, too, and an empty one follows it.
fn serve_pages() -> Fallible {
    let pages: Vec<Vec<u8>> = (0..100).map(page).collect();
    let empty = success(r#"{"operations":[]}"#);
    serve(move |target| {
        let items = target.split("/items-").nth(1);
        let items = items.and_then(|rest| rest.split('/').next()?.parse().ok());
        let cursor = target.split("cursor=").nth(1).unwrap_or_default();
        let fraction = cursor.split('.').nth(1).unwrap_or_default();
        let number: usize = fraction.get(..6).map_or(0, |n| n.parse().unwrap_or(0));
        let is_there = items.is_some_and(|items: usize| number * PAGE < items);
        let found = pages.get(number).filter(|_| is_there);
        found.unwrap_or(&empty).clone()
    })
}

fn main() -> Fallible {
    support::run(|arguments| match arguments {
        [] => measure(),
        ["--serve"] => serve_pages(),
        ["--only", way, items] => only(way, items),
        other => Err(format!("unknown arguments {other:?}").into()),
    })
}
