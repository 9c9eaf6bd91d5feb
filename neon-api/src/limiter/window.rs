//! A log of recent requests, and the limit in any window.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// How far back requests are kept if no limit is known: the longest window that can be detected.
const KEPT: Duration = Duration::from_secs(60);
/// The maximum number of requests kept to detect a limit.
const MOST_KEPT: usize = 10_000;

/// The windows that servers count in, in seconds: parts of a minute.
pub(super) const WINDOWS: [u32; 12] = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60];
/// By which part the count of requests may be off, since they overtake each other.
const EXACT: f64 = 0.02;

/// So many requests are enough for one of them to be among the fastest.
const MANY: usize = 8;

/// At most this many requests in any period of this length.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Limit {
    pub(super) requests: usize,
    pub(super) length: Duration,
}

impl Limit {
    /// A limit, rounded down, of at least 1.
    pub(super) fn new(requests: f64, length: Duration) -> Self {
        // Rates come from 32 bits, so nothing else is truncated.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let requests = (requests + 1e-6).max(1.0) as usize;
        Self { requests, length }
    }
}

/// A window that was full.
#[derive(Debug, Clone, Copy)]
pub(super) struct Full {
    pub(super) limit: Limit,
    /// When it has a place again at the latest.
    pub(super) free_at: Instant,
    /// Whether just as many were taken as it holds.
    pub(super) is_exact: bool,
}

/// Requests by the times at which they were sent, as far back as needed.
#[derive(Debug)]
pub(super) struct Window {
    limit: Option<Limit>,
    /// Whether another limit may be detected.
    learns: bool,
    sent: VecDeque<Instant>,
    /// When the latest place became free.
    free_since: Instant,
    /// How far requests may overtake each other in transit.
    jitter: Duration,
}

impl Window {
    pub(super) fn new(limit: Option<Limit>, learns: bool, now: Instant) -> Self {
        Self {
            limit,
            learns,
            sent: VecDeque::new(),
            free_since: now,
            jitter: Duration::ZERO,
        }
    }

    pub(super) fn limit(&self) -> Option<Limit> {
        self.limit
    }

    /// Obeys a detected limit.
    pub(super) fn set_limit(&mut self, limit: Limit) {
        self.limit = Some(limit);
        self.learns = false;
    }

    /// What was sent before this time does not count any more.
    pub(super) fn begin_anew(&mut self, since: Instant) {
        let before = self.sent.partition_point(|sent| *sent < since);
        self.sent.drain(..before);
    }

    pub(super) fn set_jitter(&mut self, jitter: Duration) {
        self.jitter = jitter;
    }

    /// The requests in the window that ends now.
    pub(super) fn count(&mut self, now: Instant) -> usize {
        let length = self.length();
        while let Some(sent) = self.sent.front().copied()
            && (sent + length <= now || self.sent.len() > MOST_KEPT)
        {
            if self
                .limit
                .is_some_and(|limit| self.sent.len() >= limit.requests)
            {
                self.free_since = sent + length;
            }
            self.sent.pop_front();
        }
        self.sent.len()
    }

    fn length(&self) -> Duration {
        self.limit.map_or(KEPT, |limit| limit.length + self.jitter)
    }

    /// When a request can pass after this many others.
    pub(super) fn ready_at(&mut self, others: usize, now: Instant) -> Instant {
        let Some(limit) = self.limit else {
            return now;
        };
        let Some(before) = (self.count(now) + others).checked_sub(limit.requests) else {
            return now;
        };
        let length = self.length();
        if let Some(sent) = self.sent.get(before) {
            return *sent + length;
        }
        // Behind other waiters.
        let windows = 1 + (before - self.sent.len()) / limit.requests.max(1);
        now + length * u32::try_from(windows).unwrap_or(u32::MAX).min(3600)
    }

    /// Since when a request can pass, given that one can.
    pub(super) fn ready_since(&self) -> Instant {
        self.free_since
    }

    /// A request is sent.
    pub(super) fn push(&mut self, now: Instant) {
        self.count(now);
        self.sent.push_back(now);
    }

    /// How many requests were sent at this time, if it is the latest.
    pub(super) fn sent_at(&self, at: Instant) -> usize {
        self.sent
            .iter()
            .rev()
            .take_while(|sent| **sent == at)
            .count()
    }

    /// How many were sent before this time.
    pub(super) fn sent_before(&self, at: Instant) -> usize {
        self.sent.partition_point(|sent| *sent < at)
    }

    /// When the request was sent that is so many after the first of those since then.
    pub(super) fn sent_after(&self, since: Instant, others: usize) -> Option<Instant> {
        let first = self.sent.partition_point(|sent| *sent < since);
        self.sent.get(first + others).copied()
    }

    /// A request that was to be sent then was not; returns whether it was still counted.
    pub(super) fn remove(&mut self, at: Instant) -> bool {
        let found = self.sent.binary_search(&at);
        found.is_ok_and(|position| self.sent.remove(position).is_some())
    }

    /// A request that was not to be sent will be sent then after all.
    pub(super) fn put_back(&mut self, at: Instant) {
        let position = self.sent.partition_point(|sent| *sent <= at);
        self.sent.insert(position, at);
    }

    /// The request that was sent then was rejected, and so does not count.
    pub(super) fn forget(&mut self, sent_at: Instant) {
        let after = self.sent.partition_point(|sent| *sent <= sent_at);
        if let Some(position) = after.checked_sub(1) {
            self.sent.remove(position);
        }
    }

    /// The window of a server that had reached its limit when it rejected the request sent at this
    /// time, assuming that the limit allows this rate and burst, and when a place in it is free.
    ///
    /// That is one that holds just as many as were sent, or else one of a clock that turned while the
    /// burst was sent; of several, the one that is free first from now on.
    pub(super) fn explain(
        &self,
        sent_at: Instant,
        per_second: f64,
        burst: f64,
        now: Instant,
    ) -> Option<Full> {
        if !self.learns {
            return None;
        }
        let began = *self.sent.front()?;
        let before = self.sent.partition_point(|sent| *sent <= sent_at);
        let count = number(before);
        WINDOWS
            .iter()
            .filter_map(|seconds| {
                let length = Duration::from_secs((*seconds).into());
                let limit = Limit::new(f64::from(*seconds) * per_second, length);
                let holds = number(limit.requests);
                let is_exact = (count - holds).abs() <= count * EXACT + 1.0;
                let earlier = before.saturating_sub(limit.requests);
                let is_full = is_exact || earlier > 0;
                let oldest = *self.sent.get(if is_exact { 0 } else { earlier })?;
                let is_of_burst = oldest.saturating_duration_since(began) <= length / 2;
                let free_at = oldest + length + self.lateness(oldest);
                (is_full && is_of_burst && holds >= burst && free_at > now).then_some(Full {
                    limit,
                    free_at,
                    is_exact,
                })
            })
            .min_by_key(|full| (!full.is_exact, full.free_at))
    }

    /// How much later than after the least time the first may have come of those that were sent then:
    /// of many that were sent together one has come among the first; one alone may have been late.
    fn lateness(&self, sent_at: Instant) -> Duration {
        self.jitter / if self.is_one_of_many(sent_at) { 4 } else { 1 }
    }

    /// Whether many were sent together at this time.
    pub(super) fn is_one_of_many(&self, sent_at: Instant) -> bool {
        let after = self.sent.partition_point(|sent| *sent <= sent_at);
        after - self.sent_before(sent_at) >= MANY
    }
}

pub(super) fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
