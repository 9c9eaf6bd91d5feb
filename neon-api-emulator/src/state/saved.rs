//! The state as it is written to a file, and read back.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::account::Account;
use super::projects::Projects;
use super::resources::Resources;
use super::{Settings, State};
use crate::clock::{Clock, Moment};
use crate::faults::Faults;
use crate::ids::Ids;
use crate::rng::Rng;
use std::sync::Arc;

/// Grows with every change of the form after which older files cannot be read.
const VERSION: u32 = 1;

/// A state in a file. What is written is a copy, so that no request waits while it is.
#[derive(Serialize, Deserialize)]
pub(crate) struct Saved {
    version: u32,
    /// The wall clock at moment zero.
    origin: DateTime<Utc>,
    at: Moment,
    ids: Ids,
    latency: Rng,
    account: Account,
    projects: Projects,
    resources: Resources,
}

/// Read first: the rest of another version may not even parse.
#[derive(Deserialize)]
struct Version {
    version: u32,
}

impl Saved {
    /// What is wrong with `bytes`, where they are no saved state.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, String> {
        let Version { version } = serde_json::from_slice(bytes).map_err(|e| wrong(&e))?;
        if version != VERSION {
            return Err(format!(
                "it is of version {version}, and this program reads version {VERSION}"
            ));
        }
        serde_json::from_slice(bytes).map_err(|e| wrong(&e))
    }

    /// `clock` as it goes on from the moment of saving.
    pub(crate) fn clock(&self, clock: Clock) -> Clock {
        clock.resumed(self.origin, self.at)
    }
}

/// Only the place: the message itself may quote a secret.
fn wrong(error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    let kind = match error.classify() {
        serde_json::error::Category::Eof => "it ends too early",
        serde_json::error::Category::Syntax => "it is not JSON",
        _ => "it is not a state of this emulator",
    };
    format!("{kind} (line {line}, column {column})")
}

impl State {
    /// A copy to save.
    pub(crate) fn to_save(&self, now: Moment) -> Saved {
        Saved {
            version: VERSION,
            origin: self.source.clock.origin(),
            at: now,
            ids: self.source.ids.clone(),
            latency: self.source.rng.clone(),
            account: self.account.clone(),
            projects: self.projects.to_save(),
            resources: self.resources.clone(),
        }
    }

    /// A state that was saved. The organizations of `settings` that it does not know are added.
    pub(crate) fn restored(
        saved: Saved,
        settings: Settings,
        clock: Clock,
        faults: Arc<Faults>,
    ) -> Self {
        let (seed, organizations) = (settings.seed, settings.organizations.clone());
        let users = settings.users.clone();
        let mut state = Self::new(settings, clock, faults);
        state.source.ids = saved.ids;
        state.source.rng = saved.latency;
        state.account = saved.account;
        state.account.complete(seed, organizations, &users);
        state.resources = saved.resources;
        state.projects = saved.projects;
        state
    }
}
