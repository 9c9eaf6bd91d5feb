//! When snapshots are due and how long they are kept, and their names.

use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use neon_api_raw::ids::BranchId;
use neon_api_raw::types::Snapshot;
use serde::{Deserialize, Serialize};

use crate::call::maybe;

/// How often snapshots may be taken, in seconds.
const MOST_OFTEN: u64 = 60;
const LEAST_OFTEN: u64 = 366 * 86_400;

/// How long the mark may be.
const MARK: usize = 32;

/// How times are written in names.
const FORM: &str = "%Y-%m-%dT%H:%M:%SZ";

/// When snapshots of a branch are taken, and how long they are kept: for
/// [`BranchHandle::snapshot_step`](crate::branches::BranchHandle::snapshot_step).
///
/// Time is divided into slots of equal length, and one snapshot is due in each. Its name has the
/// rule's mark, the branch and the beginning of the slot,
/// `nightly/br-noisy-breeze-a5e59rrb/2026-11-26T03:00:00Z`. Only snapshots with such a name are ever
/// deleted, so that what is renamed is kept.
///
/// ```
/// use std::time::Duration;
/// use neon_api::fleet::snapshots::SnapshotRule;
///
/// let hour = Duration::from_secs(3600);
/// // At three every night (UTC); two weeks' worth of them.
/// let nightly = SnapshotRule::new("nightly", 24 * hour)
///     .offset(3 * hour)
///     .keep_for(14 * 24 * hour);
/// // Six hours' worth, taken every hour.
/// let hourly = SnapshotRule::new("hourly", hour).keep_last(6);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[must_use = "a rule does nothing by itself"]
pub struct SnapshotRule {
    mark: String,
    /// In seconds, as below.
    every: u64,
    offset: u64,
    keep_for: Option<u64>,
    pub(super) keep_last: Option<usize>,
    pub(super) project_limit: Option<usize>,
    pub(super) replace_last: bool,
}

impl SnapshotRule {
    /// A snapshot in every period of this length, from a minute to a year, in whole seconds. Periods
    /// are counted from midnight UTC of the first of January 1970, which was a Thursday, unless there
    /// is an [offset](Self::offset).
    ///
    /// The mark distinguishes the rule's snapshots: 1 to 32 lowercase letters, digits and hyphens.
    pub fn new(mark: impl Into<String>, every: Duration) -> Self {
        Self {
            mark: mark.into(),
            every: every.as_secs(),
            offset: 0,
            keep_for: None,
            keep_last: None,
            project_limit: None,
            replace_last: false,
        }
    }

    /// How much later the periods begin, such as 3 hours for three at night; less than a period.
    pub fn offset(mut self, offset: Duration) -> Self {
        self.offset = offset.as_secs();
        self
    }

    /// Snapshots expire this long after the beginning of their period. By default they do not. The
    /// newest one stays, so that there is one if no more are taken.
    pub fn keep_for(mut self, time: Duration) -> Self {
        self.keep_for = Some(time.as_secs());
        self
    }

    /// So many of the newest are kept, one or more, and older ones expire. By default there is no such
    /// bound.
    pub fn keep_last(mut self, count: usize) -> Self {
        self.keep_last = Some(count);
        self
    }

    /// How many snapshots the project may have, whoever took them by hand or by a program. If there
    /// are as many, expired ones are deleted before the next is taken; if none are expired, it is not
    /// taken. By default the API's refusal shows that the limit is reached.
    pub fn project_limit(mut self, count: usize) -> Self {
        self.project_limit = Some(count);
        self
    }

    /// Whether the branch's only snapshot is deleted before the next one is taken, where it has
    /// expired and the limit leaves no room for both: then there is none if taking fails. Off by
    /// default.
    pub fn replace_last(mut self, replace: bool) -> Self {
        self.replace_last = replace;
        self
    }

    /// What is wrong with it, if anything.
    pub(super) fn fault(&self) -> Option<&'static str> {
        let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.mark.is_empty() || self.mark.len() > MARK || !self.mark.chars().all(is_allowed) {
            Some("expected a mark of 1 to 32 lowercase letters, digits and hyphens")
        } else if !(MOST_OFTEN..=LEAST_OFTEN).contains(&self.every) {
            Some("expected a period of a minute to a year")
        } else if self.offset >= self.every {
            Some("expected an offset that is less than the period")
        } else if self.keep_last == Some(0) {
            Some("expected at least one snapshot to be kept")
        } else {
            None
        }
    }

    /// The beginning of the period that a time is in; `None` beyond the calendar.
    pub(super) fn slot(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let (every, offset) = (
            i64::try_from(self.every).ok()?,
            i64::try_from(self.offset).ok()?,
        );
        let since = at.timestamp().checked_sub(offset)?;
        let periods = since.checked_div_euclid(every)?;
        DateTime::from_timestamp(periods.checked_mul(every)?.checked_add(offset)?, 0)
    }

    /// Whether a snapshot of that period has expired by its age.
    pub(super) fn is_old(&self, slot: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        let Some(keep_for) = self.keep_for.and_then(|time| i64::try_from(time).ok()) else {
            return false;
        };
        let until = TimeDelta::try_seconds(keep_for).and_then(|time| slot.checked_add_signed(time));
        until.is_some_and(|until| until <= now)
    }

    pub(super) fn name(&self, branch: &BranchId, slot: DateTime<Utc>) -> String {
        format!("{}/{branch}/{}", self.mark, slot.format(FORM))
    }

    /// The period of a snapshot, if it is one of this rule and branch.
    pub(super) fn slot_of(&self, branch: &BranchId, snapshot: &Snapshot) -> Option<DateTime<Utc>> {
        let is_others = snapshot
            .source_branch_id
            .as_ref()
            .is_some_and(|id| id != branch);
        if is_others || snapshot.manual == Some(false) {
            return None;
        }
        let rest = snapshot.name.strip_prefix(self.mark.as_str())?;
        let rest = rest.strip_prefix('/')?.strip_prefix(branch.as_str())?;
        let slot = NaiveDateTime::parse_from_str(rest.strip_prefix('/')?, FORM).ok()?;
        let slot = slot.and_utc();
        // Forms that only look like it are another's.
        (self.name(branch, slot) == snapshot.name).then_some(slot)
    }
}

maybe! { SnapshotRule;
    maybe_offset = offset(Duration);
    maybe_keep_for = keep_for(Duration);
    maybe_keep_last = keep_last(usize);
    maybe_project_limit = project_limit(usize);
    maybe_replace_last = replace_last(bool);
}
