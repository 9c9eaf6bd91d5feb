//! What a step is going to do, and what it has done.

use std::fmt;

use chrono::{DateTime, Utc};
use neon_api_raw::error::OneLine;
use neon_api_raw::ids::{BranchId, ProjectId, SnapshotId};
use neon_api_raw::types::Snapshot;
use serde::{Deserialize, Serialize};

use super::rule::SnapshotRule;

/// The form of plans that this version writes and reads.
pub(super) const VERSION: u32 = 1;

/// What a [step](super::SnapshotStep) is going to do, in order: at most one snapshot is taken, and
/// expired ones are deleted. It can be printed, kept as JSON, and
/// [run](crate::branches::BranchHandle::run_snapshot_plan) later.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle, rule: neon_api::fleet::snapshots::SnapshotRule) -> Result<(), neon_api::Error> {
/// let plan = branch.snapshot_step(rule).plan().await?;
/// println!("{plan}");
/// if plan.actions().len() < 10 {
///     println!("{}", branch.run_snapshot_plan(plan).await?);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct SnapshotPlan {
    pub(super) version: u32,
    pub(super) project: ProjectId,
    pub(super) branch: BranchId,
    pub(super) rule: SnapshotRule,
    pub(super) actions: Vec<PlannedSnapshot>,
}

/// A snapshot of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct PlannedSnapshot {
    /// Its name.
    pub name: String,
    /// The beginning of its period.
    pub slot: DateTime<Utc>,
    /// What is done with it.
    pub action: SnapshotAction,
    /// The outcome of that.
    pub fate: SnapshotFate,
}

/// What a step does with a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SnapshotAction {
    /// It is taken.
    Take,
    /// It has expired and is deleted.
    Delete(SnapshotId),
}

/// The outcome of an action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SnapshotFate {
    /// It is to be done.
    Planned,
    /// It was done.
    Done,
    /// Another step had done it already: the snapshot was there, or gone.
    Already,
    /// It was not done: the project has as many snapshots as it may have, and none that may be deleted
    /// for it.
    NoRoom,
    /// It was not done: it is the branch's newest snapshot, and the next one was not taken.
    Newest,
    /// It was not done: the plan is of an earlier period.
    Outdated,
    /// The API refused, with this error.
    Refused(String),
    /// The operations failed, with this error.
    Failed(String),
}

impl SnapshotPlan {
    /// The project.
    pub fn project_id(&self) -> &ProjectId {
        &self.project
    }

    /// The branch.
    pub fn branch_id(&self) -> &BranchId {
        &self.branch
    }

    /// What is done, in order; nothing if no snapshot is due and none has expired.
    pub fn actions(&self) -> &[PlannedSnapshot] {
        &self.actions
    }

    /// The plan for these snapshots of a project, at that time. `None` beyond the calendar.
    pub(super) fn new(
        project: ProjectId,
        branch: BranchId,
        rule: SnapshotRule,
        snapshots: &[Snapshot],
        now: DateTime<Utc>,
    ) -> Option<Self> {
        let slot = rule.slot(now)?;
        let own = newest_first(&rule, &branch, snapshots);
        // Another machine's clock may be ahead.
        let is_due = own.first().is_none_or(|(newest, _)| *newest < slot);
        let mut expired = expired(&rule, &own, is_due, now);
        // The oldest first, so that what remains is the newest wherever it ends.
        expired.reverse();
        let newest = own.first().map(|(_, snapshot)| &snapshot.id);
        let delete = |(slot, snapshot): &(DateTime<Utc>, &Snapshot)| PlannedSnapshot {
            name: snapshot.name.clone(),
            slot: *slot,
            action: SnapshotAction::Delete(snapshot.id.clone()),
            fate: SnapshotFate::Planned,
        };
        let mut actions: Vec<PlannedSnapshot> = expired.iter().map(delete).collect();
        if is_due {
            let taken = snapshots.iter().filter(|one| one.manual != Some(false));
            let limit = rule.project_limit.unwrap_or(usize::MAX);
            // How many have to go first.
            let before = (taken.count() + 1).saturating_sub(limit);
            let enough = expired.get(..before);
            let spares_newest = |first: &[(DateTime<Utc>, &Snapshot)]| {
                rule.replace_last || first.iter().all(|(_, one)| Some(&one.id) != newest)
            };
            let has_room = enough.is_some_and(spares_newest);
            let take = PlannedSnapshot {
                name: rule.name(&branch, slot),
                slot,
                action: SnapshotAction::Take,
                fate: if has_room {
                    SnapshotFate::Planned
                } else {
                    SnapshotFate::NoRoom
                },
            };
            let at = if has_room { before } else { 0 };
            actions.insert(at.min(actions.len()), take);
            if !has_room {
                keep_newest(&mut actions, newest);
            }
        }
        Some(Self {
            version: VERSION,
            project,
            branch,
            rule,
            actions,
        })
    }
}

/// The newest snapshot is not deleted where the next one is not taken.
pub(super) fn keep_newest(actions: &mut [PlannedSnapshot], newest: Option<&SnapshotId>) {
    for action in actions {
        let is_newest = matches!(&action.action, SnapshotAction::Delete(id) if Some(id) == newest);
        if is_newest && action.fate == SnapshotFate::Planned {
            action.fate = SnapshotFate::Newest;
        }
    }
}

/// The rule's snapshots of a branch with their periods. Of two of the same period the first is the
/// older one, which counts.
pub(super) fn newest_first<'a>(
    rule: &SnapshotRule,
    branch: &BranchId,
    snapshots: &'a [Snapshot],
) -> Vec<(DateTime<Utc>, &'a Snapshot)> {
    let of_rule = |snapshot: &'a Snapshot| Some((rule.slot_of(branch, snapshot)?, snapshot));
    let mut own: Vec<_> = snapshots.iter().filter_map(of_rule).collect();
    own.sort_by(|(slot, one), (other_slot, other)| {
        let by_slot = other_slot.cmp(slot);
        let by_age = one.created_at.cmp(&other.created_at);
        by_slot.then(by_age).then_with(|| one.id.cmp(&other.id))
    });
    own
}

/// What is deleted of the rule's snapshots, the newest first.
fn expired<'a>(
    rule: &SnapshotRule,
    own: &[(DateTime<Utc>, &'a Snapshot)],
    one_is_taken: bool,
    now: DateTime<Utc>,
) -> Vec<(DateTime<Utc>, &'a Snapshot)> {
    let mut expired = Vec::new();
    // How many newer ones are there, each of a period of its own.
    let mut newer = usize::from(one_is_taken);
    let mut last = None;
    for (slot, snapshot) in own {
        let is_double = last == Some(*slot);
        let is_surplus = rule.keep_last.is_some_and(|count| newer >= count);
        let is_old = newer > 0 && rule.is_old(*slot, now);
        if is_double || is_surplus || is_old {
            expired.push((*slot, *snapshot));
        }
        if !is_double {
            newer += 1;
        }
        last = Some(*slot);
    }
    expired
}

impl fmt::Display for SnapshotPlan {
    /// A line for each action.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (project, branch) = (OneLine(&self.project), OneLine(&self.branch));
        write!(f, "{branch} of {project}: ")?;
        match self.actions.len() {
            0 => return f.write_str("nothing to do"),
            1 => f.write_str("1 action")?,
            count => write!(f, "{count} actions")?,
        }
        for action in &self.actions {
            write!(f, "\n{action}")?;
        }
        Ok(())
    }
}

impl fmt::Display for PlannedSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.action {
            SnapshotAction::Take => f.write_str("take ")?,
            SnapshotAction::Delete(_) => f.write_str("delete ")?,
        }
        write!(f, "{}: {}", OneLine(&self.name), self.fate)
    }
}

impl fmt::Display for SnapshotFate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Planned => f.write_str("planned"),
            Self::Done => f.write_str("done"),
            Self::Already => f.write_str("was done already"),
            Self::NoRoom => f.write_str("not done, the project has no room for another snapshot"),
            Self::Newest => f.write_str("not done, it is the newest and no other was taken"),
            Self::Outdated => f.write_str("not done, the plan is of an earlier period"),
            Self::Refused(error) => write!(f, "refused, {error}"),
            Self::Failed(error) => write!(f, "failed, {error}"),
        }
    }
}
