//! What the benchmarks share.
#![allow(dead_code, reason = "each benchmark uses its own part")]
#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

pub(crate) mod bare;
pub(crate) mod clients;
pub(crate) mod server;

use std::error::Error;
use std::fs;
use std::time::Duration;

pub(crate) type Fallible<T = ()> = Result<T, Box<dyn Error>>;

/// The arguments of the benchmark. `cargo bench` adds one, `--bench`; without it and without a mode,
/// as in `cargo test --all-targets`, there is nothing to do.
pub(crate) fn arguments() -> Option<Vec<String>> {
    let all: Vec<String> = std::env::args().skip(1).collect();
    let modes: Vec<String> = all.iter().filter(|a| *a != "--bench").cloned().collect();
    (modes.len() < all.len() || !modes.is_empty()).then_some(modes)
}

/// Does what the arguments say, if there is anything to do.
pub(crate) fn run(mode: impl FnOnce(&[&str]) -> Fallible) -> Fallible {
    let Some(arguments) = arguments() else {
        return Ok(());
    };
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    mode(&arguments)
}

/// What the runs of one way took.
#[derive(Debug, Default)]
pub(crate) struct Times {
    pub(crate) wall: Vec<f64>,
    pub(crate) cpu: Vec<f64>,
}

/// The processor's time that the calling thread has taken, in seconds.
pub(crate) fn thread_cpu() -> Fallible<f64> {
    let text = fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanos = text.split_whitespace().next().ok_or("an empty schedstat")?;
    Ok(Duration::from_nanos(nanos.parse()?).as_secs_f64())
}

/// The most memory that the process has held, in KiB.
pub(crate) fn peak_memory() -> Fallible<u64> {
    let text = fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|rest| rest.split_whitespace().next());
    Ok(number.ok_or("no VmHWM")?.parse()?)
}

/// Prints a row; whether the bound is kept.
pub(crate) fn row(name: &str, measured: f64, unit: &str, at_most: f64) -> bool {
    let is_met = measured <= at_most;
    println!(
        "  {name:<46}{measured:>10.3}{unit:<4}{at_most:>10.3}{unit:<4}{}",
        word(is_met)
    );
    is_met
}

/// The middle one.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The median of the ratios of values that were measured one after the other.
pub(crate) fn ratio(of: &[f64], to: &[f64]) -> f64 {
    let ratios: Vec<f64> = of.iter().zip(to).map(|(a, b)| a / b).collect();
    median(&ratios)
}

/// Whether a target was reached, as a word.
pub(crate) fn word(is_met: bool) -> &'static str {
    if is_met { "met" } else { "MISSED" }
}

/// A runtime of one thread, so that the thread's time is the time of all that the client does.
pub(crate) fn runtime() -> Fallible<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?)
}
