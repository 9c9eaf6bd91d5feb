//! A web service that hands out projects: a request starts the creation and is responded to at once,
//! and its wait goes on when the client asks how far it is. A program that is to outlive a restart
//! keeps the pending waits in its database, serialised as here.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod cli;

use std::collections::HashMap;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use neon_api::{Neon, Progress, WaitToken};
use serde_json::json;

const USAGE: &str = "usage: web_handler ADDRESS

Serves at ADDRESS, such as 127.0.0.1:8080:
  POST /projects/NAME   starts the creation of a project, and responds 202 with its ID
  GET  /projects/ID     responds whether it is ready
NEON_API_KEY is the API key. Ctrl-C ends it, when the changes in flight have ended.";

#[derive(Clone)]
struct App {
    neon: Neon,
    pending: Arc<Mutex<HashMap<String, String>>>,
}

/// The response to a failure.
#[allow(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn failure(error: neon_api::Error) -> Response {
    let status = match &error {
        error if error.is_not_found() => StatusCode::NOT_FOUND,
        error if error.is_retryable() => StatusCode::SERVICE_UNAVAILABLE,
        error if error.is_timeout() => StatusCode::GATEWAY_TIMEOUT,
        _ => StatusCode::BAD_GATEWAY,
    };
    (status, error.to_string()).into_response()
}

#[tokio::main]
async fn main() -> ExitCode {
    cli::main(USAGE, run).await
}

async fn run([address]: [String; 1]) -> cli::Result {
    let neon = Neon::from_env()?.with_call_timeout(Duration::from_secs(10));
    let app = App {
        neon: neon.clone(),
        pending: Arc::default(),
    };
    let routes = Router::new()
        .route("/projects/{name}", post(create))
        .route("/projects/{name}", get(check))
        .with_state(app);
    let listener = tokio::net::TcpListener::bind(&*address).await?;
    println!("listening on {}", listener.local_addr()?);
    let stop = async { drop(tokio::signal::ctrl_c().await) };
    axum::serve(listener, routes)
        .with_graceful_shutdown(stop)
        .await?;
    for change in neon.shutdown(Duration::from_secs(20)).await.unknown() {
        eprintln!("check before retrying: {change}");
    }
    Ok(())
}

async fn create(State(app): State<App>, Path(name): Path<String>) -> Result<Response, Response> {
    let started = app.neon.projects().create(name).await.map_err(failure)?;
    let id = started.project.id.to_string();
    let token = json!(started.token()).to_string();
    let mut pending = app.pending.lock().unwrap_or_else(PoisonError::into_inner);
    pending.insert(id.clone(), token);
    Ok((StatusCode::ACCEPTED, id).into_response())
}

async fn check(State(app): State<App>, Path(id): Path<String>) -> Result<Response, Response> {
    let token = {
        let pending = app.pending.lock().unwrap_or_else(PoisonError::into_inner);
        pending
            .get(&id)
            .and_then(|kept| serde_json::from_str::<WaitToken>(kept).ok())
    };
    let token = token.ok_or_else(|| StatusCode::NOT_FOUND.into_response())?;
    Ok(match app.neon.check(&token).await.map_err(failure)? {
        Progress::Done(_) => (StatusCode::OK, "ready"),
        Progress::Failed(_) => (StatusCode::BAD_GATEWAY, "failed"),
        _ => (StatusCode::ACCEPTED, "not yet"),
    }
    .into_response())
}
