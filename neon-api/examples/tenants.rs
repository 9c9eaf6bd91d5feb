//! Many projects: one for each tenant of a list, created as fast as the API's limits allow. Can be
//! run again after a failure: it creates those that are missing.

#![allow(clippy::print_stdout, clippy::print_stderr)]

mod cli;

use std::process::ExitCode;

use indicatif::ProgressBar;
use neon_api::Neon;
use neon_api::fleet::Event;

const USAGE: &str = "usage: tenants REGION FILE

Creates a project in REGION, such as aws-us-east-1, for each line of FILE, named after it, unless one
of that name exists. Prints a line of JSON for each that was created: its name and its ID.
NEON_API_KEY is the API key, NEON_ORG_ID the organization.";

#[tokio::main]
async fn main() -> ExitCode {
    cli::main(USAGE, run).await
}

async fn run([region, file]: [String; 2]) -> cli::Result {
    let neon = Neon::from_env()?;
    let file = std::fs::read_to_string(&file).map_err(|error| format!("{file}: {error}"))?;
    let names = file.lines().map(str::trim).filter(|name| !name.is_empty());
    let tenants = names.map(|name| neon.projects().create(name).region(&*region));
    let mut run = neon.fleet().provision(tenants).events();

    let bar = ProgressBar::new(0);
    while let Some(event) = run.next().await {
        match event {
            Event::Finished { item, value } if value.is_created => {
                let line = serde_json::json!({"name": &*item, "project": value.project});
                bar.suspend(|| println!("{line}"));
            }
            Event::Failed { item, failure } => bar.suspend(|| eprintln!("{item}: {failure}")),
            _ => {}
        }
        let status = run.status();
        bar.set_length(status.total as u64);
        bar.set_position(status.settled() as u64);
    }
    bar.finish_and_clear();
    let report = run.finish().await?;
    let refused = neon.stats().rate_limited;
    eprintln!(
        "{} requests, {refused} of them refused",
        report.status().requests
    );
    report.check()?;
    Ok(())
}
