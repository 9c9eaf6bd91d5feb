//! What happens while a job runs.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::Failure;

/// Something that happened in a job, from [`Run::next`](super::Run::next).
///
/// Items are named as in the [report](super::Report): tenants by their names, projects by their IDs.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event<T> {
    /// Work on an item began, also when it is tried again.
    Started {
        /// The item.
        item: Arc<str>,
    },
    /// An item is done.
    Finished {
        /// The item.
        item: Arc<str>,
        /// What was done.
        value: T,
    },
    /// An item failed, and is tried again when the others are through.
    Retried {
        /// The item.
        item: Arc<str>,
        /// Why, and how often it was tried.
        failure: Failure,
    },
    /// An item failed for good.
    Failed {
        /// The item.
        item: Arc<str>,
        /// Why, and how often it was tried.
        failure: Failure,
    },
    /// Where the job is: at its beginning, then as often as it was
    /// [asked for](super::Job::status_every), and at its end.
    Status(Status),
}

/// Where a job is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Status {
    /// The items of the job; 0 until they are known.
    pub total: usize,
    /// Items that are done, those of the run that is resumed included.
    pub done: usize,
    /// Items that failed for good.
    pub failed: usize,
    /// Items that are being worked on.
    pub running: usize,
    /// Items that failed and are to be tried again.
    pub to_retry: usize,
    /// Requests that the client has sent since the job began, for whatever: clones of a client count
    /// together.
    pub requests: u64,
    /// Calls of the client that wait for a permit of the limiter.
    pub queued: u64,
    /// For how long the job has run.
    pub elapsed: Duration,
    /// How much longer it takes if it goes on like this; `None` until an item is done.
    pub eta: Option<Duration>,
}

impl Status {
    /// Items that are done or failed for good.
    pub fn settled(&self) -> usize {
        self.done.saturating_add(self.failed)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} of {} done, {} failed, {} running, {} to retry; {} requests, {} queued",
            self.done,
            self.total,
            self.failed,
            self.running,
            self.to_retry,
            self.requests,
            self.queued
        )
    }
}
