//! One budget of the API's: what may be sent of it, and what its refusals teach.

mod refused;

use std::time::Duration;

use tokio::time::Instant;

use super::bucket::Bucket;
use super::window::{Limit, Window};

/// How long a refusal without `Retry-After` pauses a budget; each that follows without a success
/// in between doubles it.
const PAUSE: Duration = Duration::from_millis(250);
const BACKOFF: u32 = 3;
/// The longest pause that the limiter takes by itself.
const LONGEST_PAUSE: Duration = Duration::from_secs(3);
/// The longest pause, whatever the API asks for: calls that are asked to wait longer fail by
/// themselves, and others may fare better.
const LONGEST_ASKED: Duration = Duration::from_secs(120);
/// How long the one request that is sent after a pause may take until others follow.
const PROBE: Duration = Duration::from_secs(1);
/// Servers may be late by so much in giving tokens back: those that do so once a second.
const SERVERS_LAG: Duration = Duration::from_secs(1);
/// Refusals within this time of each other make a series.
const SERIES: Duration = Duration::from_secs(10);
/// The time that a rate is read from, at least.
const EVIDENCE: Duration = Duration::from_secs(3);
/// The part of the assumed rate that the API must take for it to be kept.
const ENOUGH: f64 = 0.85;
/// One of so many places of a window is left to requests that may not wait: they would else find
/// the window full for seconds.
const RESERVED: usize = 100;
/// What a series leaves of the assumed rate, at least, with each refusal.
const DECREASE: f64 = 0.5;

/// What a budget is made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quota {
    /// Requests at once after a pause.
    pub(super) burst: f64,
    pub(super) per_second: f64,
    /// In any window, where that is known.
    pub(super) limit: Option<Limit>,
    /// Whether a burst is followed by single requests.
    pub(super) is_gentle: bool,
    /// Whether refusals may show that the API counts in another window.
    pub(super) learns: bool,
}

/// One budget.
#[derive(Debug)]
pub(super) struct Budget {
    bucket: Bucket,
    window: Window,
    /// Requests that have passed and are not sent, since they wait for another budget.
    unsent: usize,
    gate: Gate,
    /// Since the budget is paused, by one refusal or more.
    blocked: Option<Blocked>,
    /// Refusals of requests that were sent before this time teach nothing new.
    reacted_at: Option<Instant>,
    /// The latest refusal that began a pause.
    refused_at: Option<Instant>,
    /// Since when successes are counted, and how many there were.
    counted: (Instant, u32),
    last_success: Instant,
    round_trip: Option<RoundTrip>,
}

#[derive(Debug, Clone, Copy)]
enum Gate {
    Open,
    /// Nobody passes until then, and then one.
    Paused(Instant),
    /// One has passed; others do when its outcome is known, or at that time.
    Probing {
        since: Instant,
        until: Instant,
    },
}

impl Gate {
    fn probing(now: Instant) -> Self {
        Self::Probing {
            since: now,
            until: now + PROBE,
        }
    }
}

#[derive(Debug)]
struct Blocked {
    /// Refused probes.
    probes: u32,
    /// How much of the time is not gained as tokens.
    frozen: Duration,
    /// What would explain it, if it ends at that time and not before.
    window: Option<(Limit, Instant)>,
    /// Whether a request was refused since the window should have had a place.
    refutes: bool,
    /// Whether it is the first of a series.
    is_first: bool,
}

#[derive(Debug, Clone, Copy)]
struct RoundTrip {
    least: Duration,
    most: Duration,
}

impl Budget {
    pub(super) fn new(quota: Quota, now: Instant) -> Self {
        Self {
            bucket: Bucket::new(&quota, now),
            window: Window::new(quota.limit, quota.learns, now),
            unsent: 0,
            gate: Gate::Open,
            blocked: None,
            reacted_at: None,
            refused_at: None,
            counted: (now, 0),
            last_success: now,
            round_trip: None,
        }
    }

    /// Nobody waits.
    pub(super) fn rest(&mut self, now: Instant) {
        self.bucket.rest(now);
    }

    /// When a request can pass after this many others; a time that is not after `now` means at once.
    pub(super) fn ready_at(&mut self, others: usize, now: Instant) -> Instant {
        let ready = self.window.ready_at(others, now);
        match self.gate {
            Gate::Paused(until) if others == 0 => ready.max(until),
            Gate::Paused(until) => ready
                .max(until + PROBE)
                .max(self.bucket.ready_at(others, now)),
            Gate::Probing { until, .. } if until > now => {
                ready.max(until).max(self.bucket.ready_at(others, now))
            }
            _ => ready.max(self.bucket.ready_at(others, now)),
        }
    }

    /// When a request that may wait can pass without taking the last places of the window.
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
            Gate::Probing { until, .. } => since.max(until).max(self.bucket.ready_since(now)),
            Gate::Open => since.max(self.bucket.ready_since(now)),
        }
    }

    /// Lets a request pass that can.
    pub(super) fn take(&mut self, now: Instant) {
        self.gate = match self.gate {
            Gate::Paused(_) => Gate::probing(now),
            Gate::Probing { until, .. } if until <= now => {
                self.resume();
                Gate::Open
            }
            gate => gate,
        };
        self.bucket.take(now);
        self.window.push(now);
        self.unsent += 1;
    }

    /// A request that has passed is sent at the same time.
    pub(super) fn send(&mut self) {
        self.unsent = self.unsent.saturating_sub(1);
    }

    /// A request that passed then is given up.
    pub(super) fn give_back(&mut self, passed_at: Instant) {
        self.send();
        if matches!(self.gate, Gate::Probing { since, .. } if since == passed_at) {
            self.gate = Gate::Paused(passed_at);
        }
        self.bucket.give_back();
        self.window.remove(passed_at);
    }

    /// Until when a pause holds up a request that passed earlier and was not sent.
    pub(super) fn held_until(&self, passed_at: Instant, now: Instant) -> Option<Instant> {
        match self.gate {
            Gate::Paused(until) => Some(until),
            Gate::Probing { since, until } if since != passed_at => Some(until),
            _ => None,
        }
        .filter(|until| *until > now)
    }

    /// Lets a request that passed earlier, and waited for another budget since, be sent now; or else
    /// returns when it may be.
    pub(super) fn send_later(&mut self, passed_at: Instant, now: Instant) -> Result<(), Instant> {
        let was_counted = self.window.remove(passed_at);
        let ready = self.window.ready_at(0, now);
        let ready = ready.max(self.held_until(passed_at, now).unwrap_or(now));
        if ready > now {
            // Its place is its own: to remove it again would be to remove another's.
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

    /// Whether requests are held up, whatever their number.
    pub(super) fn is_closed(&self, now: Instant) -> bool {
        match self.gate {
            Gate::Open => false,
            Gate::Paused(until) | Gate::Probing { until, .. } => until > now,
        }
    }

    pub(super) fn last_success(&self) -> Instant {
        self.last_success
    }

    /// The rate that is assumed.
    pub(super) fn per_second(&self, now: Instant) -> f64 {
        self.bucket.rate().per_second(now)
    }

    /// Whether a good part of what is allowed in a window was sent in the last one.
    pub(super) fn is_near_limit(&mut self, now: Instant) -> bool {
        let sent = self.window.count(now).saturating_sub(self.unsent);
        self.window
            .limit()
            .is_some_and(|limit| sent * 2 >= limit.requests)
    }

    /// A request was not refused, and may have been taken. Whether others can pass because of it.
    pub(super) fn answered(&mut self, sent_at: Instant, is_success: bool, now: Instant) -> bool {
        if is_success {
            self.last_success = now;
            self.counted.1 = self.counted.1.saturating_add(1);
            self.bucket.succeeded();
            self.learn_round_trip(now.saturating_duration_since(sent_at));
        }
        match self.gate {
            Gate::Probing { since, .. } if sent_at >= since => {
                self.gate = Gate::Open;
                if let Some(blocked) = self.resume()
                    && blocked.probes > 0
                {
                    self.learn_window(&blocked, sent_at, now);
                }
                true
            }
            _ => false,
        }
    }

    /// Learns from a request that was taken after others were refused.
    fn learn_window(&mut self, blocked: &Blocked, sent_at: Instant, now: Instant) {
        if let Some((limit, free_at)) = blocked.window
            && !blocked.refutes
            && sent_at >= free_at
        {
            self.window.set_limit(limit);
            self.bucket.restore(blocked.frozen, now);
        }
        if blocked.is_first {
            // Where nothing at all was taken for a while there is no rate to be read.
            self.counted = (now, 0);
        }
    }

    fn resume(&mut self) -> Option<Blocked> {
        self.bucket.let_pace_grow();
        self.blocked.take()
    }

    fn learn_round_trip(&mut self, time: Duration) {
        let trip = self.round_trip.get_or_insert(RoundTrip {
            least: time,
            most: time,
        });
        // Both forget slowly.
        trip.least = time.min(trip.least + time.saturating_sub(trip.least) / 64);
        let excess = trip.most.saturating_sub(time) / 64;
        trip.most = time.max(trip.most.saturating_sub(excess));
        let jitter = (trip.most.saturating_sub(trip.least)).mul_f64(1.25);
        self.bucket.set_jitter(jitter);
        self.window
            .set_jitter(jitter.min(Duration::from_millis(100)));
    }

    /// A request was refused that was sent at this time.
    pub(super) fn refused(&mut self, sent_at: Instant, asked: Option<Duration>, now: Instant) {
        self.window.forget(sent_at);
        let asked = asked.map(|time| time.min(LONGEST_ASKED));
        if let Gate::Paused(until) = self.gate
            && until > now
        {
            // It had passed before the pause, which may grow by it.
            if let Some(time) = asked {
                self.pause(until.max(now + time), now);
            }
            return;
        }
        if self.reacted_at.is_some_and(|at| sent_at <= at) {
            return;
        }
        self.reacted_at = Some(now);
        let is_probe = matches!(self.gate, Gate::Probing { since, .. } if sent_at >= since);
        match &mut self.blocked {
            Some(blocked) if is_probe => {
                blocked.probes += 1;
                blocked.refutes |= blocked.window.is_some_and(|(_, at)| sent_at >= at);
            }
            _ => self.block(sent_at, now),
        }
        self.refused_at = Some(now);
        self.bucket.pace_from(now);
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
