//! Operations as tools: what is listed, what is sent, what is refused, and what results show.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic"
)]

mod bounds;
mod calls;
mod catalogue;
mod confirmed;
mod project;
mod refused;
mod sample;
mod schema;
mod secrets;
#[path = "../support/mod.rs"]
mod support;
mod waits;

use neon_api::Neon;
use neon_api::raw::dynamic::Operation;
use neon_api::tools::{Tools, ToolsBuilder};

/// The IDs of all operations.
fn all() -> Vec<&'static str> {
    let operations = Operation::all().iter();
    operations.map(|operation| operation.route().id).collect()
}

/// Tools of all operations, none of which has to be confirmed.
fn everything(neon: Neon) -> ToolsBuilder {
    Tools::builder(neon).allow_unconfirmed(all())
}
