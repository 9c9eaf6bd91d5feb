//! The pollers of all projects that somebody waits on.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use neon_api_raw::ids::ProjectId;

use super::poller::Poller;

/// One poller for each project, as long as somebody holds it.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    projects: Mutex<HashMap<ProjectId, Weak<Poller>>>,
    calls: AtomicU64,
    /// Projects that may have operations running since they were changed.
    changed: Mutex<HashSet<ProjectId>>,
}

impl Waiters {
    /// The number of a call that begins, by which it stands in a queue if it comes to that.
    pub(crate) fn number_call(&self) -> u64 {
        self.calls.fetch_add(1, Ordering::Relaxed)
    }

    /// The poller that all waits on a project share.
    pub(crate) fn poller(&self, project: &ProjectId) -> Arc<Poller> {
        let mut projects = self.projects.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(poller) = projects.get(project).and_then(Weak::upgrade) {
            return poller;
        }
        projects.retain(|_, poller| poller.strong_count() > 0);
        let poller = Arc::new(Poller::new(project.clone()));
        projects.insert(project.clone(), Arc::downgrade(&poller));
        poller
    }

    /// Whether changes of a project stand in its queue.
    pub(crate) fn has_queue(&self, project: &ProjectId) -> bool {
        let projects = self.projects.lock().unwrap_or_else(PoisonError::into_inner);
        projects
            .get(project)
            .and_then(Weak::upgrade)
            .is_some_and(|poller| poller.has_queue())
    }

    /// Operations may be started in a project; whether that is news.
    pub(crate) fn note_change(&self, project: ProjectId) -> bool {
        self.changed().insert(project)
    }

    /// A project's operations have ended.
    pub(crate) fn note_idle(&self, project: &ProjectId) {
        self.changed().remove(project);
    }

    /// Whether a project was changed since its operations were last seen to have ended.
    pub(crate) fn was_changed(&self, project: &ProjectId) -> bool {
        self.changed().contains(project)
    }

    fn changed(&self) -> MutexGuard<'_, HashSet<ProjectId>> {
        self.changed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
