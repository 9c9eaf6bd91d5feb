//! A service whose metrics Prometheus scrapes: requests, retries, waits for permits and for operations.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod cli;

use std::process::ExitCode;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use neon_api::Neon;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use prometheus::{Registry, TEXT_FORMAT, TextEncoder};

const USAGE: &str = "usage: metrics ADDRESS

Serves at ADDRESS, such as 127.0.0.1:9464:
  GET /projects   responds with the number of projects
  GET /metrics    responds with what the client has measured, for Prometheus
NEON_API_KEY is the API key. Ctrl-C ends it.";

#[tokio::main]
async fn main() -> ExitCode {
    cli::main(USAGE, run).await
}

async fn run([address]: [String; 1]) -> cli::Result {
    let registry = Registry::new();
    let exporter = opentelemetry_prometheus::exporter().with_registry(registry.clone());
    let provider = SdkMeterProvider::builder()
        .with_reader(exporter.build()?)
        .build();
    let neon = Neon::builder().env().metrics(&provider).build()?;

    let routes = Router::new()
        .route("/projects", get(count).with_state(neon))
        .route("/metrics", get(scrape).with_state(registry));
    let listener = tokio::net::TcpListener::bind(&*address).await?;
    println!("listening on {}", listener.local_addr()?);
    let stop = async { drop(tokio::signal::ctrl_c().await) };
    axum::serve(listener, routes)
        .with_graceful_shutdown(stop)
        .await?;
    Ok(provider.shutdown()?)
}

async fn count(State(neon): State<Neon>) -> Result<String, (StatusCode, String)> {
    match neon.projects().list().await {
        Ok(projects) => Ok(projects.len().to_string()),
        Err(error) => Err((StatusCode::BAD_GATEWAY, error.to_string())),
    }
}

async fn scrape(State(registry): State<Registry>) -> impl IntoResponse {
    match TextEncoder::new().encode_to_string(&registry.gather()) {
        Ok(page) => (StatusCode::OK, [(header::CONTENT_TYPE, TEXT_FORMAT)], page),
        Err(error) => {
            let kind = [(header::CONTENT_TYPE, "text/plain")];
            (StatusCode::INTERNAL_SERVER_ERROR, kind, error.to_string())
        }
    }
}
