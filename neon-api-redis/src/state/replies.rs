//! What the outcome of a call, or of a request to the API, changes.

use std::time::Duration;

use neon_api::raw::Route;
use neon_api::{Outcome, OutcomeKind};
use tokio::time::Instant;

use super::calls::{Response, Running};
use super::{Refusal, State};
use crate::request::{Reply, Status};

/// How long an operation pauses locally until a refusal is reported to Redis.
const PAUSE: Duration = Duration::from_millis(250);
/// Refusals of requests that were sent longer ago say nothing about now.
const LATEST: Duration = Duration::from_secs(10);
/// The longest pause, as in Redis.
const LONGEST_PAUSE: Duration = Duration::from_secs(120);

impl State {
    /// Applies the response to a call, once.
    pub(crate) fn apply(&mut self, call: &Running, response: Response) {
        if self
            .call
            .as_ref()
            .is_none_or(|running| running.number != call.number)
        {
            return;
        }
        self.call = None;
        let now = Instant::now();
        match response {
            Ok(reply) => {
                self.forget_refusal(call);
                if call.has_narrow_slot
                    && !reply.slots.is_empty()
                    && let Some(lane) = self.lanes.get_mut(call.operation)
                {
                    lane.narrow_slot = None;
                }
                self.heard(call.operation, call.began, &reply, now);
            }
            Err(failure) => {
                if self.away.is_none() {
                    let policy = if self.fixed.is_closed {
                        "nothing is sent"
                    } else {
                        "a share of the rate is used"
                    };
                    tracing::warn!(target: "neon_api_redis", reason = failure, "Redis is away: {policy}");
                } else {
                    tracing::debug!(target: "neon_api_redis", reason = failure, "Redis is still away");
                }
                self.go_away(now);
            }
        }
    }

    /// The result of the first call, made when the limiter is built.
    pub(crate) fn started(&mut self, reply: Option<Reply>, began: Instant) {
        let now = Instant::now();
        if let Some(reply) = reply {
            self.heard("", began, &reply, now);
        } else {
            tracing::warn!(target: "neon_api_redis", "Redis cannot be reached yet");
            self.go_away(now);
        }
    }

    /// Takes what the script returned. Times count from now: a late response only sends later.
    pub(crate) fn heard(&mut self, operation: &str, began: Instant, reply: &Reply, now: Instant) {
        if self.away.take().is_some() {
            tracing::info!(target: "neon_api_redis", members = reply.members, "Redis is back");
        }
        self.heard_at = Some(began);
        self.members = Some(reply.members);
        self.known_start = Some(reply.start);
        self.part = reply.part;
        self.lead_until = now + reply.lead;
        self.lead = reply.lead;
        if !reply.account_pause.is_zero() {
            self.account_paused_until = now + reply.account_pause;
        } else if self.account_paused_until > now {
            self.account_paused_until = now;
        }
        if let Some(lane) = self.lanes.get_mut(operation) {
            // Redis knows better than the local pause for which budget the refusal counts.
            lane.blocked_until = now + reply.narrow_pause;
            lane.slots
                .retain(|slot| *slot >= lane.blocked_until || reply.narrow_pause.is_zero());
            lane.slots
                .extend(reply.slots.iter().map(|slot| now + *slot));
            match reply.status {
                Status::Granted => {}
                Status::Narrow(wait) => lane.narrow_slot = Some(now + wait),
                Status::Blocked(wait) => {
                    lane.blocked_until = lane.blocked_until.max(now + spread(wait));
                }
                Status::Later(wait) => self.full_until = now + spread(wait),
            }
        }
        let paused_until = self.account_paused_until;
        for lane in self.lanes.values_mut() {
            lane.prune(now, paused_until);
        }
        self.wake();
    }

    fn forget_refusal(&mut self, call: &Running) {
        let reported = call.refusal_sent_at;
        let known = self
            .refusals
            .get(call.operation)
            .map(|refusal| refusal.sent_at);
        // Another one may have come since.
        if known.is_some() && known == reported {
            self.refusals.remove(call.operation);
        }
    }

    /// The outcome of a request to the API.
    pub(crate) fn observe(&mut self, operation: &'static Route, outcome: &Outcome<'_>) {
        let now = Instant::now();
        self.lane(operation, now);
        match outcome.kind() {
            OutcomeKind::Refused => self.refused(operation, outcome, now),
            OutcomeKind::Success => {
                if let Some(lane) = self.lanes.get(operation.id) {
                    self.successes.add(&lane.budgets, now);
                }
            }
            _ => {}
        }
    }

    fn refused(&mut self, operation: &'static Route, outcome: &Outcome<'_>, now: Instant) {
        self.refusals
            .retain(|_, refusal| refusal.sent_at + LATEST > now);
        let asked = outcome.retry_after().map(|wait| wait.min(LONGEST_PAUSE));
        let until = asked.map(|wait| now + wait);
        let refusal = Refusal {
            sent_at: outcome.sent_at(),
            until,
        };
        let known = self.refusals.entry(operation.id).or_insert(refusal);
        known.sent_at = known.sent_at.max(refusal.sent_at);
        known.until = known.until.max(until);
        let paused_until = now + asked.unwrap_or(PAUSE);
        let is_away = self.away.is_some();
        let Some(lane) = self.lanes.get_mut(operation.id) else {
            return;
        };
        lane.blocked_until = lane.blocked_until.max(paused_until);
        let is_of_account = lane.budgets.group.is_none();
        if is_away && is_of_account {
            self.account_paused_until = self.account_paused_until.max(paused_until);
        }
        self.wake();
    }
}

/// A little later, at another moment in each process.
fn spread(wait: Duration) -> Duration {
    wait + wait
        .min(Duration::from_secs(1))
        .mul_f64(fastrand::f64() / 4.0)
        + Duration::from_micros(fastrand::u64(0..2000))
}
