#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod api;
mod builder;
mod clock;
mod emulator;
mod error;
mod faults;
mod ids;
mod log;
mod rate;
mod request;
mod rng;
mod server;
pub mod spec;
mod state;
mod transport;

pub use builder::Builder;
pub use emulator::{BASE_PATH, Emulator};
pub use faults::{Fault, Faults};
pub use log::RequestRecord;
pub use rate::RateLimit;
pub use server::RunningEmulator;
pub use state::limits::Limits;
pub use transport::EmulatorTransport;
