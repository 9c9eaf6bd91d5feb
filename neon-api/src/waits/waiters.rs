//! The pollers of all projects with waits.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use neon_api_raw::ids::ProjectId;
use tokio::time::Instant;

use super::poller::Poller;
use crate::neon::Neon;

/// How long a change is remembered. Operations that run longer lock out the next change as if it
/// were not remembered: it is rejected once and waits.
const CHANGES_KEPT: Duration = Duration::from_secs(300);
/// How many projects are kept before unneeded ones are removed.
const KEPT_AT_LEAST: usize = 64;

/// One poller for each project, as long as it is in use.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    projects: Mutex<ByProject<Weak<Poller>>>,
    calls: AtomicU64,
    /// When projects were changed that may have operations running since.
    changed: Mutex<ByProject<Instant>>,
}

impl Waiters {
    /// The number of a call that begins, which orders it in queues.
    pub(crate) fn number_call(&self) -> u64 {
        self.calls.fetch_add(1, Ordering::Relaxed)
    }

    /// The poller that all waits on a project share.
    pub(crate) fn poller(&self, project: &ProjectId) -> Arc<Poller> {
        let mut projects = locked(&self.projects);
        if let Some(poller) = projects.map.get(project).and_then(Weak::upgrade) {
            return poller;
        }
        let poller = Arc::new(Poller::new(project.clone()));
        let held = Arc::downgrade(&poller);
        projects.insert(project.clone(), held, |poller| poller.strong_count() > 0);
        poller
    }

    /// Whether changes of a project are in its queue.
    pub(crate) fn has_queue(&self, project: &ProjectId) -> bool {
        let poller = locked(&self.projects)
            .map
            .get(project)
            .and_then(Weak::upgrade);
        poller.is_some_and(|poller| poller.has_queue())
    }

    /// Operations may be started in a project; returns whether that was not recorded yet.
    pub(crate) fn note_change(&self, project: ProjectId) -> bool {
        let now = Instant::now();
        let is_young = |at: &Instant| now.saturating_duration_since(*at) < CHANGES_KEPT;
        locked(&self.changed).insert(project, now, is_young)
    }

    /// A project's operations have ended.
    pub(crate) fn note_idle(&self, project: &ProjectId) {
        locked(&self.changed).map.remove(project);
    }

    /// Whether a project was changed since its operations were last seen to have ended.
    pub(crate) fn was_changed(&self, project: &ProjectId) -> bool {
        locked(&self.changed).map.contains_key(project)
    }
}

/// A value for each of some projects. Unneeded ones are removed whenever their number has doubled,
/// which amortizes the cost.
#[derive(Debug)]
struct ByProject<T> {
    map: HashMap<ProjectId, T>,
    sifts_at: usize,
}

impl<T> Default for ByProject<T> {
    fn default() -> Self {
        Self {
            map: HashMap::new(),
            sifts_at: KEPT_AT_LEAST,
        }
    }
}

impl<T> ByProject<T> {
    /// Whether the project had none.
    fn insert(&mut self, project: ProjectId, value: T, is_of_use: impl Fn(&T) -> bool) -> bool {
        if self.map.len() >= self.sifts_at {
            self.map.retain(|_, value| is_of_use(value));
            self.sifts_at = (2 * self.map.len()).max(KEPT_AT_LEAST);
        }
        self.map.insert(project, value).is_none()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Neon {
    pub(super) fn waiters(&self) -> &Waiters {
        self.engine().waiters()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(number: usize) -> ProjectId {
        ProjectId::new(format!("late-frost-{number}")).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn changes_of_long_ago_are_forgotten() {
        let waiters = Waiters::default();
        for number in 0..10_000 {
            waiters.note_change(project(number));
            tokio::time::advance(Duration::from_secs(1)).await;
            assert!(waiters.was_changed(&project(number)));
            assert!(waiters.was_changed(&project(number.saturating_sub(200))));
        }
        let kept = locked(&waiters.changed).map.len();
        assert!(kept <= 2 * 300 + 1, "{kept}");
        waiters.note_idle(&project(9_999));
        assert!(!waiters.was_changed(&project(9_999)));
    }

    #[tokio::test(start_paused = true)]
    async fn pollers_that_nobody_holds_are_forgotten() {
        let waiters = Waiters::default();
        let held = waiters.poller(&project(0));
        for number in 1..10_000 {
            waiters.poller(&project(number));
        }
        let kept = locked(&waiters.projects).map.len();
        assert!(kept <= KEPT_AT_LEAST, "{kept}");
        assert!(Arc::ptr_eq(&held, &waiters.poller(&project(0))));
    }
}
