//! What is known about an awaited operation.

use std::sync::Arc;
use std::time::Duration;

use neon_api_raw::types::Operation;
use tokio::time::Instant;

use super::status::{Phase, phase};
use crate::error::Error;

/// How long after it was first missing an operation is searched for again; doubles each time.
const FIRST_PATIENCE: Duration = Duration::from_millis(50);
/// The longest time after which a missing operation is searched for again.
const LONGEST_PATIENCE: Duration = Duration::from_secs(5);
/// How long an operation must have been missing before it counts as forgotten. It may be missing
/// briefly after the API returned it.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(10);

/// An awaited operation.
#[derive(Debug, Default)]
pub(super) struct Tracked {
    pub(super) waits: usize,
    pub(super) seen: Option<Operation>,
    /// Why it cannot be fetched, if so.
    pub(super) fault: Option<Arc<Error>>,
    /// The API does not know it anymore.
    pub(super) is_forgotten: bool,
    /// Whether the poll in progress searches for it beyond the newest operations.
    pub(super) is_sought: bool,
    /// When it was last searched for beyond the page of the newest operations.
    sought_at: Option<Instant>,
    /// How often it was not found since it was last seen.
    misses: u32,
    /// Since when it has been missing from the complete list, or when fetched by ID.
    missing_since: Option<Instant>,
}

impl Tracked {
    pub(super) fn phase(&self) -> Phase {
        self.seen.as_ref().map_or(Phase::Running, phase)
    }

    /// Whether polls are useful.
    pub(super) fn is_unsettled(&self) -> bool {
        self.fault.is_none() && !self.is_forgotten && self.phase() == Phase::Running
    }

    /// Records the operation from a response. An older response does not undo the end of an
    /// operation.
    pub(super) fn record(&mut self, operation: Operation) {
        self.is_sought = false;
        self.misses = 0;
        self.missing_since = None;
        if self.phase() == Phase::Running {
            self.seen = Some(operation);
        }
    }

    /// Whether it is worth a request to search for it.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.due_at().is_none_or(|at| at <= now)
    }

    /// When it is worth a request to search for it, if not now.
    pub(super) fn due_at(&self) -> Option<Instant> {
        self.sought_at.map(|at| at + self.patience())
    }

    /// The order in which operations are searched for: first those that one more request decides,
    /// then the least recently searched for.
    pub(super) fn urgency(&self, now: Instant) -> (bool, Option<Instant>) {
        (!self.is_missing_for_long(now), self.sought_at)
    }

    /// Whether it was missing from the complete list, so that only a request for it can find it.
    pub(super) fn is_unlisted(&self) -> bool {
        self.missing_since.is_some()
    }

    /// It is being searched for.
    pub(super) fn seek(&mut self, now: Instant) {
        self.sought_at = Some(now);
    }

    /// It is missing from the complete list.
    pub(super) fn miss_in_list(&mut self, now: Instant) {
        self.missing_since.get_or_insert(now);
    }

    /// The API responds that it does not exist. It may appear soon, if it was just created, or
    /// never, if the API has deleted it.
    pub(super) fn miss(&mut self, now: Instant) {
        self.is_sought = false;
        self.is_forgotten = self.is_missing_for_long(now);
        self.sought_at = Some(now);
        self.misses = self.misses.saturating_add(1);
        self.missing_since.get_or_insert(now);
    }

    fn is_missing_for_long(&self, now: Instant) -> bool {
        self.missing_since
            .is_some_and(|since| since + FORGOTTEN_AFTER <= now)
    }

    fn patience(&self) -> Duration {
        match self.misses {
            0 => Duration::ZERO,
            misses => FIRST_PATIENCE
                .saturating_mul(2_u32.saturating_pow(misses - 1))
                .min(LONGEST_PATIENCE),
        }
    }
}
