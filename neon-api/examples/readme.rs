//! The program of the README, which is read there.
#![allow(clippy::print_stdout, clippy::print_stderr)]
#![cfg_attr(rustfmt, rustfmt::skip)]

use std::process::ExitCode;
use std::time::Duration;

use neon_api::Neon;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");                        // what failed, why, and what to do
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), neon_api::Error> {
    let neon = Neon::from_env()?;                        // NEON_API_KEY

    let app = neon.projects().create("my-app").region("aws-us-east-1")
        .ready().await?;                                 // sent, and its operations have finished
    println!("{}", app.connection_uri()?.expose());      // a secret until exposed

    let project = neon.project(&app);                    // IDs from values, strings, or typed
    let preview = project.branches().create("preview/pr-42")
        .with_compute()
        .expires_in(Duration::from_secs(7 * 24 * 3600))
        .ready().await?;
    println!("{}", preview.branch.id);

    let all = project.branches().list().await?;          // all pages
    println!("{} branches", all.len());
    let mut branches = project.branches().list();        // or one by one, fetched as needed
    while let Some(branch) = branches.try_next().await? {
        println!("{} {}", branch.id, branch.name);
    }
    Ok(())
}
