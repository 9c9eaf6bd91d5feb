//! What the emulator remembers.

pub(crate) mod account;
pub(crate) mod branch;
pub(crate) mod database;
pub(crate) mod endpoint;
pub(crate) mod operation;
pub(crate) mod project;
pub(crate) mod region;
pub(crate) mod role;
mod timeline;

use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::{Clock, Moment};
use crate::error::ApiError;
use crate::faults::Faults;
use crate::ids::Ids;
use crate::rng::Rng;
use account::{Account, Organization};
use project::Project;

/// How the state behaves; fixed when the emulator is built.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) seed: u64,
    pub(crate) latency: RangeInclusive<Duration>,
    pub(crate) conflicts: bool,
    pub(crate) organizations: Vec<Organization>,
}

/// What new things are made from.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) ids: Ids,
    pub(crate) clock: Clock,
    pub(crate) conflicts: bool,
    latency: RangeInclusive<Duration>,
    rng: Rng,
    faults: Arc<Faults>,
}

impl Source {
    /// How long the next operation takes.
    fn latency(&mut self) -> Duration {
        let nanos = |duration: &Duration| i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX);
        let (low, high) = (nanos(self.latency.start()), nanos(self.latency.end()));
        Duration::from_nanos(self.rng.between(low, high).unsigned_abs())
    }

    fn failure(&self, action: &str) -> Option<String> {
        self.faults.meet_operation(action)
    }

    /// The wall clock, as the API writes it.
    pub(crate) fn text(&self, moment: Moment) -> String {
        self.clock.text(moment)
    }
}

/// Everything that requests change.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) source: Source,
    pub(crate) account: Account,
    pub(crate) projects: Projects,
}

impl State {
    pub(crate) fn new(settings: Settings, clock: Clock, faults: Arc<Faults>) -> Self {
        Self {
            source: Source {
                ids: Ids::new(settings.seed),
                clock,
                conflicts: settings.conflicts,
                latency: settings.latency,
                rng: Rng::for_purpose(settings.seed, "latency"),
                faults,
            },
            account: Account::new(settings.seed, settings.organizations),
            projects: Projects::default(),
        }
    }

    /// A project as it is now, and what new things are made from.
    pub(crate) fn project(
        &mut self,
        id: &str,
        now: Moment,
    ) -> Result<(&mut Project, &mut Source), ApiError> {
        let missing = || ApiError::not_found("project");
        let project = self.projects.get_mut(id).ok_or_else(missing)?;
        project.expire(&self.source.clock, now);
        Ok((project, &mut self.source))
    }
}

/// Projects in the order of their creation.
#[derive(Debug, Default)]
pub(crate) struct Projects {
    by_number: BTreeMap<u64, Project>,
    /// Deleted ones stay here, so that a walk whose cursor was deleted goes on.
    numbers: HashMap<String, u64>,
    next: u64,
}

impl Projects {
    pub(crate) fn insert(&mut self, project: Project) {
        self.numbers.insert(project.id.clone(), self.next);
        self.by_number.insert(self.next, project);
        self.next += 1;
    }

    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut Project> {
        self.by_number.get_mut(self.numbers.get(id)?)
    }

    pub(crate) fn remove(&mut self, id: &str) -> Option<Project> {
        self.by_number.remove(self.numbers.get(id)?)
    }

    /// The newest first, from behind the project that `cursor` names, which need not exist any
    /// more. `None` for a cursor that was never given out.
    pub(crate) fn after(&self, cursor: Option<&str>) -> Option<impl Iterator<Item = &Project>> {
        let end = match cursor {
            Some(id) => *self.numbers.get(id)?,
            None => u64::MAX,
        };
        Some(
            self.by_number
                .range(..end)
                .rev()
                .map(|(_, project)| project),
        )
    }
}
