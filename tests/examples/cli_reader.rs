//! What a client makes of the files of Neon's own CLI, for `tests/real-clients`: one line of JSON with
//! the source of the key, whose it is, and the context of the working directory.
//!
//! `cli_reader [BASE_URL]`: without a URL the host is that of the environment, which is refused.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for tests"
)]

use std::process::ExitCode;

use neon_api::{CliBranch, CredentialSource, Neon};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(found) => {
            println!("{found}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<Value, neon_api::Error> {
    let builder = match std::env::args().nth(1) {
        Some(url) => Neon::builder().base_url(url),
        None => Neon::builder(),
    };
    let neon = builder.infer().build()?;
    let kind = match neon.credential_source() {
        CredentialSource::Profile { kind, .. } => Some(format!("{kind:?}")),
        _ => None,
    };
    let (mut id, mut name) = (None, None);
    let context = neon.cli_context();
    match context.and_then(|context| context.branch.as_ref()) {
        Some(CliBranch::Id(branch)) => id = Some(branch.to_string()),
        Some(CliBranch::Name(branch)) => name = Some(branch.clone()),
        _ => {}
    }
    let account = neon.raw().get_auth_details().await?.into_inner();
    Ok(json!({
        "source": neon.credential_source().to_string(),
        "kind": kind,
        "account": account.account_id,
        "org": neon.default_org(),
        "project": neon.default_project().map(|project| project.id().clone()),
        "branch_id": id,
        "branch_name": name,
    }))
}
