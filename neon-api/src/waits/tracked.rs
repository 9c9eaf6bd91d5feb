//! What is known of an operation that somebody waits for.

use std::sync::Arc;
use std::time::Duration;

use neon_api_raw::types::Operation;
use tokio::time::Instant;

use super::status::{Phase, phase};
use crate::error::Error;

/// How long after it was first missed an operation is sought again; each time twice as long.
const FIRST_PATIENCE: Duration = Duration::from_millis(50);
/// The longest time after which an operation that is missing is sought again.
const LONGEST_PATIENCE: Duration = Duration::from_secs(5);
/// How long an operation must have been missing before it counts as forgotten. It may be missing
/// for a moment after the API named it.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(10);

/// An operation that somebody waits for.
#[derive(Debug, Default)]
pub(super) struct Tracked {
    pub(super) waits: usize,
    pub(super) seen: Option<Operation>,
    /// Why it cannot be asked for, if that is so.
    pub(super) fault: Option<Arc<Error>>,
    /// The API does not know it any more.
    pub(super) is_forgotten: bool,
    /// Whether the poll under way goes on to seek it beside the newest operations.
    pub(super) is_sought: bool,
    /// When it was last sought beyond the page of the newest operations.
    sought_at: Option<Instant>,
    /// How often the API said that there is none since it was last seen.
    misses: u32,
    /// Since when it has been missing where all operations are looked through, or asked for by id.
    missing_since: Option<Instant>,
}

impl Tracked {
    pub(super) fn phase(&self) -> Phase {
        self.seen.as_ref().map_or(Phase::Running, phase)
    }

    /// Whether polls are of use.
    pub(super) fn is_unsettled(&self) -> bool {
        self.fault.is_none() && !self.is_forgotten && self.phase() == Phase::Running
    }

    /// Takes note of what a response says. One that is older than another does not undo the end of
    /// an operation.
    pub(super) fn record(&mut self, operation: Operation) {
        self.is_sought = false;
        self.misses = 0;
        self.missing_since = None;
        if self.phase() == Phase::Running {
            self.seen = Some(operation);
        }
    }

    /// Whether it is worth a request to seek it.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.due_at().is_none_or(|at| at <= now)
    }

    /// When it is worth a request to seek it, if not at once.
    pub(super) fn due_at(&self) -> Option<Instant> {
        self.sought_at.map(|at| at + self.patience())
    }

    /// The order in which operations are sought: those first of which one more request decides, then
    /// those longest not sought.
    pub(super) fn urgency(&self, now: Instant) -> (bool, Option<Instant>) {
        (!self.is_missing_for_long(now), self.sought_at)
    }

    /// Whether it was not found where all operations are looked through, so that only a request of
    /// its own can find it.
    pub(super) fn is_unlisted(&self) -> bool {
        self.missing_since.is_some()
    }

    /// It is being sought.
    pub(super) fn seek(&mut self, now: Instant) {
        self.sought_at = Some(now);
    }

    /// It is not among all operations that the API lists.
    pub(super) fn miss_in_list(&mut self, now: Instant) {
        self.missing_since.get_or_insert(now);
    }

    /// The API says that there is none of this id. It may be there in a moment, if it was only just
    /// named, or never, if the API has forgotten it.
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
