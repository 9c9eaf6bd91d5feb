//! Servers that a test has for itself, started on copies of a template's data.
//!
//! A template is made once for the same migrations, by the first of all processes that needs it, and is
//! kept as long as the machine runs. A copy belongs to the process that holds the shared lock of its
//! `users`: when the process ends, however it does, the guard ends the server and removes the data, and
//! the next process removes the rest.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use neon_api_emulator::Postgres;
use rustix::fs::{FlockOperation, flock};
use tokio::time::{Instant, sleep};

use super::place::{self, Place};
use super::processes::stop;
use super::programs::Programs;
use super::server::{Server, end_rest, stamped, start};
use crate::error::{Error, Result};
use crate::plan::Plan;
use crate::secret;

const TEMPLATE: &str = "template";
/// Changes with what is in a template besides the plan, so that older ones are not used.
const FORM: u32 = 2;
const BRANCH: &str = "branch";
/// Held while a copy comes into being or goes.
const LOCK: &str = "branches";
/// What the API creates with a project.
const DATABASE: &str = "neondb";
const ROLE: &str = "neondb_owner";
/// How long a guard may take to end a server.
const PATIENCE: Duration = Duration::from_secs(10);
const STEP: Duration = Duration::from_millis(5);
/// Templates that were not used for so long are removed.
const KEPT: Duration = Duration::from_secs(7 * 24 * 3600);

/// Makes branches of the programs that the environment names.
pub(super) struct Branches {
    programs: Programs,
    postgres: Postgres,
}

/// A server in use.
pub(crate) struct Held {
    place: Place,
    /// The server runs while this is open.
    _server: Server,
    _users: File,
}

impl Branches {
    /// Finds the programs, and removes what processes have left behind that are gone.
    pub(super) async fn open() -> Result<Self> {
        let programs = Programs::from_env();
        let postgres = programs.find()?;
        // What fails is left to the next.
        sweep().await.ok();
        Ok(Self { programs, postgres })
    }

    /// A server of its own with what the plan makes, and its connection string.
    pub(super) async fn create(&self, plan: &Plan) -> Result<(String, Held)> {
        let (template, in_use) = self.template(plan).await?;
        let (place, users) = new_place().await?;
        let place = place.owned_by(self.postgres.runs_as()?);
        let copied = self.copy(&template, &place).await;
        drop(in_use);
        copied?;
        let (server, client) = start(&self.postgres, &place).await?;
        let password = secret::random::<16>()?;
        let verifier = secret::verifier(&password)?;
        let change = format!("ALTER ROLE {ROLE} PASSWORD '{verifier}'");
        client.batch_execute(&change).await?;
        let url = url(&server, &password);
        let held = Held {
            place,
            _server: server,
            _users: users,
        };
        Ok((url, held))
    }

    async fn copy(&self, template: &Place, place: &Place) -> Result<()> {
        for (from, to) in [
            (template.server_file(), place.server_file()),
            (template.stamp(), place.stamp()),
        ] {
            fs::copy(&from, &to).map_err(Error::file(&from))?;
        }
        let (from, to) = (template.data(), place.data());
        Ok(self.postgres.copy_cluster(&from, &to).await?)
    }

    /// The template, which is made unless it is there, and the lock by which it stays.
    async fn template(&self, plan: &Plan) -> Result<(Place, File)> {
        let (programs, key) = (self.programs.key(), plan.key()?);
        let place = Place::named(&format!("{TEMPLATE}-{programs}-{FORM}-{key}"))?.ending_at_once();
        let place = place.owned_by(self.postgres.runs_as()?);
        // Whoever comes while it is made waits for it.
        let lock = place.lock().await?;
        let (made, wanted) = (made(&place), stamped(&self.postgres));
        let is_same = fs::read_to_string(&made).is_ok_and(|stamp| stamp == wanted);
        if !is_same || !place.data().join("PG_VERSION").is_file() {
            self.make(plan, &place).await?;
        }
        // Also if it is there, so that its time is that of the last use.
        fs::write(&made, &wanted).map_err(Error::file(&made))?;
        let in_use = place.join().await?;
        drop(lock);
        Ok((place, in_use))
    }

    async fn make(&self, plan: &Plan, place: &Place) -> Result<()> {
        // What was begun and not completed is begun again.
        for path in [made(place), place.stamp()] {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Error::File(path, error));
                }
                _ => {}
            }
        }
        let (server, client) = start(&self.postgres, place).await?;
        let password = secret::random::<16>()?;
        let verifier = secret::verifier(&password)?;
        // Before version 16 the right to create roles is a way out of the database, and here one to
        // nothing that the test's process cannot do itself; others have no password.
        let role = format!(
            "CREATE ROLE {ROLE} LOGIN CREATEDB CREATEROLE BYPASSRLS REPLICATION \
             IN ROLE neon_superuser PASSWORD '{verifier}'"
        );
        client.batch_execute(&role).await?;
        let database = format!("CREATE DATABASE {DATABASE} OWNER {ROLE}");
        client.batch_execute(&database).await?;
        let migrated = plan.run(&url(&server, &password)).await;
        drop((client, server));
        stop(place).await?;
        Ok(migrated?)
    }
}

impl Held {
    /// Lets the guard end the server and remove its data, which it also does if this process ends
    /// meanwhile, and removes what that leaves.
    pub(super) async fn remove(self) {
        let Self {
            place,
            _server: server,
            _users: users,
        } = self;
        drop((server, users));
        let (end, content) = (Instant::now() + PATIENCE, place.data().join("base"));
        while content.exists() && Instant::now() < end {
            sleep(STEP).await;
        }
        // Where there is no guard, the server has not ended.
        end_rest(&place).await;
        fs::remove_dir_all(&place.folder).ok();
    }
}

fn url(server: &Server, password: &str) -> String {
    let port = server.port;
    format!("postgresql://{ROLE}:{password}@127.0.0.1:{port}/{DATABASE}?sslmode=disable")
}

/// Says of a template that it is complete: its stamp.
fn made(template: &Place) -> PathBuf {
    template.folder.join("made")
}

async fn lock() -> Result<File> {
    let path = place::root()?.join(LOCK);
    place::locked(path, FlockOperation::NonBlockingLockExclusive).await
}

/// A folder that is in use from its beginning.
async fn new_place() -> Result<(Place, File)> {
    let lock = lock().await?;
    let name = format!("{BRANCH}-{}", secret::random::<8>()?);
    let place = Place::named(&name)?.single();
    let users = place.join().await?;
    drop(lock);
    Ok((place, users))
}

/// Removes branches without a user, and templates that were not used for long.
async fn sweep() -> Result<()> {
    let root = place::root()?;
    let _lock = lock().await?;
    for entry in fs::read_dir(&root).map_err(Error::file(&root))? {
        let folder = entry.map_err(Error::file(&root))?.path();
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let place = Place::at(folder.clone());
        let is_left = if name.starts_with(&format!("{BRANCH}-")) {
            true
        } else {
            name.starts_with(&format!("{TEMPLATE}-")) && is_old(&made(&place))
        };
        if is_left
            && let (Some(_lock), Some(_users)) =
                (unused(&place.lock_file()), unused(&place.users_file()))
        {
            end_rest(&place).await;
            fs::remove_dir_all(&folder).map_err(Error::file(&folder))?;
        }
    }
    Ok(())
}

fn is_old(file: &Path) -> bool {
    let changed = fs::metadata(file).and_then(|known| known.modified());
    changed.is_ok_and(|at| SystemTime::now().duration_since(at).unwrap_or_default() > KEPT)
}

/// A lock that nobody else can have, if nobody has a shared one.
fn unused(users: &Path) -> Option<File> {
    let file = place::open(users).ok()?;
    flock(&file, FlockOperation::NonBlockingLockExclusive).ok()?;
    Some(file)
}
