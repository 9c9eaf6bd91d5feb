//! Consumption and snapshots of a fleet: each frame once, whatever the range and wherever a process
//! ends, within what one request may ask for; and nothing deleted that is another's.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic"
)]

mod deltas;
mod deltas_random;
mod emulated;
#[path = "../workflows/kill.rs"]
mod kill;
mod model;
mod series;
mod snapshots;
mod snapshots_faults;
#[path = "../support/mod.rs"]
mod support;

use std::future::Future;

/// Runs in paused time.
fn paused<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(future)
}
