//! The pool of branches, against the emulator.
#![cfg(all(feature = "neon", feature = "tokio-postgres"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr
)]

mod leases;
mod postgres;
mod support;
mod throughput;
