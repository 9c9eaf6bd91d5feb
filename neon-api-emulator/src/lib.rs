#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

#[cfg(all(feature = "postgres", not(unix)))]
compile_error!("the feature postgres needs Linux or another Unix");

mod answer;
mod api;
mod builder;
mod clock;
mod direct;
mod emulator;
mod error;
mod faults;
mod ids;
mod inspect;
mod log;
mod multipart;
mod persist;
#[cfg(feature = "postgres")]
mod postgres;
mod rate;
mod request;
mod rng;
mod seed;
mod server;
pub mod spec;
mod state;
mod transport;
mod ui;

pub use builder::Builder;
pub use direct::SeedError;
pub use emulator::{BASE_PATH, Emulator};
pub use faults::{Fault, Faults, OperationFault, RequestView};
pub use inspect::StateView;
pub use log::RequestRecord;
pub use persist::StateError;
#[cfg(feature = "postgres")]
pub use postgres::{Postgres, PostgresError, WithPostgres};
pub use rate::{RateLimit, RateLimitModel};
pub use seed::Seed;
pub use server::RunningEmulator;
pub use state::limits::Limits;
pub use transport::EmulatorTransport;
