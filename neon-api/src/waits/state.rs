//! What the waits of a project have seen, and when their next poll comes.

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

/// For how long a project must be missing before its waits end, so that one that was only just
/// created may be missing for a moment, and how many polls must say so.
const GONE_AFTER: (Duration, u32) = (Duration::from_secs(5), 3);

/// What the waits of a project share.
#[derive(Debug)]
pub(super) struct State {
    pub(super) tracked: HashMap<OperationId, Tracked>,
    /// How many wait until no operation runs at all.
    pub(super) idle_waits: usize,
    /// When the last listing began that showed no running operation.
    pub(super) idle_at: Option<Instant>,
    /// When the last listing began that showed one.
    pub(super) busy_at: Option<Instant>,
    /// How long the waits for a moment without operations took.
    pub(super) lock_times: LockTimes,
    /// The poll that is under way or next, for each runtime.
    pub(super) polls: Vec<(Option<runtime::Id>, Weak<Shared>)>,
    next_poll: Instant,
    /// When a wait that came since the last poll began asks for one.
    pub(super) asked_for: Option<Instant>,
    /// Until when the API asked not to be polled.
    not_before: Option<Instant>,
    interval: Duration,
    /// The shortest interval after the poll under way, by what it cost.
    pub(super) pause: Duration,
    /// Whether that left operations to be sought by the next one.
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
    /// Where the search of a poll stopped that made room for another one.
    pub(super) search: Option<Search>,
    /// The number of the last poll that has ended.
    pub(super) completed: u64,
    /// Polls that failed since the last one that did not.
    pub(super) failures: Failures,
    /// The number of the last poll if that is of no use to retry.
    pub(super) refused: Option<u64>,
    missing: Option<Missing>,
}

/// A search for operations on the pages after the newest one.
#[derive(Debug, Default)]
pub(super) struct Search {
    /// Those that were on none of the pages so far.
    pub(super) missing: Vec<OperationId>,
    /// The cursor of the next page, if there is one.
    pub(super) next: Option<String>,
    pub(super) pages_left: usize,
}

/// Polls one after another that found no project.
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

    /// Whether polls have said for long enough that there is no such project, the last of them after
    /// the one with this number.
    pub(super) fn is_gone(&self, after: u64) -> bool {
        let (time, polls) = GONE_AFTER;
        self.missing.is_some_and(|missing| {
            let is_certain = missing.polls >= polls && missing.until - missing.since >= time;
            is_certain && missing.last > after
        })
    }

    /// Makes the next poll come after this time at the latest, and starts the intervals anew, except
    /// where polls fail. Whether it comes sooner than it was to.
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
            // The poll under way does not count for this wait, whenever the next one is due.
            self.asked_for = Some(now + first);
        }
        is_sooner
    }

    /// When the next poll is to be made.
    pub(super) fn due(&self) -> Instant {
        let due = self
            .asked_for
            .map_or(self.next_poll, |at| at.min(self.next_poll));
        self.not_before.map_or(due, |at| at.max(due))
    }

    /// Until when the API has asked not to be polled, if that is yet to come.
    pub(super) fn paused_until(&self) -> Option<Instant> {
        self.not_before.filter(|at| *at > Instant::now())
    }

    /// Whether a wait that the poll under way does not count for asks for one by now.
    pub(super) fn is_asked_for(&self) -> bool {
        self.asked_for.is_some_and(|at| at <= Instant::now())
    }

    /// Takes note of how a poll ended, and sets the time of the next one.
    pub(super) fn note_outcome(&mut self, number: u64, outcome: Result<(), Error>, now: Instant) {
        let mut interval = self.pause.max(self.interval);
        if self.has_backlog && outcome.is_ok() {
            interval = self.pause.max(pace::FIRST_INTERVAL);
        }
        self.interval = pace::longer(self.interval, outcome.is_ok());
        if self.idle_waits > 0 {
            // A change is locked out until all operations have ended, and the waits for them end
            // no later: one rhythm serves both.
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
