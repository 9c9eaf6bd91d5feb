//! Creates a project and a branch, prints a connection string, and deletes both.
//!
//! Without `NEON_API_KEY` it runs against the emulator, in this process; with it, against Neon.

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::env;
use std::error::Error;

use futures::TryStreamExt;
use neon_api::{Neon, Secret};
use neon_api_emulator::Emulator;

const USAGE: &str = "usage: quickstart [--show-secrets]";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let show_secrets = match env::args().nth(1).as_deref() {
        None => false,
        Some("--show-secrets") => true,
        Some(_) => return Err(USAGE.into()),
    };
    // Unique, so that the cleanup finds this run's project by its name, even if the response to its
    // creation was lost.
    let name = format!("neon-api-quickstart-{:08x}", fastrand::u32(..));

    let neon = if env::var_os("NEON_API_KEY").is_some() {
        let neon = Neon::from_env()?;
        println!(
            "NEON_API_KEY is set: this runs against {}.",
            neon.raw().base_url()
        );
        println!("It creates the project {name} with one extra branch, and deletes both.");
        neon
    } else {
        println!("NEON_API_KEY is not set: this runs against the emulator, in this process.");
        let emulator = Emulator::builder().build();
        Neon::builder()
            .api_key("napi_emulated")
            .transport(emulator.transport())
            .build()?
    };

    let outcome = tokio::select! {
        outcome = tour(&neon, &name, show_secrets) => outcome,
        _ = tokio::signal::ctrl_c() => Err("interrupted".into()),
    };
    let cleaned = clean_up(&neon, &name).await;
    if let Err(error) = &cleaned {
        eprintln!("cleanup failed, check for the project {name}: {error}");
    }
    outcome?;
    Ok(cleaned?)
}

async fn tour(neon: &Neon, name: &str, show_secrets: bool) -> Result<(), Box<dyn Error>> {
    let app = neon.projects().create(name).await?;
    println!(
        "project {} is being created: {} operations run",
        app.project.id,
        app.operations().len()
    );
    let app = app.ready().await?;
    println!(
        "project {} is ready, with branch {}",
        app.project.id, app.branch.name
    );

    let project = neon.project(&app.project.id);
    let preview = project
        .branches()
        .create("preview/pr-42")
        .with_compute()
        .await?;
    println!("branch {} is being created", preview.branch.id);
    let preview = preview.ready().await?;
    println!("branch {} is ready", preview.branch.name);
    println!(
        "connect to it with {}",
        shown(preview.connection_uri()?, show_secrets)
    );

    println!("all branches:");
    let mut branches = project.branches().list();
    while let Some(branch) = branches.try_next().await? {
        let mark = if branch.default { " (default)" } else { "" };
        println!("  {} {}{mark}", branch.id, branch.name);
    }

    project.branch(&preview.branch.id).delete().ready().await?;
    println!("branch {} is deleted", preview.branch.name);
    Ok(())
}

/// Deletes all projects of that name: none if creating it failed.
async fn clean_up(neon: &Neon, name: &str) -> Result<(), neon_api::Error> {
    let found: Vec<_> = neon.projects().list().search(name).try_collect().await?;
    for project in found.iter().filter(|project| project.name == name) {
        neon.project(project).delete().ready().await?;
        println!("project {} is deleted", project.id);
    }
    Ok(())
}

/// A connection string to print, with a hidden password by default.
fn shown(uri: &Secret, show_secrets: bool) -> String {
    let uri = uri.expose();
    if show_secrets {
        return uri.to_owned();
    }
    let (scheme, rest) = uri.split_once("://").unwrap_or(("postgresql", uri));
    match (rest.rsplit_once('@'), rest.split_once(':')) {
        (Some((_, host)), Some((role, _))) => format!("{scheme}://{role}:…@{host}"),
        _ => "a connection string (--show-secrets shows it)".to_owned(),
    }
}
