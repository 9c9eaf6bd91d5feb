//! The shared state of a project's waits: what was seen, and when the next poll is due.

use std::collections::HashMap;
use std::sync::Weak;
use std::time::Duration;

use neon_api_raw::ids::OperationId;
use tokio::runtime;
use tokio::time::Instant;

use super::failures::{self, Failures};
use super::locks::LockTimes;
use super::pace;
use super::shared::Shared;
use super::tracked::Tracked;
use crate::error::Error;

/// For how long, and in how many polls, a project must be missing before its waits end: a new
/// project may be missing briefly.
const GONE_AFTER: (Duration, u32) = (Duration::from_secs(5), 3);

/// The shared state of a project's waits.
#[derive(Debug)]
pub(super) struct State {
    pub(super) tracked: HashMap<OperationId, Tracked>,
    /// How many wait until no operation is running.
    pub(super) idle_waits: usize,
    /// When the last listing without a running operation began.
    pub(super) idle_at: Option<Instant>,
    /// When the last listing with one began.
    pub(super) busy_at: Option<Instant>,
    /// How long the waits for a moment without operations took.
    pub(super) lock_times: LockTimes,
    /// The poll that is under way or next, for each runtime.
    pub(super) polls: Vec<(Option<runtime::Id>, Weak<Shared>)>,
    next_poll: Instant,
    /// When a wait that began after the last poll requests one.
    pub(super) asked_for: Option<Instant>,
    /// Until when the API asked not to be polled.
    not_before: Option<Instant>,
    interval: Duration,
    /// The shortest interval after the poll in progress, depending on its cost.
    pub(super) pause: Duration,
    /// Whether it left operations for the next one to search for.
    pub(super) has_backlog: bool,
    /// Polls are numbered by their first attempts; the number of the last one.
    pub(super) attempted: u64,
    /// When that poll began, and when it made its first attempt.
    pub(super) attempted_at: Option<(Instant, Instant)>,
    /// How many polls have made an attempt and not ended.
    pub(super) under_way: usize,
    /// The number of the last poll that has listed the newest operations, and when it had.
    pub(super) listed: u64,
    pub(super) listed_at: Instant,
    /// Where a search stopped that yielded to another poll.
    pub(super) search: Option<Search>,
    /// The number of the last poll that has ended.
    pub(super) completed: u64,
    /// Polls that failed since the last one that did not.
    pub(super) failures: Failures,
    /// The number of the last poll, if polling is pointless after it.
    pub(super) refused: Option<u64>,
    missing: Option<Missing>,
}

/// A search for operations on the pages after the newest one.
#[derive(Debug, Default)]
pub(super) struct Search {
    /// The operations that were on none of the pages so far.
    pub(super) missing: Vec<OperationId>,
    /// The cursor of the next page, if there is one.
    pub(super) next: Option<String>,
    pub(super) pages_left: usize,
}

/// Consecutive polls that found no project.
#[derive(Debug, Clone, Copy)]
struct Missing {
    since: Instant,
    until: Instant,
    polls: u32,
    /// The number of the last of them.
    last: u64,
}

impl State {
    pub(super) fn new() -> Self {
        let now = Instant::now();
        Self {
            tracked: HashMap::new(),
            idle_waits: 0,
            idle_at: None,
            busy_at: None,
            lock_times: LockTimes::default(),
            polls: Vec::new(),
            next_poll: now,
            asked_for: None,
            not_before: None,
            interval: pace::FIRST_INTERVAL,
            pause: Duration::ZERO,
            has_backlog: false,
            attempted: 0,
            attempted_at: None,
            under_way: 0,
            listed: 0,
            listed_at: now,
            search: None,
            completed: 0,
            failures: Failures::default(),
            refused: None,
            missing: None,
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.tracked.is_empty() && self.idle_waits == 0
    }

    /// The operations that are worth a poll.
    pub(super) fn unsettled(&self) -> impl Iterator<Item = (&OperationId, &Tracked)> {
        let tracked = self.tracked.iter();
        tracked.filter(|(_, tracked)| tracked.is_unsettled())
    }

    /// Whether the project has been missing for long enough, and still was in a poll after the one
    /// with this number.
    pub(super) fn is_gone(&self, after: u64) -> bool {
        let (time, polls) = GONE_AFTER;
        self.missing.is_some_and(|missing| {
            let is_certain = missing.polls >= polls && missing.until - missing.since >= time;
            is_certain && missing.last > after
        })
    }

    /// Schedules the next poll after this time at the latest, and restarts the intervals unless
    /// polls fail. Returns whether the poll was brought forward.
    pub(super) fn ask_for_poll(&mut self, was_idle: bool, first: Duration) -> bool {
        let now = Instant::now();
        if was_idle {
            self.failures.clear();
            self.missing = None;
        }
        if self.failures.is_empty() {
            self.interval = pace::FIRST_INTERVAL;
        }
        let is_sooner = was_idle || now + first < self.due();
        if is_sooner {
            let soon = now + pace::with_jitter(first);
            self.asked_for = Some(soon);
            if was_idle {
                self.next_poll = soon;
            }
        } else if self.under_way > 0 && self.asked_for.is_none() {
            // The poll in progress does not count for this wait, whenever the next one is due.
            self.asked_for = Some(now + first);
        }
        is_sooner
    }

    /// When the next poll is due.
    pub(super) fn due(&self) -> Instant {
        let due = self
            .asked_for
            .map_or(self.next_poll, |at| at.min(self.next_poll));
        self.not_before.map_or(due, |at| at.max(due))
    }

    /// Until when the API has asked not to be polled, if that is in the future.
    pub(super) fn paused_until(&self) -> Option<Instant> {
        self.not_before.filter(|at| *at > Instant::now())
    }

    /// Whether a wait for which the poll in progress does not count requests one by now.
    pub(super) fn is_asked_for(&self) -> bool {
        self.asked_for.is_some_and(|at| at <= Instant::now())
    }

    /// Records how a poll ended, and schedules the next one.
    pub(super) fn note_outcome(&mut self, number: u64, outcome: Result<(), Error>, now: Instant) {
        let mut interval = self.pause.max(self.interval);
        if self.has_backlog && outcome.is_ok() {
            interval = self.pause.max(pace::FIRST_INTERVAL);
        }
        self.interval = pace::longer(self.interval, outcome.is_ok());
        if self.idle_waits > 0 {
            // A change is locked out until all operations have ended, and the waits for them end no
            // later, so both use the same intervals.
            interval = self.lock_times.next_poll(now);
            interval = interval.max(pace::FIRST_INTERVAL).max(self.pause);
        }
        self.next_poll = now + pace::with_jitter(interval);
        self.not_before = None;
        match outcome {
            Ok(()) => {
                self.failures.clear();
                self.missing = None;
            }
            Err(error) => {
                self.not_before = failures::retry_after(&error).map(|time| now + time);
                if failures::is_missing_project(&error) {
                    self.note_missing(number, now);
                }
                self.failures.add(number, error);
            }
        }
    }

    fn note_missing(&mut self, number: u64, now: Instant) {
        let missing = self.missing.get_or_insert(Missing {
            since: now,
            until: now,
            polls: 0,
            last: number,
        });
        missing.until = now;
        missing.polls += 1;
        missing.last = number;
    }
}
