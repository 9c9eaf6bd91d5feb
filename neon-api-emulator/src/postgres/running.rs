//! Starting and ending it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::admin::Admin;
use super::driver::{Driver, Handle};
use super::error::{PostgresError, Result};
use super::folder::RunFolder;
use super::front::Front;
use super::programs::Programs;
use super::settings::Postgres;
use super::store::Store;
use super::template::{self, blocking};
use super::user::User;
use crate::builder::Builder;
use crate::server::RunningEmulator;

/// A builder of an emulator with Postgres behind it, see [`Builder::postgres`]. It needs real time
/// and a Tokio runtime with time and I/O, and so has no `build`.
#[derive(Debug, Clone)]
#[must_use = "nothing happens until the emulator is started"]
pub struct WithPostgres {
    builder: Builder,
    postgres: Postgres,
}

impl Builder {
    /// Puts a Postgres server behind every endpoint, and real data behind every branch.
    ///
    /// - A branch is a copy of its parent's data directory, also while that is in use; an endpoint
    ///   is a server in it, which is started by the API or by a connection, and suspended after its
    ///   timeout without connections. Further endpoints of a branch share its server; read-only ones
    ///   have `default_transaction_read_only`.
    /// - Connection strings lead to one port of 127.0.0.1, and name the endpoint in `options`. The
    ///   port also serves SQL over HTTP and WebSockets, as Neon's serverless driver sends it.
    /// - Operations take as long as Postgres does: the latency of this builder does not count. One
    ///   whose work fails, fails.
    /// - Branches are made from the present of others, or from snapshots; other points in time are
    ///   rejected as outside of the history.
    ///
    /// Everything is removed when the emulator is dropped.
    pub fn postgres(self, postgres: Postgres) -> WithPostgres {
        WithPostgres {
            builder: self,
            postgres,
        }
    }
}

impl WithPostgres {
    /// Starts a server on a free port of the loopback interface.
    ///
    /// # Errors
    ///
    /// If Postgres cannot be run here, or Tokio's clock is paused.
    pub async fn start(self) -> Result<RunningEmulator> {
        self.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await
    }

    /// Starts a server for the API on this address.
    ///
    /// # Errors
    ///
    /// If Postgres cannot be run here, Tokio's clock is paused, or the address cannot be used.
    pub async fn bind(self, address: SocketAddr) -> Result<RunningEmulator> {
        must_be_real_time()?;
        let Postgres {
            binaries,
            user,
            port,
            folder,
            cache,
            log,
        } = self.postgres;
        let version = binaries.version;
        let user = User::resolve(&user)?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let programs = Programs::new(binaries, user)?;
        let folder = blocking(move || RunFolder::new(&folder, user)).await?;
        let admin = Admin::new()?;
        let template = folder.path.join("template");
        let (cache, work) = (cache.as_deref(), folder.path.as_path());
        template::prepare(&programs, cache, work, &template, &admin.verifier()).await?;
        let store = Arc::new(Store::new(programs, folder, template, admin));

        let (jobs, received) = mpsc::unbounded_channel();
        let mut builder = self.builder;
        builder.backing = Some(Arc::new(Handle {
            jobs: jobs.clone(),
            address: listener.local_addr()?,
            version,
        }));
        let emulator = builder.build();
        let driver = Driver::new(emulator.clone(), Arc::clone(&store), jobs, log);
        let driver = Arc::new(driver);
        let (front, certificate) = Front::new(Arc::clone(&driver))?;
        let running = Running {
            certificate,
            address: listener.local_addr()?,
            tasks: [
                tokio::spawn(driver.run(received)),
                tokio::spawn(front.serve(listener)),
            ],
            store,
        };
        let mut server = emulator.serve(address).await?;
        server.postgres = Some(running);
        Ok(server)
    }
}

/// Servers start in real time, which a paused clock would skip.
fn must_be_real_time() -> Result<()> {
    let before = Instant::now();
    thread::sleep(Duration::from_millis(1));
    if Instant::now() == before {
        Err(PostgresError::PausedClock)
    } else {
        Ok(())
    }
}

/// Servers, sessions and data; ended and removed when it is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    address: SocketAddr,
    certificate: Vec<u8>,
    tasks: [JoinHandle<()>; 2],
    store: Arc<Store>,
}

impl Running {
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn certificate(&self) -> &[u8] {
        &self.certificate
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
        self.store.close();
    }
}
