#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)
)]

mod backend;
mod builder;
mod connect;
mod db;
mod error;
mod local;
mod migrate;
#[cfg(feature = "neon")]
pub mod neon;
mod plan;
mod run;
mod secret;
mod settings;

pub use backend::{Backend, Isolation};
pub use builder::Builder;
pub use db::TestDb;
pub use error::{BoxError, Error, MigrationError};
#[cfg(feature = "diesel")]
pub use migrate::DieselMigrations;
#[cfg(feature = "refinery")]
pub use migrate::RefineryMigrations;
#[cfg(feature = "sqlx")]
pub use migrate::SqlxMigrations;
pub use migrate::{Migrate, MigrateWith, Migrating, SqlFile, SqlFiles};

pub use neon_api_test_macros::branch;

#[doc(hidden)]
pub mod __private {
    pub use crate::migrate::in_package;
    pub use crate::run::{Flavor, Outcome, run};
}
