//! A budget and the queue before it.
//!
//! Permits are given in order of arrival. No lock is held while a permit is waited for, since a future
//! may stop being polled at any time: one that sits in a buffer while its owner awaits another call
//! must not hold up that call. When a token is left untaken, whoever notices alerts all before it;
//! those that do not answer then lose their places, and get them back when they are polled again.
//!
//! The first waits for its token, and whoever leaves wakes the one behind. As that one may not be
//! polled, nobody relies on it: each looks for itself whether the queue moves. It looks soon after
//! it came, since those it found there may not be polled, and then ever later, up to a time that
//! grows with its place; and it is woken when three quarters of those before it have left. So its
//! looks grow with the logarithm of its place, and not with the time that it waits.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::{Outcome, OutcomeKind};
use super::budget::{Budget, Quota};

/// How long a token may be left untaken before those in front are alerted, and how long they then
/// have. A future that is polled takes its permit as soon as the runtime gets to it.
const GRACE: Duration = Duration::from_millis(50);

/// One budget with its queue.
#[derive(Debug)]
pub(super) struct Lane {
    state: Mutex<State>,
    /// Wakes requests that have permits, and were held up when they were to be sent.
    opened: Notify,
}

#[derive(Debug)]
struct State {
    budget: Budget,
    queue: VecDeque<Place>,
    next_number: u64,
    /// Since when the first of the queue has been first.
    first_since: Instant,
    /// When those in front were alerted that a token is left untaken.
    alerted_at: Option<Instant>,
}

#[derive(Debug)]
struct Place {
    number: u64,
    wake: Arc<Notify>,
    /// Whether it was alerted and has not looked since.
    is_silent: bool,
}

impl State {
    /// The position of a ticket's place, which from now on is not silent. A place that was lost is
    /// put back to where it was by order of arrival.
    fn position(&mut self, ticket: &Ticket<'_>, now: Instant) -> usize {
        match self.find(ticket.number) {
            Ok(position) => {
                if let Some(place) = self.queue.get_mut(position) {
                    place.is_silent = false;
                }
                position
            }
            Err(position) => {
                self.queue.insert(position, ticket.place());
                if position == 0 {
                    self.first_is_new(now);
                }
                position
            }
        }
    }

    /// Where a place is, or else where it would be.
    fn find(&self, number: u64) -> Result<usize, usize> {
        self.queue
            .binary_search_by_key(&number, |place| place.number)
    }

    /// Takes a place out and wakes those who may have to look sooner than they knew: the one behind
    /// it, and whoever now stands in another [`stage`].
    fn remove(&mut self, position: usize, now: Instant) {
        self.queue.remove(position);
        if position == 0 {
            self.first_is_new(now);
        }
        self.wake(position);
        let mut first_of_stage = 4;
        while first_of_stage <= self.queue.len() {
            if first_of_stage > position {
                self.wake(first_of_stage - 1);
            }
            first_of_stage *= 4;
        }
    }

    fn wake(&self, position: usize) {
        if let Some(place) = self.queue.get(position) {
            place.wake.notify_one();
        }
    }

    fn first_is_new(&mut self, now: Instant) {
        self.first_since = now;
        self.alerted_at = None;
    }

    /// When the first of the queue can pass, or since when it could have.
    fn due(&mut self, now: Instant) -> Instant {
        let ready = self.budget.ready_at(0, now);
        if ready > now {
            return ready;
        }
        self.first_since.max(self.budget.ready_since(now))
    }

    /// When a place behind the first is to look whether the queue moves: the later the more stand
    /// before it, and the more often it has looked by itself, but as soon as its own permit
    /// should have come.
    fn look_at(&mut self, position: usize, looks: u32, due: Instant, now: Instant) -> Instant {
        let others = u32::try_from(position).unwrap_or(u32::MAX - 1);
        let patience = (GRACE * others).min(GRACE * 16_u32.saturating_pow(looks));
        let own = self.budget.ready_at(position, now);
        (due + patience).min(own + GRACE)
    }

    /// Wakes all in front of a position.
    fn alert(&mut self, position: usize, now: Instant) {
        self.alerted_at = Some(now);
        for place in self.queue.range_mut(..position) {
            place.is_silent = true;
            place.wake.notify_one();
        }
    }

    /// Takes out the places that did not answer the alert.
    fn pass_over_silent(&mut self, now: Instant) {
        let (mut before, mut after) = (0, 0);
        self.queue.retain(|place| {
            before += 1;
            if place.is_silent {
                return false;
            }
            after += 1;
            if stage(before - 1) != stage(after - 1) {
                place.wake.notify_one();
            }
            true
        });
        self.first_is_new(now);
        self.wake(0);
    }
}

/// How far back a position is: each stage but the first holds three times as many as all before it.
fn stage(position: usize) -> u32 {
    position.max(1).ilog(4)
}

/// What a place in the queue is to do next.
enum Next {
    Pass(Instant),
    Wait(Instant),
}

impl Lane {
    pub(super) fn new(quota: Quota) -> Self {
        let now = Instant::now();
        Self {
            state: Mutex::new(State {
                budget: Budget::new(quota, now),
                queue: VecDeque::new(),
                next_number: 0,
                first_since: now,
                alerted_at: None,
            }),
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

    fn state(&self) -> MutexGuard<'_, State> {
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

    /// Takes a permit that is there when nobody waits, or else a place in the queue.
    fn enter(&self) -> Result<Permit<'_>, Ticket<'_>> {
        let now = Instant::now();
        let mut state = self.state();
        if state.queue.is_empty() {
            state.budget.rest(now);
            if state.budget.ready_at(0, now) <= now {
                state.budget.take(now);
                return Ok(self.permit_at(now));
            }
            state.first_is_new(now);
        }
        let ticket = Ticket {
            lane: self,
            number: state.next_number,
            wake: Arc::new(Notify::new()),
        };
        state.next_number += 1;
        state.queue.push_back(ticket.place());
        Err(ticket)
    }

    fn look(&self, ticket: &Ticket<'_>, looks: u32) -> Next {
        let now = Instant::now();
        let mut state = self.state();
        loop {
            let position = state.position(ticket, now);
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

    /// Whether much of what the budget allows in a window was sent in the last one.
    pub(super) fn is_near_limit(&self, now: Instant) -> bool {
        self.state().budget.is_near_limit(now)
    }

    /// The last success of the budget, if a request would now wait for it.
    pub(super) fn last_success_if_waited_for(&self, now: Instant) -> Option<Instant> {
        let state = self.state();
        let is_waited_for = !state.queue.is_empty() || state.budget.is_closed(now);
        is_waited_for.then(|| state.budget.last_success())
    }

    /// How many wait.
    pub(super) fn queued(&self) -> usize {
        self.state().queue.len()
    }

    /// The rate that is assumed.
    pub(super) fn per_second(&self, now: Instant) -> f64 {
        self.state().budget.per_second(now)
    }
}

/// A request that may be sent. Dropped before that, it is given back.
#[derive(Debug)]
#[must_use = "a permit that is dropped is given back"]
pub(super) struct Permit<'a> {
    lane: &'a Lane,
    passed_at: Instant,
    is_used: bool,
}

impl Permit<'_> {
    /// Sends the request, which may have waited for another budget since it had this permit: what
    /// this budget has learned meanwhile counts.
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

    /// Sends the request at once.
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

impl Ticket<'_> {
    fn place(&self) -> Place {
        Place {
            number: self.number,
            wake: Arc::clone(&self.wake),
            is_silent: false,
        }
    }
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
        assert!(start.elapsed() < Duration::from_millis(7200), "{:?}", start.elapsed());
    }
}
