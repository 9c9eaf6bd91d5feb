//! A branch for a pull request: found by its name, or created. Prints its connection string.

#![allow(clippy::print_stdout, clippy::print_stderr)]

mod cli;

use std::process::ExitCode;
use std::time::Duration;

use indicatif::ProgressBar;
use neon_api::Neon;
use neon_api::branches::BranchHandle;

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
    let branch: BranchHandle = if let Some(found) = project.branches().find(&name).await? {
        project.branch(&found)
    } else {
        let spinner = ProgressBar::new_spinner().with_message(format!("creating {name}"));
        spinner.enable_steady_tick(Duration::from_millis(100));
        let create = project
            .branches()
            .create(&name)
            .with_compute()
            .expires_in(WEEK);
        match create.ready().await.map_err(neon_api::Error::from) {
            Ok(created) => project.branch(&created),
            // Another run was faster, or the response was lost: it exists if it can be found.
            Err(error) if error.is_conflict() || error.outcome_unknown() => {
                let found = project.branches().find(&name).await?;
                project.branch(&found.ok_or(error)?)
            }
            Err(error) => return Err(error.into()),
        }
    };
    let databases = branch.databases().list().await?;
    let database = databases.first().ok_or("the branch has no database")?;
    let uri = branch
        .connection_uri(&database.name, &database.owner_name)
        .await?;
    println!("{}", uri.expose());
    Ok(())
}
