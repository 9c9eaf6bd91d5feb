//! A budget and its queue.
//!
//! Permits are given in order of arrival. No lock is held while a permit is waited for, since a future
//! may stop being polled at any time: one that sits in a buffer while its owner awaits another call
//! must not hold up that call.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::Instant;

use super::budget::{Budget, Quota};
use super::queue::{GRACE, Queue};
use super::{Outcome, OutcomeKind};

/// One budget with its queue.
#[derive(Debug)]
pub(super) struct Lane {
    state: Mutex<Queue>,
    /// Wakes requests that have permits and were delayed before they were sent.
    opened: Notify,
}

/// The next step of a place in the queue.
enum Next {
    Pass(Instant),
    Wait(Instant),
}

impl Lane {
    pub(super) fn new(quota: Quota) -> Self {
        let now = Instant::now();
        Self {
            state: Mutex::new(Queue::new(Budget::new(quota, now), now)),
            opened: Notify::new(),
        }
    }

    fn permit_at(&self, passed_at: Instant) -> Permit<'_> {
        Permit {
            lane: self,
            passed_at,
            is_used: false,
        }
    }

    fn state(&self) -> MutexGuard<'_, Queue> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a permit.
    pub(super) async fn permit(&self) -> Permit<'_> {
        let ticket = match self.enter() {
            Ok(permit) => return permit,
            Err(ticket) => ticket,
        };
        let mut looks = 0;
        loop {
            match self.look(&ticket, looks) {
                Next::Pass(at) => return self.permit_at(at),
                Next::Wait(until) => {
                    tokio::select! {
                        () = tokio::time::sleep_until(until) => looks += 1,
                        () = ticket.wake.notified() => {}
                    }
                }
            }
        }
    }

    /// Takes a permit if one is available and nobody waits, or else a place in the queue.
    fn enter(&self) -> Result<Permit<'_>, Ticket<'_>> {
        let now = Instant::now();
        let mut state = self.state();
        if state.is_empty() {
            state.budget.rest(now);
            if state.budget.ready_at(0, now) <= now {
                state.budget.take(now);
                return Ok(self.permit_at(now));
            }
        }
        let wake = Arc::default();
        Err(Ticket {
            lane: self,
            number: state.join(&wake, now),
            wake,
        })
    }

    fn look(&self, ticket: &Ticket<'_>, looks: u32) -> Next {
        let now = Instant::now();
        let mut state = self.state();
        loop {
            let position = state.position(ticket.number, &ticket.wake, now);
            if position == 0 {
                let ready = state.budget.ready_at(0, now);
                if ready > now {
                    return Next::Wait(ready);
                }
                state.budget.take(now);
                state.remove(0, now);
                return Next::Pass(now);
            }
            let due = state.due(now);
            if now < due + GRACE {
                return Next::Wait(state.look_at(position, looks, due, now));
            }
            match state.alerted_at {
                None => {
                    state.alert(position, now);
                    return Next::Wait(now + GRACE);
                }
                Some(at) if now < at + GRACE => return Next::Wait(at + GRACE),
                Some(_) => state.pass_over_silent(now),
            }
        }
    }

    /// The API responded to a request that had its permit, or failed to.
    pub(super) fn observe(&self, outcome: &Outcome<'_>, now: Instant) {
        let mut state = self.state();
        let sent_at = outcome.sent_at();
        let is_success = match outcome.kind() {
            OutcomeKind::Refused => {
                state.budget.refused(sent_at, outcome.retry_after(), now);
                // The pause may end sooner than a probe's outcome had to be waited for.
                state.wake(0);
                return;
            }
            OutcomeKind::Success => true,
            OutcomeKind::Failed => false,
        };
        if state.budget.answered(sent_at, is_success, now) {
            state.wake(0);
            self.opened.notify_waiters();
        }
    }

    /// Whether a large part of the window's limit was sent in the last one.
    pub(super) fn is_near_limit(&self, now: Instant) -> bool {
        self.state().budget.is_near_limit(now)
    }

    /// Another budget was refused less than is documented, so that this one may be as well.
    pub(super) fn be_gentle(&self, now: Instant) {
        self.state().budget.be_gentle(now);
    }

    /// Whether a refusal of a request that was sent at this time is this budget's own.
    pub(super) fn expects(&self, sent_at: Instant, now: Instant) -> bool {
        self.state().budget.expects(sent_at, now)
    }

    /// The last success of the budget, if a request would now wait for it.
    pub(super) fn last_success_if_waited_for(&self, now: Instant) -> Option<Instant> {
        let state = self.state();
        let is_waited_for = !state.is_empty() || state.budget.is_closed(now);
        is_waited_for.then(|| state.budget.last_success())
    }

    /// Waits until a background request would not take any of the reserved places.
    pub(super) async fn spare(&self) {
        loop {
            let now = Instant::now();
            let at = self.state().budget.spare_at(now);
            if at <= now {
                return;
            }
            tokio::time::sleep_until(at).await;
        }
    }

    /// How many requests wait.
    pub(super) fn queued(&self) -> usize {
        self.state().len()
    }

    /// The rate that is assumed.
    pub(super) fn per_second(&self, now: Instant) -> f64 {
        self.state().budget.per_second(now)
    }
}

/// A permit to send a request. If dropped before that, it is given back.
#[derive(Debug)]
#[must_use = "a permit that is dropped is given back"]
pub(super) struct Permit<'a> {
    lane: &'a Lane,
    passed_at: Instant,
    is_used: bool,
}

impl Permit<'_> {
    /// Whether the request is delayed by a pause that began after it got this permit.
    pub(super) fn is_held(&self) -> bool {
        self.held_until().is_some()
    }

    /// Waits until no such pause is left.
    pub(super) async fn released(&self) {
        loop {
            let opened = self.lane.opened.notified();
            let Some(until) = self.held_until() else {
                return;
            };
            tokio::select! {
                () = tokio::time::sleep_until(until) => {}
                () = opened => {}
            }
        }
    }

    fn held_until(&self) -> Option<Instant> {
        let budget = &self.lane.state().budget;
        budget.held_until(self.passed_at, Instant::now())
    }

    /// Sends the request, which may have waited for another budget since it had this permit: what
    /// this budget has learned meanwhile applies.
    pub(super) async fn send(mut self) {
        loop {
            let now = Instant::now();
            if now == self.passed_at {
                break self.send_now();
            }
            let opened = self.lane.opened.notified();
            let sent = self.lane.state().budget.send_later(self.passed_at, now);
            let Err(until) = sent else {
                self.is_used = true;
                break;
            };
            tokio::select! {
                () = tokio::time::sleep_until(until) => {}
                () = opened => {}
            }
        }
    }

    /// Sends the request immediately.
    pub(super) fn send_now(mut self) {
        self.is_used = true;
        self.lane.state().budget.send();
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if !self.is_used {
            let mut state = self.lane.state();
            state.budget.give_back(self.passed_at);
            state.wake(0);
        }
    }
}

/// A place in the queue for as long as it is waited for.
struct Ticket<'a> {
    lane: &'a Lane,
    number: u64,
    wake: Arc<Notify>,
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        let mut state = self.lane.state();
        if let Ok(position) = state.find(self.number) {
            state.remove(position, Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use futures::poll;
    use http::{HeaderMap, StatusCode};
    use std::pin::pin;

    fn lane(burst: f64, per_second: f64) -> Lane {
        Lane::new(Quota {
            burst,
            per_second: per_second / 0.998,
            limit: None,
            is_gentle: true,
            learns: true,
        })
    }

    async fn turn(lane: &Lane) {
        lane.permit().await.send_now();
    }

    #[tokio::test(start_paused = true)]
    async fn turns_that_are_not_polled_hold_up_nobody() {
        let lane = lane(1.0, 1.0);
        turn(&lane).await;
        let mut kept: Vec<_> = (0..100).map(|_| Box::pin(turn(&lane))).collect();
        for turn in &mut kept {
            assert!(poll!(turn.as_mut()).is_pending());
        }
        let start = Instant::now();
        turn(&lane).await;
        // The 100 before it were each given their moment once a token was there.
        assert!(
            start.elapsed() <= Duration::from_secs(1) + GRACE * 101,
            "{:?}",
            start.elapsed()
        );
        for turn in kept {
            turn.await;
        }
        assert!(
            start.elapsed() >= Duration::from_secs(101),
            "a token for each"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_dropped_turn_lets_the_next_one_in_at_once() {
        let lane = lane(1.0, 1.0);
        turn(&lane).await;
        let start = Instant::now();
        let mut first = Box::pin(turn(&lane));
        let mut second = pin!(turn(&lane));
        assert!(poll!(first.as_mut()).is_pending());
        assert!(poll!(second.as_mut()).is_pending());
        tokio::time::sleep(Duration::from_millis(500)).await;
        drop(first);
        second.await;
        let took = start.elapsed();
        assert!(
            took >= Duration::from_secs(1) && took < Duration::from_secs(1) + GRACE,
            "{took:?}"
        );
    }

    /// What was sent beside a request that is held up again and again still counts.
    #[tokio::test(start_paused = true)]
    async fn a_request_that_is_held_up_leaves_the_window_as_it_is() {
        let start = Instant::now();
        let lane = Lane::new(Quota {
            burst: 3.0,
            per_second: 1000.0,
            limit: Some(super::super::window::Limit::new(
                2.0,
                Duration::from_secs(3),
            )),
            is_gentle: false,
            learns: false,
        });
        tokio::time::sleep(Duration::from_secs(10)).await;
        let (held, sent) = (lane.permit().await, lane.permit().await);
        sent.send_now();
        let since = Instant::now();
        let headers = HeaderMap::new();
        let pause = |millis| {
            let refusal = Outcome::response(start, StatusCode::TOO_MANY_REQUESTS, &headers)
                .with_retry_after(Duration::from_millis(millis));
            lane.observe(&refusal, Instant::now());
        };
        tokio::time::sleep(Duration::from_millis(100)).await;
        pause(200);
        let mut held = pin!(held.send());
        assert!(poll!(held.as_mut()).is_pending());
        pause(500);
        held.await;
        assert_eq!(since.elapsed(), Duration::from_millis(600));
        let success = Outcome::response(Instant::now(), StatusCode::OK, &headers);
        lane.observe(&success, Instant::now());
        turn(&lane).await;
        assert_eq!(since.elapsed(), Duration::from_secs(3));
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_is_waited_out_by_those_who_wait_already_and_empties_no_bucket() {
        let lane = lane(5.0, 5.0);
        let start = Instant::now();
        let headers = HeaderMap::new();
        for seconds in [7, 1] {
            let refusal = Outcome::response(start, StatusCode::TOO_MANY_REQUESTS, &headers)
                .with_retry_after(Duration::from_secs(seconds));
            lane.observe(&refusal, start);
        }
        turn(&lane).await;
        assert_eq!(start.elapsed(), Duration::from_secs(7));
        // Those behind it wait for what becomes of it.
        let mut others = pin!(turn(&lane));
        assert!(poll!(others.as_mut()).is_pending());
        let success = Outcome::response(Instant::now(), StatusCode::OK, &headers);
        lane.observe(&success, Instant::now());
        others.await;
        assert!(
            start.elapsed() < Duration::from_millis(7200),
            "{:?}",
            start.elapsed()
        );
    }
}
