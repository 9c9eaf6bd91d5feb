//! Many projects by one request.

use std::collections::{HashMap, HashSet};
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use neon_api_raw::ids::ProjectId;
use neon_api_raw::types::ProjectsWithIntegrationResponse;
use tokio::sync::oneshot;
use tokio::task::yield_now;

use super::{BATCH, Transfer};
use crate::Result;
use crate::error::Error;
use crate::fleet::failure::Failure;
use crate::fleet::job::sealed::Base;

/// How often a request is sent at most, if it is unknown whether it took effect or if parts of it were
/// refused.
const ATTEMPTS: u32 = 5;

/// A project that waits to be moved, and where its outcome is awaited.
type Waiting = (ProjectId, oneshot::Sender<Result<(), Failure>>);

/// Projects that wait to be moved, each with who waits for it. One of these sends the request for all.
#[derive(Debug, Default)]
pub(super) struct Batches {
    waiting: Mutex<Vec<Waiting>>,
    /// Who sends. All are futures of one job, which polls them all.
    sends: tokio::sync::Mutex<()>,
}

impl Transfer {
    /// Moves a project, by a request for all that are to be moved at this time.
    pub(super) async fn in_batch(&self, base: &Base, project: ProjectId) -> Result<(), Failure> {
        let (sender, mut outcome) = oneshot::channel();
        self.batches.add(project, sender);
        loop {
            let _turn = tokio::select! {
                biased;
                outcome = &mut outcome => {
                    let lost = || Error::NotInResponse("the request for the project was dropped").into();
                    return outcome.unwrap_or_else(|_| Err(lost()));
                }
                turn = self.batches.sends.lock() => turn,
            };
            // The others of this moment come along.
            yield_now().await;
            let mut waiting: HashMap<_, _> = self.batches.take().into_iter().collect();
            let projects = waiting.keys().cloned().collect();
            for (project, outcome) in self.send(base, projects).await {
                if let Some(sender) = waiting.remove(&project) {
                    // Who waited may have been dropped.
                    let _ = sender.send(outcome);
                }
            }
        }
    }

    /// Moves projects, and returns the outcome of each.
    async fn send(
        &self,
        base: &Base,
        mut projects: Vec<ProjectId>,
    ) -> Vec<(ProjectId, Result<(), Failure>)> {
        let mut outcomes = Vec::new();
        let mut last = None;
        for _ in 0..ATTEMPTS {
            let (Some(from), false) = (&base.org, projects.is_empty()) else {
                return outcomes;
            };
            let call = base.neon.org(from).transfer_projects(&self.to, &projects);
            let error = match call.await {
                Ok(()) => {
                    outcomes.extend(projects.into_iter().map(|project| (project, Ok(()))));
                    return outcomes;
                }
                Err(error) => error,
            };
            let is_lost = error.outcome_unknown();
            let mut refused: HashSet<ProjectId> = HashSet::new();
            let before = projects.len();
            if is_lost || error.is_not_found() {
                let [here, there] = match self.places(base).await {
                    Ok(places) => places,
                    Err(error) => {
                        last = Some(Failure::from(error));
                        break;
                    }
                };
                let moved = projects.extract_if(.., |project| there.contains(project));
                outcomes.extend(moved.map(|project| (project, Ok(()))));
                let is_nowhere = |project: &&ProjectId| !here.contains(*project);
                refused.extend(projects.iter().filter(is_nowhere).cloned());
            }
            if self.skip_refused {
                refused.extend(named(&error));
            }
            let failure = Failure::from(error);
            for project in projects.extract_if(.., |project| refused.contains(project)) {
                outcomes.push((project, Err(failure.clone())));
            }
            last = Some(failure);
            if !is_lost && projects.len() == before {
                break;
            }
        }
        if let Some(failure) = last {
            let failed = projects
                .into_iter()
                .map(|project| (project, Err(failure.clone())));
            outcomes.extend(failed);
        }
        outcomes
    }
}

/// The projects that a response refuses by name.
fn named(error: &Error) -> Vec<ProjectId> {
    let Error::Api(response) = error else {
        return Vec::new();
    };
    let refused = response.decode::<ProjectsWithIntegrationResponse>();
    let projects = refused.into_iter().flat_map(|refused| refused.projects);
    projects.map(|project| project.id).collect()
}

impl Batches {
    fn add(&self, project: ProjectId, sender: oneshot::Sender<Result<(), Failure>>) {
        self.waiting().push((project, sender));
    }

    /// Takes as many as one request may name.
    fn take(&self) -> Vec<Waiting> {
        let mut waiting = self.waiting();
        let count = waiting.len().min(BATCH);
        let more = waiting.split_off(count);
        mem::replace(&mut *waiting, more)
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
