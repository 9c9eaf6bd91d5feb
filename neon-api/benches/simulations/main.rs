//! Simulations in paused time: the time that many calls take under rate limits, against the least
//! possible; the requests and the lag of waits for operations. Exact and repeatable; the program fails
//! when a bound is missed.
//!
//! ```console
//! $ cargo bench -p neon-api --bench simulations
//! $ cargo bench -p neon-api --bench simulations -- --phases # how often one is missed, without failing
//! ```

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark prints what it measured, and what it shares with tests fails by a panic"
)]

#[allow(dead_code, reason = "shared with tests, which use the rest")]
#[path = "../../tests/support/bucket.rs"]
mod bucket;
mod buckets;
mod makes;
#[allow(dead_code, reason = "shared with tests, which use the rest")]
#[path = "../../tests/support/models.rs"]
mod models;
#[path = "../../tests/support/parallel.rs"]
mod parallel;
#[path = "../support/mod.rs"]
mod support;
mod waits;

use std::process::ExitCode;

use neon_api::{Limiter, Neon, Transport};
use support::Fallible;

const SEEDS: u64 = 20;

/// The most that the time may be over the bound, and the most responses 429.
pub(crate) struct Bounds {
    pub(crate) ratio: f64,
    pub(crate) refused: f64,
}

fn client(transport: impl Transport, limiter: impl Limiter) -> Fallible<Neon> {
    Ok(Neon::builder()
        .api_key("napi_bench")
        .limiter(limiter)
        .transport(transport)
        .build()?)
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> Fallible<ExitCode> {
    let Some(modes) = support::arguments() else {
        return Ok(ExitCode::SUCCESS);
    };
    if modes.iter().any(|mode| mode == "--phases") {
        Box::pin(makes::phases()).await;
        return Ok(ExitCode::SUCCESS);
    }
    let buckets = Box::pin(buckets::run()).await?;
    let makes = Box::pin(makes::run()).await;
    let waits = Box::pin(waits::run()).await?;
    Ok(if buckets & makes & waits {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
