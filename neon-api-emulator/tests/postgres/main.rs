//! Postgres behind the emulator, with clients that were not written here. Where there is no
//! PostgreSQL, the tests say so and prove nothing: the gate counts them.
#![cfg(feature = "postgres")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

mod support;

mod branches;
mod clients;
mod computes;
mod encryption;
mod failures;
#[cfg(feature = "cli")]
mod program;
mod roles;
mod schemas;
mod security;
mod settings;
mod snapshots;
mod sql;
mod sql_access;
mod sql_batch;
