//! Tools for an agent: a call is a line of JSON on standard input, and its result a line on standard
//! output. It can change one project only, and not its default branch.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod cli;

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use neon_api::{Neon, projects::ProjectHandle};
use serde_json::{Value, json};

const USAGE: &str = "usage: agent_tools PROJECT

Reads calls of tools and prints what they return, one a line; NEON_API_KEY is the API key:
  {\"tool\": \"list_branches\"}
  {\"tool\": \"create_branch\", \"name\": \"try-1\"}       expires after a day
  {\"tool\": \"delete_branch\", \"name\": \"try-1\"}";
const DAY: Duration = Duration::from_secs(24 * 3600);

/// A call. An argument that a model made up is an error, not something to be ignored: also for a tool
/// without arguments, which is therefore no unit variant.
#[derive(serde::Deserialize)]
#[serde(tag = "tool", rename_all = "snake_case", deny_unknown_fields)]
enum Tool {
    ListBranches {},
    CreateBranch { name: String },
    DeleteBranch { name: String },
}

#[tokio::main]
async fn main() -> ExitCode {
    cli::main(USAGE, run).await
}

async fn run([id]: [String; 1]) -> Result<(), Box<dyn Error>> {
    let project = Neon::from_env()?.project(&id);
    let list = project.branches().list().await?;
    let default = list.iter().find(|branch| branch.default);
    let default = project.branch(default.ok_or("no default branch")?);
    let only = project.neon().only_projects([&id]);
    let guarded = only.protect(&default).project(&id);
    let failed = |error: Box<dyn Error>| json!({"error": error.to_string()});
    for line in std::io::stdin().lines() {
        let result = call(&guarded, &line?).await;
        println!("{}", result.unwrap_or_else(failed));
    }
    Ok(())
}

/// Passwords are masked in what is serialised: the model needs none of them.
async fn call(project: &ProjectHandle, line: &str) -> Result<Value, Box<dyn Error>> {
    let branches = project.branches();
    Ok(match serde_json::from_str(line)? {
        Tool::ListBranches {} => {
            let list = branches.list().await?;
            list.iter().map(|branch| json!(branch.branch)).collect()
        }
        Tool::CreateBranch { name } => {
            let create = branches.create(name).with_compute().expires_in(DAY);
            json!(create.ready().await?.branch)
        }
        Tool::DeleteBranch { name } => {
            let found = branches.find(name).await?;
            let found = found.ok_or("no branch has that name")?;
            json!(project.branch(&found).delete().ready().await?)
        }
    })
}
