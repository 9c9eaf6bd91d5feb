//! What is known of an operation that somebody waits for.

use std::sync::Arc;
use std::time::Duration;

use neon_api_raw::types::Operation;
use tokio::time::Instant;

use super::status::{Progress, progress};
use crate::error::Error;

/// How long after it was first missed an operation is sought again; each time twice as long.
const FIRST_PATIENCE: Duration = Duration::from_millis(50);
/// The longest time after which an operation that is missing is sought again.
const LONGEST_PATIENCE: Duration = Duration::from_secs(30);

/// An operation that somebody waits for.
#[derive(Debug, Default)]
pub(super) struct Tracked {
    pub(super) waits: usize,
    pub(super) seen: Option<Operation>,
    /// Why it cannot be asked for, if that is so.
    pub(super) fault: Option<Arc<Error>>,
    /// When it was last sought beyond the page of the newest operations.
    sought_at: Option<Instant>,
    /// How often it was missing there since it was last seen.
    misses: u32,
}

impl Tracked {
    pub(super) fn progress(&self) -> Progress {
        self.seen
            .as_ref()
            .map_or(Progress::Running, |o| progress(&o.status))
    }

    /// Whether looks are of use.
    pub(super) fn is_unsettled(&self) -> bool {
        self.fault.is_none() && self.progress() == Progress::Running
    }

    /// Takes note of what an answer told. An answer that is older than another one does not undo
    /// the end of an operation.
    pub(super) fn record(&mut self, operation: Operation) {
        self.misses = 0;
        if self.progress() == Progress::Running {
            self.seen = Some(operation);
        }
    }

    /// Whether it is worth a request to seek it.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.sought_at.is_none_or(|at| at + self.patience() <= now)
    }

    /// When it was last sought.
    pub(super) fn sought_at(&self) -> Option<Instant> {
        self.sought_at
    }

    /// It is being sought.
    pub(super) fn seek(&mut self, now: Instant) {
        self.sought_at = Some(now);
    }

    /// It was sought and is not there. It may be there in a moment, if it was only just named, or
    /// never, if the API has forgotten it.
    pub(super) fn miss(&mut self, now: Instant) {
        self.sought_at = Some(now);
        self.misses = self.misses.saturating_add(1);
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
