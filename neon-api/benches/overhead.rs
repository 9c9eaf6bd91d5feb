//! What a call costs beyond one of bare reqwest with structs written by hand: `getProject` over the
//! same connection, in turns.
//!
//! ```console
//! $ cargo bench -p neon-api --bench overhead                    # wall and processor time
//! $ cargo bench -p neon-api --bench overhead -- --instructions  # needs valgrind
//! ```
//!
//! The second counts what `--only` does with 300 and with 600 calls, and divides the differences, so
//! that start and set-up cancel out. By hand, with `ours`, `timed` or `bare`:
//!
//! ```console
//! $ valgrind --tool=callgrind target/release/deps/overhead-… --only ours 300
//! $ perf stat -e instructions:u target/release/deps/overhead-… --only ours 300
//! ```

#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod support;

use std::hint::black_box;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use neon_api::ids::ProjectId;
use support::bare;
use support::clients::{Clients, KEY};
use support::server::{serve, success};
use support::{Fallible, Times, median, ratio, thread_cpu, word};

const PROCESSES: usize = 6;
/// Of each process.
const ROUNDS: usize = 180;
const CALLS: u32 = 40;
const PROJECT: &str = "sparkling-hill-99143322";

/// How the project is got.
#[derive(Debug, Clone, Copy)]
enum Way {
    Ours,
    /// Bare, with the bound on time that ours has.
    Timed,
    Bare,
}

const WAYS: [Way; 3] = [Way::Ours, Way::Timed, Way::Bare];

impl Way {
    fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Timed => "timed",
            Self::Bare => "bare",
        }
    }
}

struct Calls {
    clients: Clients,
    project: ProjectId,
}

impl Calls {
    fn new() -> Fallible<Self> {
        Ok(Self {
            clients: Clients::new()?,
            project: ProjectId::new(PROJECT)?,
        })
    }

    async fn make(&self, way: Way, number: u32) -> Fallible {
        match way {
            Way::Ours => {
                for _ in 0..number {
                    black_box(self.clients.neon.project(&self.project).get().await?);
                }
            }
            Way::Timed => {
                for _ in 0..number {
                    black_box(self.get_bare(Some(Duration::from_secs(30))).await?);
                }
            }
            Way::Bare => {
                for _ in 0..number {
                    black_box(self.get_bare(None).await?);
                }
            }
        }
        Ok(())
    }

    async fn get_bare(&self, timeout: Option<Duration>) -> reqwest::Result<bare::Project> {
        let url = format!(
            "{}/projects/{}",
            self.clients.server.base_url(),
            self.project
        );
        let mut request = self.clients.bare.get(url).bearer_auth(KEY);
        if let Some(timeout) = timeout {
            request = request.timeout(timeout);
        }
        let answer = request.send().await?.error_for_status()?;
        let answer: bare::ProjectResponse = answer.json().await?;
        Ok(answer.project)
    }
}

/// Measures in several processes: where the parts of a program lie in memory moves the ratio of one
/// process by a few hundredths.
fn measure() -> Fallible {
    let mut taken = WAYS.map(|_| Times::default());
    for _ in 0..PROCESSES {
        let process = Command::new(std::env::current_exe()?)
            .arg("--rounds")
            .stderr(Stdio::inherit())
            .output()?;
        for line in String::from_utf8(process.stdout)?.lines() {
            let numbers = line
                .split(' ')
                .map(str::parse)
                .collect::<Result<Vec<f64>, _>>()?;
            for (times, pair) in taken.iter_mut().zip(numbers.chunks(2)) {
                let &[wall, cpu] = pair else {
                    return Err(format!("no round: {line}").into());
                };
                times.wall.push(wall);
                times.cpu.push(cpu);
            }
        }
    }
    let [ours, timed, bare] = &taken;
    println!(
        "getProject, {} rounds of {CALLS} calls each way, in turns, by {PROCESSES} processes",
        ours.wall.len()
    );
    println!("µs a call               ours  bare, timed    bare   ours/timed  ours/bare");
    print_row("wall time, median", &ours.wall, &timed.wall, &bare.wall);
    let least = [ours, timed, bare].map(|times| [least(&times.wall)]);
    print_row("wall time, least", &least[0], &least[1], &least[2]);
    print_row("processor, median", &ours.cpu, &timed.cpu, &bare.cpu);
    let reached = ratio(&ours.wall, &bare.wall);
    println!(
        "wall time at most 1.05 of bare: {reached:.3}, {}",
        word(reached <= 1.05)
    );
    Ok(())
}

/// Prints a line for each round: what a call took of each way, in microseconds of wall time and of
/// processor time.
fn print_rounds() -> Fallible {
    let runtime = support::runtime()?;
    let calls = Calls::new()?;
    for way in WAYS {
        runtime.block_on(calls.make(way, 500))?;
    }
    for round in 0..ROUNDS {
        let mut taken = WAYS.map(|way| (way, 0.0, 0.0));
        // Each way comes as often after each other one.
        taken.rotate_left(round % WAYS.len());
        for (way, wall, cpu) in &mut taken {
            let (cpu_before, began) = (thread_cpu()?, Instant::now());
            runtime.block_on(calls.make(*way, CALLS))?;
            let per_call = |time: f64| time * 1e6 / f64::from(CALLS);
            *wall = per_call(began.elapsed().as_secs_f64());
            *cpu = per_call(thread_cpu()? - cpu_before);
        }
        taken.rotate_right(round % WAYS.len());
        let numbers = taken.map(|(_, wall, cpu)| format!("{wall:.3} {cpu:.3}"));
        println!("{}", numbers.join(" "));
    }
    Ok(())
}

fn least(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::INFINITY, f64::min)
}

/// Prints the middle of each way's values, and the middle of the ratios within the rounds.
fn print_row(name: &str, ours: &[f64], timed: &[f64], bare: &[f64]) {
    println!(
        "{name:<18}{:>10.1}{:>13.1}{:>8.1}{:>13.3}{:>11.3}",
        median(ours),
        median(timed),
        median(bare),
        ratio(ours, timed),
        ratio(ours, bare),
    );
}

/// Counts the instructions of a call by valgrind.
fn count_instructions() -> Fallible {
    let mut counts = Vec::new();
    for way in WAYS {
        let (few, many) = (instructions(way, 300)?, instructions(way, 600)?);
        counts.push(f64::from(u32::try_from(many - few)?) / 300.0);
    }
    let [ours, timed, bare] = counts.as_slice() else {
        return Err("a count for each way".into());
    };
    println!("getProject, by the difference of 600 and 300 calls");
    println!("                       ours  bare, timed    bare   ours/timed  ours/bare");
    let reached = ours / bare;
    println!(
        "instructions{ours:>16.0}{timed:>13.0}{bare:>8.0}{:>13.3}{reached:>11.3}",
        ours / timed
    );
    println!(
        "instructions at most 1.10 of bare: {reached:.3}, {}",
        word(reached <= 1.10)
    );
    Ok(())
}

fn instructions(way: Way, calls: u32) -> Fallible<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?)
        .args(["--only", way.name(), &calls.to_string()])
        .output()?;
    let text = String::from_utf8_lossy(&output.stderr);
    let number = text
        .lines()
        .find_map(|line| line.split("Collected :").nth(1));
    Ok(number.ok_or("valgrind counted nothing")?.trim().parse()?)
}

fn only(way: &str, calls: &str) -> Fallible {
    let way = WAYS.into_iter().find(|w| w.name() == way);
    let way = way.ok_or("there are ours, timed and bare")?;
    support::runtime()?.block_on(Calls::new()?.make(way, calls.parse()?))
}

fn answer() -> Fallible<Vec<u8>> {
    let fixture: serde_json::Value =
        serde_json::from_str(include_str!("../../tests/fixtures/getProject.json"))?;
    let body = fixture.get("response").ok_or("a fixture of an answer")?;
    Ok(success(&body.to_string()))
}

fn main() -> Fallible {
    support::run(|arguments| match arguments {
        [] => measure(),
        ["--serve"] => {
            let answer = answer()?;
            serve(move |_| answer.clone())
        }
        ["--rounds"] => print_rounds(),
        ["--instructions"] => count_instructions(),
        ["--only", way, calls] => only(way, calls),
        other => Err(format!("unknown arguments {other:?}").into()),
    })
}
