//! Tools for an agent: a call is a line of JSON on standard input, and its result a line on standard
//! output. It can change one project only, and not its default branch.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod cli;

use neon_api::{Neon, projects::ProjectHandle};
use serde_json::{Value, json};

const USAGE: &str = "usage: agent_tools PROJECT

Reads calls of tools and prints what they return, one a line; NEON_API_KEY is the API key:
  {\"tool\": \"list_branches\"}
  {\"tool\": \"create_branch\", \"name\": \"try-1\"}       expires after a day
  {\"tool\": \"delete_branch\", \"name\": \"try-1\"}";
const DAY: std::time::Duration = std::time::Duration::from_secs(24 * 3600);

/// A call. An argument that a model made up is an error, also of a tool without arguments.
#[derive(serde::Deserialize)]
#[serde(tag = "tool", rename_all = "snake_case", deny_unknown_fields)]
enum Tool {
    ListBranches {},
    CreateBranch { name: String },
    DeleteBranch { name: String },
}

#[tokio::main]
async fn main() -> std::process::ExitCode {
    cli::main(USAGE, run).await
}

async fn run([id]: [String; 1]) -> cli::Result {
    let neon = Neon::from_env()?.only_projects([&id]);
    let list = neon.project(&id).branches().list().await?;
    let default = list.iter().find(|b| b.default).ok_or("no default branch")?;
    let project = neon.protect(&default.id).project(&id);
    let failed = |error: Box<dyn std::error::Error>| json!({"error": error.to_string()});
    for line in std::io::stdin().lines() {
        let result = call(&project, &line?).await;
        println!("{}", result.unwrap_or_else(failed));
    }
    Ok(())
}

/// Passwords are masked in what is serialised: the model needs none of them.
async fn call(project: &ProjectHandle, line: &str) -> cli::Result<Value> {
    let branches = project.branches();
    Ok(match serde_json::from_str(line)? {
        Tool::ListBranches {} => json!(branches.list().await?),
        Tool::CreateBranch { name } => {
            let create = branches.create(name).with_compute().expires_in(DAY);
            json!(create.ready().await?.branch)
        }
        Tool::DeleteBranch { name } => {
            let found = branches.find(name).await?.ok_or("no such branch")?;
            json!(project.branch(&found).delete().ready().await?)
        }
    })
}
