//! What the emulator remembers.

pub(crate) mod account;
#[cfg_attr(
    not(feature = "postgres"),
    expect(dead_code, reason = "only real databases do the work")
)]
pub(crate) mod backing;
pub(crate) mod branch;
pub(crate) mod branches;
#[cfg_attr(
    not(feature = "postgres"),
    expect(dead_code, reason = "only real databases do the work")
)]
pub(crate) mod concluded;
pub(crate) mod database;
pub(crate) mod endpoint;
mod endpoints;
mod indexed;
pub(crate) mod keys;
pub(crate) mod limits;
pub(crate) mod operation;
pub(crate) mod project;
pub(crate) mod projects;
mod recent;
pub(crate) mod region;
pub(crate) mod resources;
pub(crate) mod role;
pub(crate) mod saved;
pub(crate) mod schedule;
pub(crate) mod sharing;
pub(crate) mod snapshot;
mod timeline;
pub(crate) mod usage;

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::clock::{Clock, Moment, millis};
use crate::error::ApiError;
use crate::faults::{Ending, Faults};
use crate::ids::Ids;
use crate::rng::Rng;
use account::{Account, Organization, OtherUser};
use backing::{Backing, Job, Task};
use limits::Limits;
use project::Project;
use projects::Projects;
pub(crate) use recent::Recent;
use resources::Resources;

/// How many deleted things of one kind are remembered.
pub(crate) const DELETED: usize = 1_000;

/// How the state behaves; fixed when the emulator is built.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) seed: u64,
    pub(crate) latency: RangeInclusive<Duration>,
    pub(crate) conflicts: bool,
    pub(crate) organizations: Vec<Organization>,
    pub(crate) users: Vec<OtherUser>,
    pub(crate) limits: Limits,
    pub(crate) org_id_required: bool,
    /// `None` where no databases are behind the branches.
    pub(crate) backing: Option<Arc<dyn Backing>>,
    /// How many finished operations a project keeps.
    pub(crate) keep_operations: usize,
}

/// What new things are made from.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) ids: Ids,
    pub(crate) clock: Clock,
    pub(crate) conflicts: bool,
    pub(crate) limits: Limits,
    pub(crate) org_id_required: bool,
    keep_operations: usize,
    latency: RangeInclusive<Duration>,
    rng: Rng,
    faults: Arc<Faults>,
    /// What is seeded is there at once, whatever latencies and faults there are.
    pub(crate) seeding: bool,
    backing: Option<Arc<dyn Backing>>,
    /// What the next operation does.
    task: Option<Task>,
}

impl Source {
    /// How long the next operation takes.
    fn latency(&mut self) -> Duration {
        if self.seeding {
            return Duration::ZERO;
        }
        self.rng.within(&self.latency)
    }

    /// How the next operation ends.
    fn ending(&self, action: &str) -> Ending {
        if self.seeding {
            return Ending::Finished;
        }
        self.faults.meet_operation(action)
    }

    /// What the next operation does; `None` where nothing is behind the state.
    fn task_of(&mut self, action: &str) -> Option<Task> {
        self.backing.as_ref()?;
        Some(self.task.take().unwrap_or_else(|| Task::of(action)))
    }

    fn submit(&self, job: Job) {
        if let Some(backing) = &self.backing {
            backing.submit(job);
        }
    }

    /// When the wall clock shows `wall`; the beginning for what was before it.
    pub(crate) fn moment(&self, wall: DateTime<Utc>) -> Moment {
        let since = wall.signed_duration_since(self.clock.wall(Moment::ZERO));
        since.to_std().unwrap_or(Moment::ZERO)
    }

    /// The calendar month of `now`, from when the account exists, as the API writes times.
    pub(crate) fn billing_period(&self, now: Moment) -> (String, String) {
        let text = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        let today = self.clock.wall(now).date_naive();
        let month = today.with_day(1).unwrap_or(today);
        let next = month.checked_add_months(Months::new(1)).unwrap_or(month);
        let begins = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
        let account = self.clock.wall(Moment::ZERO);
        (text(begins(month).max(account)), text(begins(next)))
    }

    /// The settings that explain how it behaves.
    pub(crate) fn shown(&self) -> Value {
        let latency = [*self.latency.start(), *self.latency.end()].map(millis);
        json!({
            "operation_latency_ms": latency,
            "conflicts": self.conflicts,
            "org_id_required": self.org_id_required,
            "postgres": self.backing.is_some(),
            "plan_limits": self.limits.shown(),
        })
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
    pub(crate) resources: Resources,
}

impl State {
    pub(crate) fn new(settings: Settings, clock: Clock, faults: Arc<Faults>) -> Self {
        Self {
            source: Source {
                ids: Ids::new(settings.seed),
                clock,
                conflicts: settings.conflicts,
                limits: settings.limits,
                org_id_required: settings.org_id_required,
                keep_operations: settings.keep_operations,
                latency: settings.latency,
                rng: Rng::for_purpose(settings.seed, "latency"),
                faults,
                seeding: false,
                backing: settings.backing,
                task: None,
            },
            account: Account::new(settings.seed, settings.organizations, &settings.users),
            projects: Projects::default(),
            resources: Resources::default(),
        }
    }

    /// Deletes a project, and forgets what was deleted too long ago, or too much of it.
    pub(crate) fn delete_project(&mut self, id: &str, now: Moment) {
        for forgotten in self.projects.delete(id, now) {
            self.resources.forget(&forgotten, None);
        }
    }

    /// Makes a user a member of the organizations that invited them; returns of how many.
    pub(crate) fn accept_invitations(&mut self, email: &str, now: Moment) -> usize {
        self.account
            .accept_invitations(email, &mut self.source, now)
    }

    /// A project as it is now, and what new things are made from.
    pub(crate) fn project(
        &mut self,
        id: &str,
        now: Moment,
    ) -> Result<(&mut Project, &mut Source), ApiError> {
        let missing = || ApiError::not_found("project");
        let project = self.projects.get_mut(id).ok_or_else(missing)?;
        project.settle(&mut self.source, now);
        for branch in project.take_forgotten() {
            self.resources.forget(id, Some(&branch));
        }
        Ok((project, &mut self.source))
    }
}
