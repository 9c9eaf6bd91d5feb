//! Many projects: one for each tenant of a list, created as fast as the API's limits allow. Can be
//! run again after a failure: it creates those that are missing.

#![allow(clippy::print_stdout, clippy::print_stderr)]

mod cli;

use std::collections::HashSet;
use std::process::ExitCode;

use futures::{StreamExt, stream};
use indicatif::ProgressBar;
use neon_api::Neon;

const USAGE: &str = "usage: tenants REGION FILE

Creates a project in REGION, such as aws-us-east-1, for each line of FILE, named after it, unless one
of that name exists. Prints a line of JSON for each that was created: its name and its ID.
NEON_API_KEY is the API key, NEON_ORG_ID the organization.";
/// How many creations and waits run at a time; the client paces their requests.
const CONCURRENCY: usize = 64;

#[tokio::main]
async fn main() -> ExitCode {
    cli::main(USAGE, run).await
}

async fn run([region, file]: [String; 2]) -> cli::Result {
    let neon = Neon::from_env()?;
    let file = std::fs::read_to_string(&file).map_err(|error| format!("{file}: {error}"))?;
    // An incomplete list is an error: a tenant that is missing in it would be created twice.
    let projects = neon.projects().list().await?;
    let existing: HashSet<&str> = projects
        .iter()
        .map(|project| project.name.as_str())
        .collect();
    let names = file.lines().map(str::trim).filter(|name| !name.is_empty());
    let missing: Vec<&str> = names.filter(|name| !existing.contains(name)).collect();

    let bar = ProgressBar::new(missing.len() as u64);
    let calls = missing.into_iter().map(|name| {
        let ready = neon.projects().create(name).region(&*region).ready();
        async move { (name, ready.await) }
    });
    let mut outcomes = stream::iter(calls).buffer_unordered(CONCURRENCY);
    let mut failed = 0;
    while let Some((name, outcome)) = outcomes.next().await {
        match outcome {
            Ok(created) => {
                let line = serde_json::json!({"name": name, "project": created.project.id});
                bar.suspend(|| println!("{line}"));
            }
            Err(error) => {
                failed += 1;
                bar.suspend(|| eprintln!("{name}: {error}"));
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    let stats = neon.stats();
    eprintln!(
        "{} requests, {} of them refused",
        stats.requests, stats.rate_limited
    );
    match failed {
        0 => Ok(()),
        _ => Err(format!("{failed} tenants have no project, or it is not ready").into()),
    }
}
