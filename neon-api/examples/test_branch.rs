//! A branch for a command, such as a test run: created before it and deleted after it, also when the
//! command fails or Ctrl-C ends it. Should even this program be killed, the branch expires.

#![allow(clippy::print_stdout, clippy::print_stderr)]

mod cli;

use std::process::ExitCode;
use std::time::Duration;

use neon_api::Neon;
use tokio::process::Command;

const USAGE: &str = "usage: test_branch PROJECT COMMAND

Creates a branch of PROJECT, runs COMMAND by sh with DATABASE_URL set to a connection string of the
branch, and deletes the branch. NEON_API_KEY is the API key.";
const HOUR: Duration = Duration::from_secs(3600);

#[tokio::main]
async fn main() -> ExitCode {
    cli::main(USAGE, run).await
}

async fn run([project, command]: [String; 2]) -> cli::Result {
    let project = Neon::from_env()?.project(project);
    let create = project.branches().ephemeral("test");
    let branch = create.owner("test_branch").expires_in(HOUR).await?;
    eprintln!("created the branch {}", branch.created().name);

    let outcome = tokio::select! {
        outcome = test(&command, branch.created().connection_uri()?.expose()) => outcome,
        _ = tokio::signal::ctrl_c() => Err("interrupted".into()),
    };
    branch.close().await?;
    eprintln!("deleted it");
    outcome
}

async fn test(command: &str, uri: &str) -> cli::Result {
    let mut command = Command::new("sh")
        .arg("-c")
        .arg(command)
        .env("DATABASE_URL", uri)
        .kill_on_drop(true)
        .spawn()?;
    match command.wait().await? {
        status if status.success() => Ok(()),
        status => Err(format!("the command failed: {status}").into()),
    }
}
