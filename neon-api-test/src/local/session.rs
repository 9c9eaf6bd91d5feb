//! This process's connections to the server.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OnceCell, Semaphore, SemaphorePermit};
use tokio_postgres::{Client, Statement};

use super::server::Server;
use crate::error::{Error, Result};

/// How many copies are made or removed at the same time by one process.
const MAKERS: usize = 2;
/// The first version in which the way to copy can be chosen.
const STRATEGIES: i32 = 150_000;

/// The server, and what this process has of it.
pub(super) struct Session {
    pub(super) server: Server,
    /// Holds the locks of the copies that this process uses. Nothing that takes long, and nothing that
    /// looks for the locks of others, may be done on it.
    pub(super) client: Client,
    pub(super) take: Statement,
    pub(super) begin: Statement,
    pub(super) free: Statement,
    /// How databases are copied.
    pub(super) strategy: &'static str,
    permits: Semaphore,
    idle: Mutex<Vec<Client>>,
    pub(super) templates: Mutex<HashMap<String, Arc<OnceCell<()>>>>,
}

impl Session {
    pub(super) async fn open() -> Result<Self> {
        let (server, client) = Server::find_or_start().await?;
        let version = client.query_one("SHOW server_version_num", &[]).await?;
        let version: i32 = version.try_get::<_, String>(0)?.parse().unwrap_or_default();
        let strategy = if version >= STRATEGIES {
            // The other way writes every page to the log.
            "STRATEGY FILE_COPY"
        } else {
            ""
        };
        Ok(Self {
            take: client.prepare("SELECT take($1)").await?,
            begin: client.prepare("SELECT begin_copy($1, true)").await?,
            free: client.prepare("SELECT free($1)").await?,
            server,
            client,
            strategy,
            permits: Semaphore::new(MAKERS),
            idle: Mutex::default(),
            templates: Mutex::default(),
        })
    }

    /// Whether it can still be used: a server that was killed is not waited for.
    pub(super) fn is_open(&self) -> bool {
        !self.client.is_closed()
    }

    /// Another connection, for what takes long.
    pub(super) async fn maker(&self) -> Result<Maker<'_>> {
        let permit = self.permits.acquire().await;
        let permit = permit.map_err(|error| Error::Database(error.to_string()))?;
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let client = match idle.filter(|client| !client.is_closed()) {
            Some(client) => client,
            None => self.server.connect("postgres").await?,
        };
        Ok(Maker {
            session: self,
            client,
            _permit: permit,
        })
    }
}

/// A connection of its own. Whoever drops it without [`done`](Self::done) ends it, and its locks.
pub(super) struct Maker<'a> {
    session: &'a Session,
    pub(super) client: Client,
    _permit: SemaphorePermit<'a>,
}

impl Maker<'_> {
    /// Keeps the connection for others.
    pub(super) fn done(self) {
        let idle = &self.session.idle;
        idle.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(self.client);
    }
}
