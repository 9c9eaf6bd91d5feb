//! What a job saves, and is resumed from.

use std::collections::BTreeMap;

use neon_api_raw::ids::OrgId;
use serde::{Deserialize, Serialize};

/// The form of states that this version writes and reads.
pub(super) const VERSION: u32 = 1;

/// How far a job has come: what its [checkpoint](super::Job::checkpoint) saves and
/// [`resume`](super::Job::resume) continues. It contains names and IDs of what was begun and what is
/// done, and no secrets; what is not in it was not begun.
///
/// ```no_run
/// # async fn run(fleet: neon_api::fleet::Fleet, tenants: Vec<neon_api::projects::CreateProject>) -> Result<(), Box<dyn std::error::Error>> {
/// use neon_api::workflows::FileCheckpoint;
///
/// let file = FileCheckpoint::new("tenants.json");
/// let report = fleet
///     .provision(tenants)
///     .maybe_resume(file.load()?)
///     .checkpoint(file.clone())
///     .await?;
/// report.check()?;
/// file.remove()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct FleetState<T> {
    pub(super) version: u32,
    pub(super) job: String,
    pub(super) org: Option<OrgId>,
    pub(super) items: BTreeMap<String, ItemState<T>>,
}

/// What was done with an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(super) enum ItemState<T> {
    /// It may have been begun.
    Begun,
    /// It is done.
    Done(T),
}

impl<T> FleetState<T> {
    /// The state of a job that has not begun.
    pub(super) fn new(job: &str, org: Option<OrgId>) -> Self {
        Self {
            version: VERSION,
            job: job.to_owned(),
            org,
            items: BTreeMap::new(),
        }
    }

    /// How many items are done.
    pub fn done(&self) -> usize {
        let states = self.items.values();
        states
            .filter(|state| matches!(state, ItemState::Done(_)))
            .count()
    }

    /// How many items may have been begun, and are not known to be done.
    pub fn begun(&self) -> usize {
        self.items.len() - self.done()
    }

    /// What is wrong with it for a job, if anything.
    pub(super) fn fault(&self, job: &str, org: Option<&OrgId>) -> Option<&'static str> {
        if self.version != VERSION {
            Some("it was written by another version of this crate")
        } else if self.job != job {
            Some("it is of another job")
        } else if self.org.as_ref() != org {
            Some("it is of another organization")
        } else {
            None
        }
    }
}
