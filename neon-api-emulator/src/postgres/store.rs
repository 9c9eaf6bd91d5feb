//! The data of branches and snapshots, and the servers of branches in use.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex as Lock, PoisonError};

use tokio::sync::{Mutex, watch};

use super::admin::Admin;
use super::error::{PostgresError, Result};
use super::folder::RunFolder;
use super::parameters::{Parameters, arguments};
use super::programs::Programs;
use super::server::{Server, SocketPlace};
use super::template::blocking;
use super::{backup, files, roles, schema};
use crate::state::backing::{Change, Origin, Schema};

/// A branch's data, or a snapshot's, which has no server and nobody who uses it.
#[derive(Debug)]
struct Held {
    data: PathBuf,
    filled: bool,
    server: Option<Server>,
    endpoints: BTreeSet<String>,
    /// Changes of the API that were not made yet: the next start makes them.
    open: Vec<Change>,
}

impl Held {
    fn server(&self) -> Option<&Server> {
        self.server.as_ref().filter(|server| server.lives())
    }
}

/// How clients reach an endpoint that runs.
#[derive(Debug, Clone)]
pub(super) struct Door {
    pub(super) branch: String,
    pub(super) place: SocketPlace,
    /// Becomes true when the endpoint is suspended while the server goes on.
    pub(super) cut: watch::Receiver<bool>,
}

#[derive(Debug)]
struct OpenDoor {
    door: Door,
    cut: watch::Sender<bool>,
    used: bool,
}

/// Callers see to it that no two of them work on the same branch at the same time.
#[derive(Debug)]
pub(super) struct Store {
    pub(super) programs: Programs,
    folder: RunFolder,
    template: PathBuf,
    admin: Arc<Admin>,
    held: Lock<BTreeMap<String, Arc<Mutex<Held>>>>,
    doors: Lock<BTreeMap<String, OpenDoor>>,
    next_port: AtomicU16,
}

fn locked<T>(lock: &Lock<T>) -> std::sync::MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// For a server that nobody connects to: it starts whatever replication slots are there.
fn any() -> Parameters {
    vec![("wal_level".to_owned(), "logical".to_owned())]
}

fn no_data(id: &str) -> PostgresError {
    PostgresError::Failed(format!("there are no data of {id}"))
}

impl Store {
    pub(super) fn new(
        programs: Programs,
        folder: RunFolder,
        template: PathBuf,
        admin: Admin,
    ) -> Self {
        Self {
            programs,
            folder,
            template,
            admin: Arc::new(admin),
            held: Lock::default(),
            doors: Lock::default(),
            next_port: AtomicU16::new(1),
        }
    }

    fn held(&self, id: &str) -> Arc<Mutex<Held>> {
        let mut all = locked(&self.held);
        let made = || {
            Arc::new(Mutex::new(Held {
                data: self.folder.path.join(id),
                filled: false,
                server: None,
                endpoints: BTreeSet::new(),
                open: Vec::new(),
            }))
        };
        Arc::clone(all.entry(id.to_owned()).or_insert_with(made))
    }

    fn known(&self, id: &str) -> Result<Arc<Mutex<Held>>> {
        let found = locked(&self.held).get(id).map(Arc::clone);
        found.ok_or_else(|| no_data(id))
    }

    pub(super) fn ids(&self) -> Vec<String> {
        locked(&self.held).keys().cloned().collect()
    }

    pub(super) fn door(&self, endpoint: &str) -> Option<Door> {
        let mut doors = locked(&self.doors);
        let open = doors.get_mut(endpoint)?;
        open.used = true;
        Some(open.door.clone())
    }

    /// The branches that were used since this was last asked, and where their data are.
    pub(super) fn in_use(&self) -> BTreeMap<String, PathBuf> {
        let mut doors = locked(&self.doors);
        let used = doors.values_mut().filter_map(|open| {
            // The door itself has one.
            let has_sessions = open.cut.receiver_count() > 1;
            let used = std::mem::replace(&mut open.used, has_sessions);
            (used || has_sessions).then_some(&open.door.branch)
        });
        used.map(|id| (id.clone(), self.folder.path.join(id)))
            .collect()
    }

    async fn start_server(&self, data: &Path, parameters: &Parameters) -> Result<Server> {
        let port = self.next_port.fetch_add(1, Ordering::Relaxed).max(1);
        let place = SocketPlace {
            folder: self.folder.sockets.clone(),
            port,
        };
        let admin = Arc::clone(&self.admin);
        Server::start(&self.programs, data, place, admin, parameters).await
    }

    /// Fills a branch, or replaces what it has.
    pub(super) async fn fill(
        &self,
        id: &str,
        origin: &Origin,
        changes: Vec<Change>,
    ) -> Result<u64> {
        let held = self.held(id);
        let mut held = held.lock().await;
        let staged = held.data.with_extension("new");
        let cleared = staged.clone();
        blocking(move || files::remove(&cleared)).await?;
        let mut open = match origin {
            Origin::Nothing => {
                backup::cold(&self.programs, &self.template, &staged).await?;
                Vec::new()
            }
            Origin::Branch(from) | Origin::Snapshot(from) => {
                let from = self.known(from)?;
                let from = from.lock().await;
                self.copy(&from, &staged).await?;
                from.open.clone()
            }
            Origin::SchemaOf(from) => {
                backup::cold(&self.programs, &self.template, &staged).await?;
                let from = self.known(from)?;
                let from = from.lock().await;
                self.copy_schema(&from, &staged).await?;
                from.open.clone()
            }
        };
        open.extend(changes);
        if let Some(server) = held.server.take() {
            server.stop().await;
        }
        let data = held.data.clone();
        let size = blocking(move || {
            let old = data.with_extension("old");
            if data.exists() {
                fs::rename(&data, &old)?;
            }
            fs::rename(&staged, &data)?;
            files::remove(&old)?;
            Ok(files::size(&data))
        });
        let size = size.await?;
        held.filled = true;
        held.open = open;
        Ok(size)
    }

    async fn copy(&self, from: &Held, to: &Path) -> Result<()> {
        if !from.filled {
            return Err(PostgresError::Failed("the parent has no data".to_owned()));
        }
        match from.server() {
            Some(server) => backup::live(&self.programs, server, &from.data, to).await,
            None => backup::cold(&self.programs, &from.data, to).await,
        }
    }

    async fn copy_schema(&self, from: &Held, to: &Path) -> Result<()> {
        let made = self.start_server(to, &any()).await?;
        let copied = if let Some(server) = from.server() {
            schema::copy(&self.programs, server, &made).await
        } else {
            let server = self.start_server(&from.data, &any()).await?;
            let copied = schema::copy(&self.programs, &server, &made).await;
            server.stop().await;
            copied
        };
        made.stop().await;
        copied
    }

    /// Reads what a database is made of; of a branch without a server with one that ends then.
    pub(super) async fn describe(&self, id: &str, database: &str) -> Result<Schema> {
        let held = self.known(id)?;
        let mut held = held.lock().await;
        if let Some(server) = held.server() {
            return schema::read(&self.programs, server, database).await;
        }
        if !held.filled {
            return Err(no_data(id));
        }
        held.server = Some(self.start_server(&held.data, &any()).await?);
        let applied = self.apply_open(&mut held).await;
        let Some(server) = held.server.take() else {
            return Err(no_data(id));
        };
        let read = match applied {
            Ok(()) => schema::read(&self.programs, &server, database).await,
            Err(error) => Err(error),
        };
        server.stop().await;
        read
    }

    /// Keeps a copy of what a branch holds.
    pub(super) async fn keep(&self, id: &str, as_id: &str) -> Result<()> {
        let from = Origin::Branch(id.to_owned());
        self.fill(as_id, &from, Vec::new()).await.map(|_| ())
    }

    pub(super) async fn delete(&self, id: &str) -> Result<()> {
        let Some(held) = locked(&self.held).remove(id) else {
            return Ok(());
        };
        let mut held = held.lock().await;
        for endpoint in std::mem::take(&mut held.endpoints) {
            locked(&self.doors).remove(&endpoint);
        }
        // What it holds is not needed any more: dropping a server ends it at once.
        let server = held.server.take();
        let data = held.data.clone();
        blocking(move || {
            drop(server);
            files::remove(&data.with_extension("new"))?;
            fs::remove_file(data.with_extension("log")).ok();
            files::remove(&data)
        })
        .await
    }

    /// Makes changes, now or at the next start.
    pub(super) async fn apply(&self, id: &str, changes: Vec<Change>) -> Result<()> {
        if changes.is_empty() {
            return Ok(());
        }
        let held = self.known(id)?;
        let mut held = held.lock().await;
        held.open.extend(changes);
        self.apply_open(&mut held).await
    }

    /// Each is tried once: what can never be made must not keep a server from starting for ever.
    async fn apply_open(&self, held: &mut Held) -> Result<()> {
        if held.server().is_none() {
            return Ok(());
        }
        let open = std::mem::take(&mut held.open);
        let mut result = Ok(());
        if let Some(server) = &held.server {
            for change in open {
                let made = roles::apply(server, &change, self.programs.binaries.version).await;
                let made = made.map_err(|e| PostgresError::Failed(format!("{change:?}: {e}")));
                result = result.and(made);
            }
        }
        result
    }

    /// A server that runs already goes on as it was started.
    pub(super) async fn start(
        &self,
        id: &str,
        endpoint: &str,
        parameters: &Parameters,
    ) -> Result<()> {
        let held = self.known(id)?;
        let mut held = held.lock().await;
        if !held.filled {
            return Err(no_data(id));
        }
        if held.server().is_none() {
            held.server = None;
            held.server = Some(self.start_server(&held.data, parameters).await?);
        }
        if let Err(error) = self.apply_open(&mut held).await {
            if held.endpoints.is_empty()
                && let Some(server) = held.server.take()
            {
                server.stop().await;
            }
            return Err(error);
        }
        let Some(server) = &held.server else {
            return Err(no_data(id));
        };
        let (cut, is_cut) = watch::channel(false);
        let door = Door {
            branch: id.to_owned(),
            place: server.place.clone(),
            cut: is_cut,
        };
        let door = OpenDoor {
            door,
            cut,
            used: true,
        };
        locked(&self.doors).insert(endpoint.to_owned(), door);
        held.endpoints.insert(endpoint.to_owned());
        Ok(())
    }

    /// Starts the server of endpoints that run again, unless it has these settings.
    pub(super) async fn configure(&self, id: &str, parameters: &Parameters) -> Result<()> {
        let held = self.known(id)?;
        let mut held = held.lock().await;
        let has_them = |server: &Server| server.parameters == *parameters;
        if held.endpoints.is_empty() || held.server().is_some_and(has_them) {
            return Ok(());
        }
        // What is refused for sure leaves the server as it is.
        arguments(parameters)?;
        if let Some(server) = held.server.take() {
            server.stop().await;
        }
        let server = self.start_server(&held.data, parameters).await?;
        let mut doors = locked(&self.doors);
        for endpoint in &held.endpoints {
            if let Some(open) = doors.get_mut(endpoint) {
                open.door.place = server.place.clone();
            }
        }
        drop(doors);
        held.server = Some(server);
        Ok(())
    }

    /// The branch's server goes on while another endpoint of it runs. Returns the branch.
    pub(super) async fn suspend(&self, endpoint: &str) -> Result<Option<(String, PathBuf)>> {
        let Some(door) = self.door(endpoint) else {
            return Ok(None);
        };
        let held = self.known(&door.branch)?;
        let mut held = held.lock().await;
        held.endpoints.remove(endpoint);
        // Nobody new comes in. Who is in hears of it from a server that stops.
        let closed = locked(&self.doors).remove(endpoint);
        let is_last = held.endpoints.is_empty();
        match held.server.take_if(|_| is_last) {
            Some(server) => server.stop().await,
            None => closed.into_iter().for_each(|door| {
                door.cut.send_replace(true);
            }),
        }
        Ok(Some((door.branch, held.data.clone())))
    }

    /// Ends all servers and removes everything.
    pub(super) fn close(&self) {
        self.programs.servers().end_all();
        self.folder.remove();
    }
}
