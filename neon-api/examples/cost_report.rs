//! What each project of an organization consumed in the last month, as CSV.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod cli;

use std::process::ExitCode;

use indicatif::ProgressBar;
use neon_api::Neon;
use neon_api::chrono::{Datelike as _, Months, NaiveTime, Utc};
use neon_api::consumption::Metric;
use neon_api::enums::ConsumptionHistoryGranularity::Daily;

const USAGE: &str = "usage: cost_report ORGANIZATION

Prints a line of CSV for each project of the organization: its ID, and what it consumed in the last
calendar month (UTC), by metric. NEON_API_KEY is the API key.";
const METRICS: [Metric; 3] = [
    Metric::COMPUTE_UNIT_SECONDS,
    Metric::ROOT_BRANCH_BYTES_MONTH,
    Metric::CHILD_BRANCH_BYTES_MONTH,
];

#[tokio::main]
async fn main() -> ExitCode {
    cli::main(USAGE, run).await
}

async fn run([org]: [String; 1]) -> cli::Result {
    let neon = Neon::from_env()?;
    let first = Utc::now().date_naive().with_day(1).ok_or("no such day")?;
    let this_month = first.and_time(NaiveTime::MIN).and_utc();
    let consumption = neon.consumption(this_month - Months::new(1)..this_month, Daily);

    println!(
        "project,{}",
        METRICS.each_ref().map(Metric::as_str).join(",")
    );
    let spinner = ProgressBar::new_spinner();
    let mut projects = consumption.by_project(org, METRICS);
    while let Some(project) = projects.try_next().await? {
        let frames = project
            .periods
            .iter()
            .flat_map(|period| &period.consumption);
        let values: Vec<_> = frames
            .flat_map(|frame| frame.metrics.iter().flatten())
            .collect();
        let sums = METRICS.each_ref().map(|metric| {
            let of_metric = values
                .iter()
                .filter(|value| value.metric_name == metric.as_str());
            of_metric.map(|value| value.value).sum::<i64>().to_string()
        });
        spinner.suspend(|| println!("{},{}", project.project_id, sums.join(",")));
        spinner.inc(1);
    }
    Ok(())
}
