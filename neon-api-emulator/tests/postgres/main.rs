//! Postgres behind the emulator, with clients that were not written here. Where there is no
//! PostgreSQL, the tests say so and prove nothing: the gate counts them.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]
#![cfg(feature = "postgres")]

mod branches;
mod support;
