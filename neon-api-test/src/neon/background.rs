//! Resets between leases, so that no test waits for them.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use neon_api::Neon;
use tokio::runtime::{Handle, Runtime};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::reset::Resets;
use super::slots::{Slot, Slots};

/// How long those are waited for that are running at the end.
const PATIENCE: Duration = Duration::from_secs(60);

/// Resets the branches that are given back. What it does not complete, since its runtime or the
/// process ends, is completed by the next lease of the branch.
#[derive(Clone)]
pub(super) struct Background {
    pub(super) neon: Neon,
    pub(super) resets: Arc<Resets>,
    pub(super) slots: Slots,
    /// Where it runs, if not where the lease is dropped.
    pub(super) runtime: Option<Handle>,
    pub(super) tasks: Tasks,
}

/// The resets that are running; they end with the pool.
#[derive(Clone, Default)]
pub(super) struct Tasks(Arc<Mutex<JoinSet<()>>>);

impl fmt::Debug for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tasks").finish_non_exhaustive()
    }
}

impl Tasks {
    fn set(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for those that are running, and ends those that take too long: their runtime may be one
    /// that nobody drives.
    pub(super) async fn done(&self) {
        let mut running = std::mem::take(&mut *self.set());
        let all = async { while running.join_next().await.is_some() {} };
        timeout(PATIENCE, all).await.ok();
    }
}

impl Background {
    /// Resets the branch of a slot, which nobody else can have meanwhile.
    pub(super) fn give_back(&self, mut slot: Slot) {
        let Some(runtime) = self.runtime.clone().or_else(|| Handle::try_current().ok()) else {
            return;
        };
        let Self {
            neon,
            resets,
            slots,
            ..
        } = self.clone();
        let mut tasks = self.tasks.set();
        while tasks.try_join_next().is_some() {}
        let reset = async move {
            // What fails is attempted again by the next lease, which reports it.
            resets.reset(&neon, &slots, &mut slot).await.ok();
        };
        tasks.spawn_on(reset, &runtime);
    }
}

/// A runtime that outlives those of the tests.
pub(super) fn runtime() -> Option<Handle> {
    static RUNTIME: OnceLock<Option<Runtime>> = OnceLock::new();
    let start = || {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        runtime.worker_threads(1).thread_name("neon-api-test-pool");
        runtime.enable_all().build().ok()
    };
    let runtime = RUNTIME.get_or_init(start).as_ref()?;
    Some(runtime.handle().clone())
}
