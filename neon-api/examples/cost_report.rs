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
const STORAGE: [Metric; 2] = [
    Metric::ROOT_BRANCH_BYTES_MONTH,
    Metric::CHILD_BRANCH_BYTES_MONTH,
];

#[tokio::main]
async fn main() -> ExitCode {
    cli::main(USAGE, run).await
}

async fn run([org, file]: [String; 2]) -> cli::Result {
    let neon = Neon::from_env()?;
    let (now, mut usages) = (Utc::now(), Vec::new());
    let consumption = neon.consumption(now - Days::new(29)..now, Daily);
    let metrics = [&[Metric::COMPUTE_UNIT_SECONDS][..], &STORAGE].concat();
    let mut projects = consumption.by_project(&org, metrics);
    while let Some(project) = projects.try_next().await? {
        let mut usage = Usage::new(project.project_id.as_str());
        for frame in project
            .periods
            .iter()
            .flat_map(|period| &period.consumption)
        {
            let Some(start) = frame.timeframe_start else {
                continue;
            };
            for value in frame.metrics.iter().flatten() {
                let amount = value.value as f64;
                if value.metric_name == Metric::COMPUTE_UNIT_SECONDS.as_str() {
                    usage.add_compute(start.date_naive(), amount / 3600.0);
                } else {
                    usage.add_storage(start.date_naive(), amount / 1e9);
                }
            }
        }
        usages.push(usage);
    }
    let chart = Chart::new(
        &org,
        (now - Days::new(29)).date_naive()..=now.date_naive(),
        usages,
    );
    print!("{}", chart.table());
    std::fs::write(&file, chart.svg()?)?;
    eprintln!("the chart is in {file}");
    Ok(())
}
