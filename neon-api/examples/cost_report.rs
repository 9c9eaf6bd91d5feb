//! What each project of an organization consumed in the last 30 days: a table, and a chart by day.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod chart;
mod cli;

use std::process::ExitCode;

use chart::{Chart, Usage};
use neon_api::Neon;
use neon_api::chrono::{Days, Utc};
use neon_api::consumption::Metric;
use neon_api::enums::ConsumptionHistoryGranularity::Daily;

const USAGE: &str = "usage: cost_report ORGANIZATION FILE

Prints what each project of the organization consumed in the last 30 days (UTC), and writes a chart of
it by day to FILE, as SVG. NEON_API_KEY is the API key.";
const METRICS: [Metric; 3] = [
    Metric::COMPUTE_UNIT_SECONDS,
    Metric::ROOT_BRANCH_BYTES_MONTH,
    Metric::CHILD_BRANCH_BYTES_MONTH,
];

#[tokio::main]
async fn main() -> ExitCode {
    cli::main(USAGE, run).await
}

async fn run([org, file]: [String; 2]) -> cli::Result {
    let neon = Neon::from_env()?;
    let now = Utc::now();
    let first = now - Days::new(29);
    let mut usages = Vec::new();
    let consumption = neon.consumption(first..now, Daily);
    let mut projects = consumption.by_project(&org, METRICS);
    while let Some(project) = projects.try_next().await? {
        let mut usage = Usage::new(project.project_id.as_str());
        let frames = project
            .periods
            .iter()
            .flat_map(|period| &period.consumption);
        for frame in frames {
            let day = frame
                .timeframe_start
                .ok_or("a frame has no time")?
                .date_naive();
            for value in frame.metrics.iter().flatten() {
                usage.add(day, &value.metric_name, value.value);
            }
        }
        usages.push(usage);
    }
    let chart = Chart::new(&org, first.date_naive()..=now.date_naive(), usages);
    print!("{}", chart.table());
    std::fs::write(&file, chart.svg()?)?;
    eprintln!("the chart is in {file}");
    Ok(())
}
