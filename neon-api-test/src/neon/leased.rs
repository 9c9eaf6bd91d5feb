//! A branch in use.

use std::fmt;

use super::background::Background;
use super::slots::Slot;

/// A branch of a pool that no other test uses until this is dropped, and it was reset.
#[must_use = "another test may use the branch once this is dropped"]
pub struct LeasedBranch {
    pub(super) project: String,
    pub(super) branch: String,
    pub(super) url: String,
    pub(super) slot: Option<Slot>,
    pub(super) background: Background,
}

impl Drop for LeasedBranch {
    fn drop(&mut self) {
        if let Some(slot) = self.slot.take() {
            self.background.give_back(slot);
        }
    }
}

impl LeasedBranch {
    /// The project's ID.
    pub fn project_id(&self) -> &str {
        &self.project
    }

    /// The branch's ID.
    pub fn id(&self) -> &str {
        &self.branch
    }

    /// The connection string, with the password, of the branch's first database.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl fmt::Debug for LeasedBranch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LeasedBranch")
            .field("project", &self.project)
            .field("branch", &self.branch)
            .finish_non_exhaustive()
    }
}
