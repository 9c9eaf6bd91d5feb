//! Jobs on many projects: what they send, what they report, and what is left when they are killed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by a panic, and prints the figures that it has measured"
)]

#[path = "../workflows/checkpoint.rs"]
#[allow(dead_code, reason = "shared with the tests of workflows")]
mod checkpoint;
mod each;
mod events;
#[path = "../workflows/kill.rs"]
#[allow(dead_code, reason = "shared with the tests of workflows")]
mod kill;
mod provision;
mod provision_kills;
mod rates;
mod transfer;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use neon_api::raw::BoxFuture;
use neon_api::raw::transport::{Exchange, Response};
use neon_api::{Neon, Transport, TransportError, Unlimited};
use neon_api_emulator::Emulator;

/// A client without pacing, as of a process of its own.
fn client(emulator: &Emulator) -> Neon {
    client_over(emulator.transport())
}

fn client_over(transport: impl Transport) -> Neon {
    let builder = Neon::builder().api_key("napi_test").limiter(Unlimited);
    builder.transport(transport).build().unwrap()
}

/// How many projects there are of each name.
fn names(emulator: &Emulator) -> BTreeMap<String, usize> {
    let mut names = BTreeMap::new();
    for project in emulator.state().projects() {
        *names.entry(project.name).or_default() += 1;
    }
    names
}

/// The requests of an operation that succeeded.
fn done(emulator: &Emulator, operation: &str) -> usize {
    let requests = emulator.requests();
    let is_done = |id: &Option<String>, status| {
        id.as_deref() == Some(operation) && (200..300).contains(&status)
    };
    requests
        .iter()
        .filter(|request| is_done(&request.operation_id, request.status))
        .count()
}

/// A network: what was sent arrives, also if the client is gone.
struct Network(Arc<dyn Transport>);

impl Network {
    fn to(emulator: &Emulator) -> Self {
        Self(Arc::new(emulator.transport()))
    }
}

impl Transport for Network {
    fn send(&self, exchange: Exchange) -> BoxFuture<'_, Result<Response, TransportError>> {
        let server = Arc::clone(&self.0);
        let request = tokio::spawn(async move { server.send(exchange).await });
        Box::pin(async move { request.await.unwrap() })
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network").finish_non_exhaustive()
    }
}
