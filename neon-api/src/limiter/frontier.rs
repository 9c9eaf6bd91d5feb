//! The counts at which servers of the same rates begin to differ.
//!
//! After a rest all of them take a burst. Then one that gives tokens back once a second refuses what
//! one takes that does so all the time; and one that counts in windows refuses what is more than
//! its window holds, whose length is not documented. The first request beyond each of these counts is
//! sent by itself: should it be refused, it is the only one, and not all that are under way.

use std::time::Duration;

use tokio::time::Instant;

use super::budget::Quota;

/// The windows that servers count in, in seconds: parts of a minute.
const WINDOWS: [u32; 12] = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60];
/// How far over a whole number of refills a count may be, as part of one: by what is under way.
const NEAR: f64 = 0.09;
/// How many refills after the burst are distinguished.
const MOST_REFILLS: f64 = 4.0;

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
    taken: usize,
    began: Instant,
    latest: Instant,
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
                requests: whole(requests),
                within: Duration::from_secs(seconds.into()),
            })
            .collect();
        steps.sort_unstable_by_key(|step| step.requests);
        Self {
            steps,
            next: 0,
            taken: 0,
            began: now,
            latest: now,
            burst,
            per_second,
        }
    }

    /// Nobody has sent anything for as long as the burst takes to be given back.
    pub(super) fn rest(&mut self) {
        (self.next, self.taken) = (0, 0);
    }

    /// A request passes. Whether it is the first beyond a count.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        if self.taken == 0 {
            self.began = now;
        }
        self.latest = now;
        self.taken = self.taken.saturating_add(1);
        let mut is_first = false;
        while let Some(step) = self.steps.get(self.next)
            && self.taken > step.requests
        {
            is_first |= now.saturating_duration_since(self.began) < step.within;
            self.next += 1;
        }
        is_first
    }

    /// Whether a refusal now is what a server does that gives tokens back once a second: it has given
    /// out those of some whole refills. The one that was refused, and was sent at this time, must be the
    /// last, or one that it may have overtaken.
    pub(super) fn is_at_refill(&self, sent_at: Instant, spread: Duration, now: Instant) -> bool {
        if sent_at + spread < self.latest {
            return false;
        }
        let taken = f64::from(u32::try_from(self.taken).unwrap_or(u32::MAX)) - 1.0;
        let refills = (taken - self.burst) / self.per_second;
        // A request more, since servers keep the fraction of a token.
        let whole = (refills + 1.0 / self.per_second).floor();
        let time = now.saturating_duration_since(self.began).as_secs_f64();
        let is_near = (refills - whole) <= NEAR && (0.0..=MOST_REFILLS).contains(&whole);
        !self.steps.is_empty() && is_near && time >= whole && time < whole + 2.0
    }
}

fn whole(requests: f64) -> usize {
    // Rates come from 32 bits, so nothing else is cut off.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let requests = (requests + 1e-6).max(1.0) as usize;
    requests
}
