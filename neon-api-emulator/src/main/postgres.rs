//! The program's options for Postgres behind it.

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use neon_api_emulator::{Builder, RunningEmulator};

#[derive(Debug, Args)]
pub(crate) struct PostgresOptions {
    /// Put a real Postgres behind the endpoints; its programs are searched in `PATH`, by `pg_config`
    /// and in /usr/lib/postgresql, unless their folder is given
    #[arg(long, value_name = "BIN_DIR", num_args = 0..=1)]
    #[expect(clippy::option_option, reason = "an option whose value is optional")]
    postgres: Option<Option<PathBuf>>,
    /// The user to run Postgres as, if the emulator runs as root
    #[arg(
        long,
        value_name = "USER",
        default_value = "postgres",
        requires = "postgres"
    )]
    postgres_user: String,
    /// The port of 127.0.0.1 for connections to Postgres; 0 selects a free one
    #[arg(long, value_name = "PORT", default_value_t = 0, requires = "postgres")]
    postgres_port: u16,
    /// Where the data of the branches are, in a folder that is removed at the end; the folder for
    /// temporary files by default
    #[arg(long, value_name = "DIR", requires = "postgres")]
    postgres_data: Option<PathBuf>,
}

impl PostgresOptions {
    pub(crate) fn is_wanted(&self) -> bool {
        self.postgres.is_some()
    }

    #[cfg(not(feature = "postgres"))]
    pub(crate) async fn start(
        self,
        _: Builder,
        _: Option<&Path>,
        _: SocketAddr,
    ) -> Result<RunningEmulator, String> {
        let message = "this program was built without Postgres: cargo install neon-api-emulator \
                       --features postgres";
        std::future::ready(Err(message.to_owned())).await
    }

    #[cfg(feature = "postgres")]
    pub(crate) async fn start(
        self,
        builder: Builder,
        state: Option<&Path>,
        address: SocketAddr,
    ) -> Result<RunningEmulator, String> {
        use neon_api_emulator::Postgres;
        if state.is_some() {
            let message = "--state keeps no databases: it cannot be used with --postgres";
            return Err(message.to_owned());
        }
        let found = match self.postgres.flatten() {
            Some(folder) => Postgres::in_folder(folder),
            None => Postgres::find(),
        };
        let mut postgres = found
            .map_err(|error| error.to_string())?
            .user(self.postgres_user)
            .port(self.postgres_port)
            .on_failure(super::warn);
        if let Some(folder) = self.postgres_data {
            postgres = postgres.data_folder(folder);
        }
        let started = builder.postgres(postgres).bind(address).await;
        started.map_err(|error| format!("cannot start: {error}"))
    }
}

/// Prints where clients of Postgres connect.
#[cfg(feature = "postgres")]
pub(crate) fn announce(server: &RunningEmulator, out: &mut impl Write) {
    if let Some(address) = server.postgres_address() {
        writeln!(out, "postgres on {address}").ok();
    }
}

#[cfg(not(feature = "postgres"))]
pub(crate) fn announce(_: &RunningEmulator, _: &mut impl Write) {}
