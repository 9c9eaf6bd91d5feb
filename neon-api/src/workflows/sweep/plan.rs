//! What a sweep is going to do, and what it has done.

use std::collections::{BTreeMap, BTreeSet};

use neon_api_raw::ids::{BranchId, ProjectId};
use serde::{Deserialize, Serialize};

use super::criteria::Criteria;
use crate::resources::branches::AnnotatedBranch;

/// The form of plans that this version writes and reads.
pub(super) const VERSION: u32 = 1;

/// What a sweep is going to do: all branches of the project, or of the subtree, and the fate of each.
///
/// It can be printed as a tree, kept as JSON, and run later or in another process
/// ([`ProjectHandle::run_sweep`](crate::projects::ProjectHandle::run_sweep)), which checks each branch
/// again. A plan that was run partly continues where it was.
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// let plan = project.sweep().owner("ci").plan().await?;
/// println!("{plan}");
/// if plan.to_delete().count() < 10 {
///     println!("{}", project.run_sweep(plan).await?);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct SweepPlan {
    pub(super) version: u32,
    pub(super) project: ProjectId,
    pub(super) criteria: Criteria,
    /// Parents before their children.
    pub(super) branches: Vec<PlannedBranch>,
}

/// A branch of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct PlannedBranch {
    /// Its ID.
    pub id: BranchId,
    /// Its name.
    pub name: String,
    /// Its parent, if it has one.
    pub parent: Option<BranchId>,
    /// What is done with it.
    pub fate: Fate,
}

/// What a sweep does with a branch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fate {
    /// It is to be deleted.
    Delete,
    /// Its deletion was begun, and it is not known yet how it ended.
    Deleting,
    /// It was deleted.
    Deleted,
    /// It stays.
    Kept(KeepReason),
}

/// Why a branch stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum KeepReason {
    /// It is not one that the sweep is for.
    Unmatched,
    /// It is the project's default branch.
    Default,
    /// It is protected.
    Protected,
    /// This child of it stays.
    HasChild(BranchId),
    /// This branch of the subtree cannot be deleted, so that none of it is.
    PartOf(BranchId),
    /// It was changed since the plan was made, or used again, and is not one that the sweep is for
    /// any more.
    Changed,
    /// It was gone already.
    Gone,
    /// The API refused, with this error.
    Refused(String),
    /// The deletion failed, with this error.
    Failed(String),
}

impl SweepPlan {
    /// The project.
    pub fn project_id(&self) -> &ProjectId {
        &self.project
    }

    /// The branches, parents before their children.
    pub fn branches(&self) -> &[PlannedBranch] {
        &self.branches
    }

    /// The branches that are to be deleted, in that order: children before their parents.
    pub fn to_delete(&self) -> impl Iterator<Item = &PlannedBranch> {
        let open = |branch: &&PlannedBranch| matches!(branch.fate, Fate::Delete | Fate::Deleting);
        self.branches.iter().rev().filter(open)
    }

    /// The plan for these branches; `matches` is whether one is old and idle enough.
    pub(super) fn new(
        project: ProjectId,
        criteria: Criteria,
        all: &[AnnotatedBranch],
        matches: impl Fn(&AnnotatedBranch) -> bool,
    ) -> Self {
        let mut plan = Self {
            version: VERSION,
            project,
            branches: Vec::new(),
            criteria,
        };
        for branch in in_order(all, plan.criteria.subtree.as_ref()) {
            let fate = if branch.default {
                Fate::Kept(KeepReason::Default)
            } else if branch.protected {
                Fate::Kept(KeepReason::Protected)
            } else if plan.criteria.subtree.is_some() || matches(branch) {
                Fate::Delete
            } else {
                Fate::Kept(KeepReason::Unmatched)
            };
            plan.branches.push(PlannedBranch {
                id: branch.id.clone(),
                name: branch.name.clone(),
                parent: branch.parent_id.clone(),
                fate,
            });
        }
        plan.keep_whole_subtrees();
        plan.keep_parents();
        plan
    }

    /// Deletes a subtree as a whole, or not at all.
    fn keep_whole_subtrees(&mut self) {
        if self.criteria.subtree.is_none() {
            return;
        }
        let is_kept = |branch: &&PlannedBranch| matches!(branch.fate, Fate::Kept(_));
        let Some(kept) = self
            .branches
            .iter()
            .find(is_kept)
            .map(|kept| kept.id.clone())
        else {
            return;
        };
        for branch in &mut self.branches {
            if branch.fate == Fate::Delete {
                branch.fate = Fate::Kept(KeepReason::PartOf(kept.clone()));
            }
        }
    }

    /// Keeps each branch of which a child stays.
    pub(super) fn keep_parents(&mut self) {
        let mut kept_child: BTreeMap<BranchId, BranchId> = BTreeMap::new();
        for branch in self.branches.iter_mut().rev() {
            if branch.fate == Fate::Delete
                && let Some(child) = kept_child.get(&branch.id)
            {
                branch.fate = Fate::Kept(KeepReason::HasChild(child.clone()));
            }
            let is_gone = matches!(
                branch.fate,
                Fate::Delete | Fate::Deleting | Fate::Deleted | Fate::Kept(KeepReason::Gone)
            );
            if let Some(parent) = branch.parent.as_ref().filter(|_| !is_gone) {
                kept_child.insert(parent.clone(), branch.id.clone());
            }
        }
    }

    pub(super) fn fate_mut(&mut self, id: &BranchId) -> Option<&mut Fate> {
        let found = self.branches.iter_mut().find(|branch| branch.id == *id);
        found.map(|branch| &mut branch.fate)
    }
}

/// The branches below a root, or all, parents before their children. A branch whose parent is not
/// among them is a root.
fn in_order<'a>(all: &'a [AnnotatedBranch], root: Option<&BranchId>) -> Vec<&'a AnnotatedBranch> {
    let known: BTreeSet<&BranchId> = all.iter().map(|branch| &branch.id).collect();
    let mut children: BTreeMap<&BranchId, Vec<&AnnotatedBranch>> = BTreeMap::new();
    let mut next = Vec::new();
    for branch in all {
        match branch
            .parent_id
            .as_ref()
            .filter(|parent| known.contains(parent))
        {
            Some(parent) => children.entry(parent).or_default().push(branch),
            None if root.is_none() => next.push(branch),
            None => {}
        }
    }
    if let Some(root) = root {
        next.extend(all.iter().filter(|branch| branch.id == *root));
    }
    let by_name = |list: &mut Vec<&AnnotatedBranch>| list.sort_by(|a, b| b.name.cmp(&a.name));
    by_name(&mut next);
    let mut ordered = Vec::new();
    while let Some(branch) = next.pop() {
        ordered.push(branch);
        // Each branch has one parent, so that it comes once, whatever the server says.
        if let Some(mut below) = children.remove(&branch.id) {
            by_name(&mut below);
            next.extend(below);
        }
    }
    ordered
}
