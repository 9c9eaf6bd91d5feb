//! One budget of the API: what may be sent, and what is learned from rejections.

mod accepted;
mod refused;

use std::time::Duration;

use tokio::time::Instant;

use super::blocked::Blocked;
use super::bucket::Bucket;
use super::frontier::Frontier;
use super::gate::{Gate, PROBE};
use super::ramp::{Follows, Ramp};
use super::round_trip::RoundTrip;
use super::window::{Limit, Window};

/// The longest pause, whatever the API asks for: calls that are asked to wait longer fail, and
/// others may succeed.
const LONGEST_ASKED: Duration = Duration::from_secs(120);
/// How late a server may return tokens: some do so once a second.
const SERVERS_LAG: Duration = Duration::from_secs(1);
/// Rejections within this time of each other form a series.
const SERIES: Duration = Duration::from_secs(10);
/// The minimum time over which a rate is measured.
const EVIDENCE: Duration = Duration::from_secs(3);
/// The part of the assumed rate that the API must accept for it to be kept.
const ENOUGH: f64 = 0.85;
/// One in this many places of a window is reserved for normal requests, which would otherwise find
/// the window full for seconds.
const RESERVED: usize = 100;
/// The least part of the assumed rate that each rejection of a series leaves.
const DECREASE: f64 = 0.5;

/// The settings of a budget.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quota {
    /// Requests at once after a pause.
    pub(super) burst: f64,
    pub(super) per_second: f64,
    /// The limit in any window, if known.
    pub(super) limit: Option<Limit>,
    /// Whether a burst is followed by single requests.
    pub(super) is_gentle: bool,
    /// Whether rejections may show that the API counts in another window.
    pub(super) learns: bool,
}

/// One budget.
#[derive(Debug)]
pub(super) struct Budget {
    bucket: Bucket,
    window: Window,
    frontier: Frontier,
    /// Requests that have passed but are not sent yet, since they wait for another budget.
    unsent: usize,
    gate: Gate,
    /// Since when the budget is paused, by one or more rejections.
    blocked: Option<Blocked>,
    /// Rejections of requests sent before this time are not new information.
    reacted_at: Option<Instant>,
    /// The latest rejection that began a pause.
    refused_at: Option<Instant>,
    /// Since when successes are counted, and how many there were.
    counted: (Instant, u32),
    last_success: Instant,
    round_trip: RoundTrip,
    /// While it is found out how the server goes on after what seems to be a refill or a new window.
    ramp: Option<Ramp>,
    /// Whether nothing was refused since the last rest.
    is_clean: bool,
}

impl Budget {
    pub(super) fn new(quota: Quota, now: Instant) -> Self {
        Self {
            bucket: Bucket::new(&quota, now),
            window: Window::new(quota.limit, quota.learns, now),
            frontier: Frontier::new(&quota, now),
            unsent: 0,
            gate: Gate::Open,
            blocked: None,
            reacted_at: None,
            refused_at: None,
            counted: (now, 0),
            last_success: now,
            round_trip: RoundTrip::default(),
            ramp: None,
            is_clean: true,
        }
    }

    /// No request waits.
    pub(super) fn rest(&mut self, now: Instant) {
        if self.bucket.rest(now) {
            self.frontier.rest();
            self.ramp = None;
            self.is_clean = true;
        }
    }

    /// When a request can pass after this many others; a time that is not after `now` means
    /// immediately.
    pub(super) fn ready_at(&mut self, others: usize, now: Instant) -> Instant {
        let ready = self.window.ready_at(others, now);
        match self.gate {
            Gate::Paused(until) if others == 0 => ready.max(until),
            Gate::Paused(until) => ready
                .max(until + PROBE)
                .max(self.bucket.ready_at(others, now)),
            Gate::Probing { until, .. } | Gate::Alone { until, .. } if until > now => {
                ready.max(until).max(self.bucket.ready_at(others, now))
            }
            _ => ready.max(self.unheld_at(others, now)),
        }
    }

    /// When a request can pass after this many others, if nothing holds requests up.
    fn unheld_at(&mut self, others: usize, now: Instant) -> Instant {
        let ready = self.tokens_at(others, now);
        if self.bucket.follows_refills() {
            let reserve = self.bucket.reserve();
            return ready.max(self.frontier.gained_at(others, reserve));
        }
        ready
    }

    fn tokens_at(&mut self, others: usize, now: Instant) -> Instant {
        let Some(ramp) = self.ramp.filter(|_| others == 0) else {
            return self.bucket.ready_at(others, now);
        };
        let tokens_at = match ramp.follows {
            Follows::Window(_) => self.bucket.unpaced_at(now),
            Follows::Refill => self.bucket.ready_at(others, now),
        };
        tokens_at.max(ramp.ready_at(self.per_second(now)))
    }

    /// When a background request can pass without taking the reserved places of the window.
    pub(super) fn spare_at(&mut self, now: Instant) -> Instant {
        let limit = self.window.limit();
        let reserve = limit.map_or(0, |limit| limit.requests / RESERVED);
        self.window.ready_at(reserve, now)
    }

    /// Since when a request can pass, given that one can.
    pub(super) fn ready_since(&mut self, now: Instant) -> Instant {
        let since = self.window.ready_since();
        match self.gate {
            Gate::Paused(until) => since.max(until),
            Gate::Probing { until, .. } | Gate::Alone { until, .. } => {
                since.max(until).max(self.bucket.ready_since(now))
            }
            Gate::Open => since.max(self.bucket.ready_since(now)),
        }
    }

    /// Lets a request pass.
    pub(super) fn take(&mut self, now: Instant) {
        self.gate = match self.gate {
            Gate::Paused(_) => Gate::Probing {
                since: now,
                until: self.free_at().map_or(now + PROBE, |at| at.max(now)),
            },
            Gate::Probing { until, .. } if until <= now => {
                self.open(now);
                Gate::Open
            }
            Gate::Alone { until, .. } if until <= now => Gate::Open,
            gate => gate,
        };
        self.bucket.take(now);
        self.window.push(now);
        self.take_in_ramp(now);
        if self.frontier.take(now) && matches!(self.gate, Gate::Open) {
            self.gate = Gate::alone(self.window.sent_at(now), now);
        }
        self.unsent += 1;
    }

    /// A request that has passed is sent immediately.
    pub(super) fn send(&mut self) {
        self.unsent = self.unsent.saturating_sub(1);
    }

    /// A request that passed then is dropped.
    pub(super) fn give_back(&mut self, passed_at: Instant) {
        self.send();
        if matches!(self.gate, Gate::Probing { since, .. } if since == passed_at) {
            self.gate = Gate::Paused(passed_at);
        }
        if let Some(ramp) = &mut self.ramp {
            ramp.answered(passed_at);
        }
        self.bucket.give_back();
        self.window.remove(passed_at);
    }

    /// Until when a pause delays a request that passed earlier and was not sent.
    pub(super) fn held_until(&self, passed_at: Instant, now: Instant) -> Option<Instant> {
        match self.gate {
            Gate::Paused(until) => Some(until),
            Gate::Probing { since, until } | Gate::Alone { since, until, .. }
                if since != passed_at =>
            {
                Some(until)
            }
            _ => None,
        }
        .filter(|until| *until > now)
    }

    /// Lets a request that passed earlier, and has waited for another budget since, be sent now;
    /// otherwise returns when it may be sent.
    pub(super) fn send_later(&mut self, passed_at: Instant, now: Instant) -> Result<(), Instant> {
        let was_counted = self.window.remove(passed_at);
        let ready = self.window.ready_at(0, now);
        let ready = ready.max(self.held_until(passed_at, now).unwrap_or(now));
        if ready > now {
            // It has already given up its place; removing it again would remove another request's.
            if was_counted {
                self.window.put_back(passed_at);
            }
            return Err(ready);
        }
        match &mut self.gate {
            Gate::Paused(_) => self.gate = Gate::probing(now),
            Gate::Probing { since, until } if *since == passed_at => *until = now + PROBE,
            _ => {}
        }
        self.window.push(now);
        self.send();
        Ok(())
    }

    /// Whether requests are delayed, whatever their number.
    pub(super) fn is_closed(&self, now: Instant) -> bool {
        self.gate.is_closed(now)
    }

    /// What is left of a burst is sent little by little, and the faster the more of it is taken.
    pub(super) fn be_gentle(&mut self, now: Instant) {
        if !self.bucket.is_paced() {
            self.bucket.pace_strictly_from(now);
            self.bucket.let_pace_grow();
        }
    }

    /// Whether a refusal of a request that was sent at this time is this budget's own: of one by which it
    /// finds something out, or that was under way when another was refused.
    pub(super) fn expects(&self, sent_at: Instant, now: Instant) -> bool {
        let was_under_way = self.reacted_at.is_some_and(|at| sent_at <= at);
        self.ramp.is_some()
            || self.is_at_refill(sent_at, now)
            || self.blocked.is_some() && was_under_way
            || self.gate.is_probed_by(sent_at)
    }

    pub(super) fn last_success(&self) -> Instant {
        self.last_success
    }

    /// The rate that is assumed.
    pub(super) fn per_second(&self, now: Instant) -> f64 {
        self.bucket.rate().per_second(now)
    }

    /// Whether a large part of a window's limit was sent in the last one.
    pub(super) fn is_near_limit(&mut self, now: Instant) -> bool {
        let sent = self.window.count(now).saturating_sub(self.unsent);
        self.window
            .limit()
            .is_some_and(|limit| sent * 2 >= limit.requests)
    }

    /// A request was not rejected, and may have been accepted. Returns whether others can pass
    /// because of it.
    pub(super) fn answered(&mut self, sent_at: Instant, is_success: bool, now: Instant) -> bool {
        if let Some(ramp) = &mut self.ramp {
            ramp.answered(sent_at);
        }
        if is_success {
            self.last_success = now;
            self.counted.1 = self.counted.1.saturating_add(1);
            self.bucket.succeeded();
            if self.bucket.follows_refills() {
                self.bucket.learn_refill(sent_at, self.seen_at(now));
            }
            self.learn_round_trip(now.saturating_duration_since(sent_at));
            self.climb(sent_at, now);
        }
        match self.gate {
            Gate::Probing { since, .. } if sent_at >= since => {
                self.gate = Gate::Open;
                if let Some(blocked) = self.resume() {
                    self.learn(&blocked, sent_at, is_success, now);
                }
                true
            }
            Gate::Alone { .. } => {
                let spread = self.round_trip.spread();
                let is_last = self.gate.answered_alone(sent_at, spread, now);
                if is_last && self.is_clean {
                    self.bucket.let_catch_up(now);
                }
                is_last
            }
            _ => self.ramp.is_some(),
        }
    }

    fn learn_round_trip(&mut self, time: Duration) {
        if !self.round_trip.learn(time) {
            return;
        }
        let spread = self.round_trip.spread();
        let jitter = spread + spread / 4;
        self.bucket.set_jitter(jitter);
        self.bucket.set_round_trip(self.round_trip.most());
        self.window
            .set_jitter(jitter.min(Duration::from_millis(100)));
    }

    /// A request that was sent at this time was rejected.
    pub(super) fn refused(&mut self, sent_at: Instant, asked: Option<Duration>, now: Instant) {
        self.window.forget(sent_at);
        self.frontier.refuse();
        if self.bucket.refused(sent_at, self.seen_at(now)) {
            return;
        }
        let asked = asked.map(|time| time.min(LONGEST_ASKED));
        if let Gate::Paused(until) = self.gate
            && until > now
        {
            // It had passed before the pause, which it may extend.
            if let Some(time) = asked {
                self.pause(until.max(now + time), now);
            }
            return;
        }
        if self.reacted_at.is_some_and(|at| sent_at <= at) {
            return;
        }
        if let Some(ramp) = &mut self.ramp
            && ramp.refused_before(sent_at, now)
        {
            return;
        }
        self.reacted_at = Some(now);
        let is_probe = matches!(self.gate, Gate::Probing { since, .. } if sent_at >= since);
        if is_probe && self.blocked.is_some() {
            self.refuse_probe(sent_at, now);
        } else {
            self.block(sent_at, now);
        }
        self.refused_at = Some(now);
        self.bucket.pace_strictly_from(now);
        if self.ramp.take().is_some() {
            self.bucket.pace_evenly(now);
        }
        let until = now + asked.unwrap_or_else(|| self.next_pause(now));
        self.pause(until, now);
    }

    fn pause(&mut self, until: Instant, now: Instant) {
        self.gate = Gate::Paused(until);
        if let Some(blocked) = &mut self.blocked {
            let left = SERVERS_LAG.saturating_sub(blocked.frozen);
            let time = until.saturating_duration_since(now).min(left);
            self.bucket.freeze(now + time, now);
            blocked.frozen += time;
        }
    }
}
