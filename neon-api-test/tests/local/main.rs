//! Databases of the backend `local`, as tests use them. Without PostgreSQL they are skipped loudly.
#![cfg(all(
    feature = "sqlx",
    feature = "tokio-postgres",
    feature = "refinery",
    feature = "diesel"
))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr
)]

mod attribute;
mod branches;
mod isolation;
mod messages;
mod migrations;
mod processes;
mod support;
