//! Does the tasks of the state, each after those before it that concern the same branch.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use super::Log;
use super::error::{PostgresError, Result};
use super::files;
use super::store::Store;
use super::template::blocking;
use crate::emulator::Emulator;
use crate::state::backing::{Backing, Job, Origin, Task};

/// How often it is checked what time has brought about.
const TICK: Duration = Duration::from_millis(500);

/// What the state hands its tasks to.
#[derive(Debug)]
pub(super) struct Handle {
    pub(super) jobs: mpsc::UnboundedSender<Job>,
    pub(super) address: SocketAddr,
    pub(super) version: i64,
}

impl Backing for Handle {
    fn submit(&self, job: Job) {
        // It fails once the run has ended, and its state with it.
        self.jobs.send(job).ok();
    }

    fn address(&self) -> SocketAddr {
        self.address
    }

    fn version(&self) -> i64 {
        self.version
    }
}

pub(super) struct Driver {
    pub(super) emulator: Emulator,
    pub(super) store: Arc<Store>,
    pub(super) log: Log,
    jobs: mpsc::UnboundedSender<Job>,
    /// By branch, endpoint and snapshot: closed when the last task that concerns it is done.
    last: Mutex<HashMap<String, watch::Receiver<()>>>,
    /// Whether sizes are being measured, which may take longer than a tick.
    measuring: AtomicBool,
    /// Changes with every task that is done.
    pub(super) progress: watch::Sender<u64>,
}

impl Driver {
    pub(super) fn new(
        emulator: Emulator,
        store: Arc<Store>,
        jobs: mpsc::UnboundedSender<Job>,
        log: Log,
    ) -> Self {
        Self {
            emulator,
            store,
            log,
            jobs,
            last: Mutex::default(),
            measuring: AtomicBool::new(false),
            progress: watch::Sender::new(0),
        }
    }

    /// A task that the state knows nothing of.
    pub(super) fn submit(&self, job: Job) {
        self.jobs.send(job).ok();
    }

    /// Runs until it is dropped, and its tasks with it.
    pub(super) async fn run(self: Arc<Self>, mut jobs: mpsc::UnboundedReceiver<Job>) {
        let mut tasks = JoinSet::new();
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                job = jobs.recv() => match job {
                    Some(job) => self.dispatch(job, &mut tasks),
                    None => return,
                },
                _ = ticks.tick() => self.tick(&mut tasks),
                Some(_) = tasks.join_next() => {}
            }
        }
    }

    fn dispatch(self: &Arc<Self>, job: Job, tasks: &mut JoinSet<()>) {
        let (done, last) = watch::channel(());
        let before: Vec<_> = {
            let mut all = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            let keys = concerned(&job).into_iter();
            keys.filter_map(|key| all.insert(key, last.clone()))
                .collect()
        };
        let driver = Arc::clone(self);
        tasks.spawn(async move {
            for mut other in before {
                // An error: its task is done.
                while other.changed().await.is_ok() {}
            }
            driver.perform(job).await;
            drop(done);
            driver
                .progress
                .send_modify(|count| *count = count.wrapping_add(1));
        });
    }

    async fn perform(&self, job: Job) {
        let now = || self.emulator.now();
        if let Some(id) = &job.operation {
            self.emulator.lock_state().begin_operation(id, now());
        }
        let failure = self.work(&job).await.err().map(|error| error.to_string());
        if let Some(why) = &failure {
            let what = job
                .operation
                .as_deref()
                .unwrap_or("a task without an operation");
            let of = job.branch.as_deref().unwrap_or_default();
            (self.log)(&format!("{what} on {of} failed: {why}"));
        }
        if let Some(id) = &job.operation {
            let mut state = self.emulator.lock_state();
            state.conclude_operation(id, failure, now());
        }
        self.emulator.changed();
    }

    async fn work(&self, job: &Job) -> Result<()> {
        let branch = || {
            let branch = job.branch.as_deref();
            branch.ok_or_else(|| PostgresError::Failed("no branch was named".to_owned()))
        };
        match &job.task {
            Task::Nothing => {}
            Task::Fill { origin, changes } => {
                let id = branch()?;
                let size = self.store.fill(id, origin, changes.clone()).await?;
                self.emulator.lock_state().measured(id, size);
            }
            Task::Keep(id) => self.store.keep(branch()?, id).await?,
            Task::Delete => self.store.delete(branch()?).await?,
            Task::Apply(changes) => self.store.apply(branch()?, changes.clone()).await?,
            Task::Start => {
                let endpoint = job.endpoint.as_deref().unwrap_or_default();
                let parameters = self.emulator.lock_state().parameters_of(endpoint);
                self.store.start(branch()?, endpoint, &parameters).await?;
            }
            Task::Configure => {
                let endpoint = job.endpoint.as_deref().unwrap_or_default();
                let parameters = self.emulator.lock_state().parameters_of(endpoint);
                self.store.configure(branch()?, &parameters).await?;
            }
            Task::Describe { database, to } => {
                let read = self.store.describe(branch()?, database).await;
                // It fails if nobody waits any more.
                to.send(read.map_err(|error| error.to_string())).ok();
            }
            Task::Suspend => {
                let endpoint = job.endpoint.as_deref().unwrap_or_default();
                if let Some((id, data)) = self.store.suspend(endpoint).await? {
                    self.measure(&id, data).await?;
                }
            }
        }
        Ok(())
    }

    async fn measure(&self, id: &str, data: std::path::PathBuf) -> Result<()> {
        let size = blocking(move || Ok(files::size(&data))).await?;
        self.emulator.lock_state().measured(id, size);
        Ok(())
    }

    fn tick(self: &Arc<Self>, tasks: &mut JoinSet<()>) {
        let now = self.emulator.now();
        let unknown: Vec<String> = {
            let mut state = self.emulator.lock_state();
            state.settle_all(now);
            let ids = self.store.ids().into_iter();
            ids.filter(|id| !state.knows_data(id)).collect()
        };
        let idle: Vec<String> = {
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            last.retain(|_, done| done.has_changed().is_ok());
            unknown
                .into_iter()
                .filter(|id| !last.contains_key(id))
                .collect()
        };
        for id in idle {
            let job = Job {
                operation: None,
                branch: Some(id),
                endpoint: None,
                task: Task::Delete,
            };
            self.dispatch(job, tasks);
        }
        if !self.measuring.swap(true, Ordering::Relaxed) {
            let driver = Arc::clone(self);
            tasks.spawn(async move {
                for (id, data) in driver.store.in_use() {
                    driver.measure(&id, data).await.ok();
                }
                driver.measuring.store(false, Ordering::Relaxed);
            });
        }
    }
}

fn concerned(job: &Job) -> Vec<String> {
    let named = [&job.branch, &job.endpoint].into_iter().flatten().cloned();
    let mut all: Vec<String> = named.collect();
    match &job.task {
        Task::Fill { origin, .. } => match origin {
            Origin::Branch(id) | Origin::SchemaOf(id) | Origin::Snapshot(id) => {
                all.push(id.clone());
            }
            Origin::Nothing => {}
        },
        Task::Keep(id) => all.push(id.clone()),
        _ => {}
    }
    all.sort();
    all.dedup();
    all
}
