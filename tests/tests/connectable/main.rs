//! `connectable()` against a real Postgres, against the emulator with Postgres behind it, and against
//! servers that do one thing wrong each.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

mod emulated;
mod migrated;
#[path = "../../postgres/mod.rs"]
mod postgres;
mod random;
mod real;
mod scripted;
mod scripts;
mod world;
