//! The backend `local`: databases of a Postgres server that all test processes of a user share.

mod branches;
mod copies;
mod place;
mod processes;
mod programs;
mod server;
mod session;
mod template;

use std::sync::{Arc, OnceLock};
use std::thread;

use tokio::sync::{Mutex, OnceCell, mpsc, oneshot};

use crate::error::{Error, Result};
use crate::plan::Plan;
#[cfg(feature = "neon")]
pub(crate) use place::{base, private};

use branches::{Branches, Held};
use session::Session;

/// A database in use. It is removed in the background when this is dropped, or by another process if
/// this one ends before.
pub(crate) struct Copy {
    name: String,
    session: Arc<Session>,
    commands: mpsc::UnboundedSender<Command>,
}

impl Drop for Copy {
    fn drop(&mut self) {
        let (name, session) = (std::mem::take(&mut self.name), Arc::clone(&self.session));
        // It fails at the end of the process.
        self.commands.send(Command::Release(name, session)).ok();
    }
}

/// A branch in use, which is removed when this is dropped.
pub(crate) struct Branch {
    held: Option<Held>,
    commands: mpsc::UnboundedSender<Command>,
}

impl Drop for Branch {
    fn drop(&mut self) {
        if let Some(held) = self.held.take() {
            // At the end of the process, its guard ends the server.
            self.commands.send(Command::Remove(Box::new(held))).ok();
        }
    }
}

type Reply<T> = oneshot::Sender<Result<(String, T)>>;

enum Command {
    Lease(Plan, Reply<Copy>),
    Release(String, Arc<Session>),
    Branch(Plan, Reply<Branch>),
    Remove(Box<Held>),
}

/// What does the work, in a thread and a runtime of its own: tests have a runtime each, and these end.
struct Service {
    session: Mutex<Option<Arc<Session>>>,
    branches: OnceCell<Branches>,
    commands: mpsc::UnboundedSender<Command>,
}

/// A database as planned, and its connection string.
pub(crate) async fn lease(plan: Plan) -> Result<(String, Copy)> {
    ask(|reply| Command::Lease(plan, reply)).await
}

/// A branch as planned, and its connection string.
pub(crate) async fn branch(plan: Plan) -> Result<(String, Branch)> {
    ask(|reply| Command::Branch(plan, reply)).await
}

async fn ask<T>(command: impl FnOnce(Reply<T>) -> Command) -> Result<(String, T)> {
    static SERVICE: OnceLock<std::io::Result<mpsc::UnboundedSender<Command>>> = OnceLock::new();
    let ended = || Error::Database("the thread for local databases has ended".to_owned());
    let commands = match SERVICE.get_or_init(start) {
        Ok(commands) => commands,
        Err(error) => return Err(Error::Database(format!("cannot start a thread: {error}"))),
    };
    let (reply, leased) = oneshot::channel();
    commands.send(command(reply)).map_err(|_| ended())?;
    leased.await.map_err(|_| ended())?
}

fn start() -> std::io::Result<mpsc::UnboundedSender<Command>> {
    let (commands, mut received) = mpsc::unbounded_channel();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let service = Arc::new(Service {
        session: Mutex::default(),
        branches: OnceCell::new(),
        commands: commands.clone(),
    });
    let thread = thread::Builder::new().name("neon-api-test".to_owned());
    thread.spawn(move || {
        runtime.block_on(async {
            while let Some(command) = received.recv().await {
                let service = Arc::clone(&service);
                tokio::spawn(async move { service.perform(command).await });
            }
        });
    })?;
    Ok(commands)
}

impl Service {
    async fn perform(&self, command: Command) {
        match command {
            Command::Lease(plan, reply) => {
                // A test that was given up is sent to nobody, and dropped.
                reply.send(self.lease(&plan).await).ok();
            }
            // What fails is left to the next sweep.
            Command::Branch(plan, reply) => drop(reply.send(self.branch(&plan).await)),
            Command::Remove(held) => held.remove().await,
            Command::Release(name, session) => drop(copies::release(&session, &name).await),
        }
    }

    async fn lease(&self, plan: &Plan) -> Result<(String, Copy)> {
        let session = self.session().await?;
        let template = format!("neon_test_{}", plan.key()?);
        template::ensure(&session, plan, &template).await?;
        let leased = copies::lease(&session, &template).await?;
        let url = template::url(&session, &leased.name, &leased.name, &leased.password);
        let copy = Copy {
            name: leased.name,
            session: Arc::clone(&session),
            commands: self.commands.clone(),
        };
        tokio::spawn(async move { copies::refill(&session, &template).await });
        Ok((url, copy))
    }

    async fn branch(&self, plan: &Plan) -> Result<(String, Branch)> {
        let branches = self.branches.get_or_try_init(Branches::open).await?;
        let (url, held) = branches.create(plan).await?;
        let (held, commands) = (Some(held), self.commands.clone());
        Ok((url, Branch { held, commands }))
    }

    async fn session(&self) -> Result<Arc<Session>> {
        let mut kept = self.session.lock().await;
        if let Some(session) = kept.as_ref().filter(|session| session.is_open()) {
            return Ok(Arc::clone(session));
        }
        let session = Arc::new(Session::open().await?);
        *kept = Some(Arc::clone(&session));
        let swept = Arc::clone(&session);
        tokio::spawn(async move {
            copies::sweep(&swept).await?;
            template::sweep(&swept).await
        });
        Ok(session)
    }
}
