//! A real Postgres behind the emulator: a branch is a data directory, and a server runs in it while
//! one of its endpoints does.

mod admin;
mod backup;
mod binaries;
mod cluster;
mod driver;
mod error;
mod files;
mod folder;
mod front;
mod parameters;
mod programs;
mod roles;
mod running;
mod schema;
mod server;
mod servers;
mod settings;
mod store;
mod template;
mod user;

use std::sync::Arc;

pub use error::PostgresError;
pub(crate) use running::Running;
pub use running::WithPostgres;
pub use settings::Postgres;

type Log = Arc<dyn Fn(&str) + Send + Sync>;
