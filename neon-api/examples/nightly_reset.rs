//! A staging branch that is reset to its parent every night, with the state of the day before kept for
//! a week.

#![allow(clippy::print_stdout, clippy::print_stderr)]

mod cli;

use std::process::ExitCode;
use std::time::Duration;

use indicatif::ProgressBar;
use neon_api::Neon;
use neon_api::chrono::Utc;
use neon_api::workflows::{Backup, RestorePoint};

const USAGE: &str = "usage: nightly_reset PROJECT BRANCH

Resets the branch of that name to the present state of its parent. Its own state is kept as the branch
BRANCH-before-DATE, which expires after a week. Connections to the branch end.
NEON_API_KEY is the API key.";
const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

#[tokio::main]
async fn main() -> ExitCode {
    cli::main(USAGE, run).await
}

async fn run([project, name]: [String; 2]) -> cli::Result {
    let neon = Neon::from_env()?;
    let project = neon.project(project);
    let branches = project.branches();
    let found = branches.find(&name).await?;
    let found = found.ok_or_else(|| format!("there is no branch named {name}"))?;
    let parent = found.parent_id.as_ref().ok_or("the branch has no parent")?;
    // Whatever else this program comes to do, it never changes the parent.
    let guarded = neon.protect(&project.branch(parent));
    let branch = guarded.project(project.id()).branch(&found);

    let spinner = ProgressBar::new_spinner().with_message("resetting");
    spinner.enable_steady_tick(Duration::from_millis(100));
    let backup = format!("{name}-before-{}", Utc::now().format("%Y-%m-%d"));
    let reset = branch.restore_to(RestorePoint::Parent);
    let reset = reset.backup_name(&backup).backup(Backup::ExpireIn(WEEK));
    reset.await?;
    spinner.finish_and_clear();
    println!("{name} is reset; {backup} has what it was");
    Ok(())
}
