//! What the tests share: calls of any operation by its ID, a server on loopback that records what
//! leaves the process, and a reader of the interface document.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

pub mod call;
pub mod compare;
pub mod contract;
pub mod sampled;
pub mod server;
pub mod spec;
