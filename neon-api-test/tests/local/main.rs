//! Databases of the backend `local`, as tests use them.
#![cfg(all(feature = "sqlx", feature = "tokio-postgres"))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::expect_used)]

mod attribute;
