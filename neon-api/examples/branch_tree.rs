//! A project's branches as a tree, with their sizes, ages and compute endpoints.

#![allow(clippy::print_stdout, clippy::print_stderr)]

mod cli;
mod tree;

use std::process::ExitCode;

use neon_api::Neon;
use neon_api::chrono::Utc;

const USAGE: &str = "usage: branch_tree PROJECT

Draws the branches of PROJECT: how large each is, how old, when it expires, and its compute endpoints
with their sizes and states. NEON_API_KEY is the API key; without it, the credentials of Neon's CLI
are used.";

#[tokio::main]
async fn main() -> ExitCode {
    cli::main(USAGE, run).await
}

async fn run([project]: [String; 1]) -> cli::Result {
    let project = Neon::infer()?.project(project);
    let found = project.get().await?;
    let branches = project.branches().list().await?;
    let endpoints = project.endpoints().list().await?;
    println!("{} ({})", tree::shown(&found.name), found.id);
    for line in tree::draw(&branches, &endpoints, Utc::now()) {
        println!("{line}");
    }
    Ok(())
}
