//! A branch for a pull request: found by its name, or created. Prints its connection string.

#![allow(clippy::print_stdout, clippy::print_stderr)]

mod cli;

use std::process::ExitCode;
use std::time::Duration;

use indicatif::ProgressBar;
use neon_api::Neon;

const USAGE: &str = "usage: preview_branch PROJECT PULL_REQUEST

Finds or creates the branch preview/pr-PULL_REQUEST, which expires after a week, and prints a
connection string to it. NEON_API_KEY is the API key.";
const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

#[tokio::main]
async fn main() -> ExitCode {
    cli::main(USAGE, run).await
}

async fn run([project, number]: [String; 2]) -> cli::Result {
    let project = Neon::from_env()?.project(project);
    let name = format!("preview/pr-{number}");
    let spinner = ProgressBar::new_spinner().with_message(format!("ensuring {name}"));
    spinner.enable_steady_tick(Duration::from_millis(100));
    let ensure = project.branches().ensure(&name).with_compute();
    let ensured = ensure.expires_in(WEEK).ready().await?;
    spinner.finish_and_clear();
    let branch = project.branch(&ensured);
    let databases = branch.databases().list().await?;
    let database = databases.first().ok_or("the branch has no database")?;
    let uri = branch
        .connection_uri(&database.name, &database.owner_name)
        .await?;
    println!("{}", uri.expose());
    Ok(())
}
