//! Workflows: what they send, what they leave behind, under faults, beside a second process, and
//! killed anywhere.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic"
)]

mod checkpoint;
mod connection_string;
mod ensure;
mod ensure_differences;
mod ensure_projects;
mod ensure_random;
mod ephemeral;
mod kill;
mod restore;
mod restore_kills;
#[path = "../support/mod.rs"]
mod support;
mod sweep;
mod sweep_kills;
mod timeouts;

use std::time::Duration;

use neon_api::projects::ProjectHandle;
use neon_api::{Neon, Unlimited};
use neon_api_emulator::Builder;
use neon_api_emulator::{Emulator, RequestRecord};

/// An emulator with a project, and a client of it.
fn world() -> (Emulator, ProjectHandle) {
    world_of(Emulator::builder())
}

fn world_of(builder: Builder) -> (Emulator, ProjectHandle) {
    let emulator = builder.build();
    let app = emulator.seed(|seed| seed.project("app")).unwrap();
    let project = client(&emulator).project(&app.project.id);
    (emulator, project)
}

/// A client without pacing, as of a process of its own.
fn client(emulator: &Emulator) -> Neon {
    let builder = Neon::builder().api_key("napi_test").limiter(Unlimited);
    builder.transport(emulator.transport()).build().unwrap()
}

/// The requests of an operation that succeeded, as far as the server knows.
fn done(emulator: &Emulator, operation: &str) -> usize {
    let requests = emulator.requests();
    requests
        .iter()
        .filter(|request| is_done(request, operation))
        .count()
}

fn is_done(request: &RequestRecord, operation: &str) -> bool {
    request.operation_id.as_deref() == Some(operation) && (200..300).contains(&request.status)
}

fn sent(emulator: &Emulator, operation: &str) -> u64 {
    emulator.count(operation)
}

const DAY: Duration = Duration::from_secs(24 * 3600);
