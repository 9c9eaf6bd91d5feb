//! The counts at which servers of the same rates begin to differ.
//!
//! After a rest all of them take a burst. Then one that gives tokens back once a second refuses what
//! one takes that does so all the time; and one that counts in windows refuses what is more than
//! its window holds, whose length is not documented. The first request beyond each of these counts is
//! sent by itself: should it be refused, it is the only one, and not all that are under way.

use std::time::Duration;

use tokio::time::Instant;

use super::blocked::Refill;
use super::budget::Quota;
use super::refills::REFILL;
use super::window::{Limit, WINDOWS, Window, number};

/// How far over a whole number of refills a count may be, as part of one: by what is under way.
const NEAR: f64 = 0.09;
/// The same for the refills before, in requests.
const UNCOUNTED: f64 = 2.0;
/// How long a refill may be later than was computed from how many were taken.
const UNCERTAIN: Duration = Duration::from_millis(250);
/// How many refills after the burst are distinguished.
const MOST_REFILLS: f64 = 4.0;
/// The longest that a wait for tokens is computed to be, in seconds.
const LONGEST_WAIT: f64 = 3600.0;

/// So many requests after a rest, in less than this time.
#[derive(Debug, Clone, Copy)]
struct Step {
    requests: usize,
    within: Duration,
}

/// How many requests were sent since the last rest, and which counts are still before them.
#[derive(Debug)]
pub(super) struct Frontier {
    /// By their requests.
    steps: Vec<Step>,
    next: usize,
    /// A window that may have begun anew.
    window: Option<Step>,
    /// Without those that were refused.
    taken: usize,
    refused: usize,
    began: Instant,
    burst: f64,
    per_second: f64,
}

impl Frontier {
    pub(super) fn new(quota: &Quota, now: Instant) -> Self {
        let (burst, per_second) = (quota.burst, quota.per_second);
        let refills = [0_u32, 1, 2]
            .map(|refills| (burst + f64::from(refills) * per_second, refills + 1))
            .into_iter();
        let windows = WINDOWS.map(|seconds| (f64::from(seconds) * per_second, seconds));
        let windows = windows
            .into_iter()
            .filter(|(requests, _)| *requests >= burst);
        let mut steps: Vec<Step> = refills
            .chain(windows)
            .filter(|_| quota.learns)
            .map(|(requests, seconds)| Step {
                requests: whole_number(requests),
                within: Duration::from_secs(seconds.into()),
            })
            .collect();
        steps.sort_unstable_by_key(|step| step.requests);
        Self {
            steps,
            next: 0,
            window: None,
            taken: 0,
            refused: 0,
            began: now,
            burst,
            per_second,
        }
    }

    /// Nobody has sent anything for as long as the burst takes to be given back.
    pub(super) fn rest(&mut self) {
        (self.next, self.taken, self.refused) = (0, 0, 0);
        self.window = None;
    }

    /// A window may have begun then; what is more than it holds is sent alone.
    pub(super) fn begin_window(&mut self, limit: Limit, since: Instant) {
        self.window = Some(Step {
            requests: limit.requests,
            within: limit.length,
        });
        (self.taken, self.refused, self.began) = (1, 0, since);
        self.next = self.steps.len();
    }

    /// A request passes. Whether it is the first beyond a count.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        if self.taken == 0 {
            self.began = now;
        }
        self.taken = self.taken.saturating_add(1);
        let mut is_first = false;
        while let Some(step) = self.steps.get(self.next)
            && self.taken > step.requests
        {
            is_first |= now.saturating_duration_since(self.began) < step.within;
            self.next += 1;
        }
        if let Some(step) = self.window
            && self.taken > step.requests
        {
            is_first |= now.saturating_duration_since(self.began) < step.within;
            self.window = None;
        }
        is_first
    }

    /// A request was refused.
    pub(super) fn refuse(&mut self) {
        self.taken = self.taken.saturating_sub(1);
        self.refused = self.refused.saturating_add(1);
    }

    /// How many were refused since the last rest.
    pub(super) fn refused(&self) -> usize {
        self.refused
    }

    /// When a request can pass after this many others in a bucket that gains tokens all the time and
    /// keeps so many.
    pub(super) fn gained_at(&self, others: usize, reserve: f64) -> Instant {
        let needed = number(self.taken.saturating_add(others)) + 1.0 + reserve;
        let time = (needed - self.burst) / self.per_second;
        self.began + Duration::from_secs_f64(time.clamp(0.0, LONGEST_WAIT))
    }

    /// When a server gives tokens back next that does so once a second, if that explains a refusal now
    /// after so many fewer than were taken.
    ///
    /// It has given back those of some whole refills, and part of another that came during the burst,
    /// when no more than what had been taken by then was missing. So that part shows when it comes.
    /// Requests overtake each other by so much.
    pub(super) fn refill(
        &self,
        fewer: usize,
        window: &Window,
        spread: Duration,
        now: Instant,
    ) -> Option<Refill> {
        if self.steps.is_empty() {
            return None;
        }
        let taken = number(self.taken.saturating_sub(fewer));
        let refills = (taken - self.burst) / self.per_second;
        // A request more, since servers keep the fraction of a token.
        let whole = (refills + 1.0 / self.per_second).floor();
        let time = now.saturating_duration_since(self.began).as_secs_f64();
        if !(0.0..=MOST_REFILLS).contains(&whole) || time < whole || time >= whole + 2.0 {
            return None;
        }
        if refills - whole <= NEAR {
            let until = now + REFILL;
            return Some(Refill { at: now, until });
        }
        let before = whole_number((refills - whole) * self.per_second);
        let first = window.sent_after(self.began, before)?;
        let (mut next, mut most) = (first + REFILL, self.burst + number(before) + UNCOUNTED);
        while next <= now {
            let sent = window.sent_before(next.checked_sub(spread)?);
            if number(sent) > most {
                return None;
            }
            next += REFILL;
            most += self.per_second;
        }
        let is_next = next == first + Duration::from_secs_f64(whole + 1.0);
        let until = next + UNCERTAIN;
        is_next.then_some(Refill { at: next, until })
    }
}

fn whole_number(requests: f64) -> usize {
    // Rates come from 32 bits, so nothing else is cut off.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let requests = (requests + 1e-6).max(1.0) as usize;
    requests
}
