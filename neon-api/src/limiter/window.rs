//! A log of recent requests, and the limit in any window.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// How far back requests are kept if no limit is known: the longest window that can be detected.
const KEPT: Duration = Duration::from_secs(60);
/// The maximum number of requests kept to detect a limit.
const MOST_KEPT: usize = 10_000;

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
    pub(super) fn explain(
        &self,
        sent_at: Instant,
        per_second: f64,
        burst: f64,
    ) -> Option<(Limit, Instant)> {
        if !self.learns {
            return None;
        }
        let before = self.sent.partition_point(|sent| *sent <= sent_at);
        let all = self.sent.range(..before).enumerate();
        let (count, oldest) = all
            .map(|(older, sent)| (number(before - older), *sent))
            .find(|(count, sent)| {
                let age = sent_at.saturating_duration_since(*sent).as_secs_f64();
                *count >= age * per_second
            })?;
        if count < burst {
            return None;
        }
        let seconds = round(count / per_second);
        let limit = Limit::new(seconds * per_second, Duration::from_secs_f64(seconds));
        Some((limit, oldest + limit.length + self.jitter))
    }
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Windows have round lengths: whole seconds, if that fits the measurement.
fn round(seconds: f64) -> f64 {
    let whole = seconds.round();
    if (whole - seconds).abs() <= seconds * 0.05 {
        whole
    } else {
        seconds
    }
}
