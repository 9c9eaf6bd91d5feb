//! A token bucket and the queue before it.
//!
//! Turns are given in order of arrival. No lock is held while a turn is waited for, since a future
//! may stop being polled at any time: one that sits in a buffer while its owner awaits another call
//! must not hold up that call. When a token is left untaken, whoever notices alerts all before it;
//! those that do not move then lose their places, and get them back when they are polled again.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::bucket::Bucket;

/// How long a token may be left untaken before those in front are alerted, and how long they then
/// have. A future that is polled takes its turn as soon as the runtime gets to it.
const GRACE: Duration = Duration::from_millis(50);

/// One bucket with its queue.
#[derive(Debug)]
pub(super) struct Lane {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    bucket: Bucket,
    queue: VecDeque<Place>,
    next_number: u64,
    /// Since when the first of the queue has been first.
    first_since: Instant,
    /// When those in front were alerted that a token is left untaken.
    alerted_at: Option<Instant>,
    /// Until when nobody passes.
    paused_until: Option<Instant>,
}

#[derive(Debug)]
struct Place {
    number: u64,
    wake: Arc<Notify>,
}

impl State {
    fn position(&self, number: u64) -> Option<usize> {
        self.queue
            .binary_search_by_key(&number, |place| place.number)
            .ok()
    }

    /// Takes a place out and lets the new first know, if there is one.
    fn remove(&mut self, position: usize, now: Instant) {
        self.queue.remove(position);
        if position == 0 {
            self.first_since = now;
            self.alerted_at = None;
            if let Some(first) = self.queue.front() {
                first.wake.notify_one();
            }
        }
    }

    /// When the place at a position can pass, if all before it do.
    fn ready_at(&mut self, position: usize, now: Instant) -> Instant {
        let ready = self.bucket.ready_at(position, now);
        match self.paused_until {
            Some(until) if until > now => ready.max(until),
            _ => ready,
        }
    }

    /// Wakes all in front of a position.
    fn alert(&mut self, position: usize, now: Instant) {
        self.alerted_at = Some(now);
        for place in self.queue.range(..position) {
            place.wake.notify_one();
        }
    }

    /// Since when the first of the queue could have passed, if it can.
    fn untaken_since(&mut self, now: Instant) -> Option<Instant> {
        if self.ready_at(0, now) > now {
            return None;
        }
        let mut since = self.first_since.max(self.bucket.ready_since(now));
        if let Some(until) = self.paused_until {
            since = since.max(until);
        }
        Some(since)
    }
}

/// What a place in the queue is to do next.
enum Next {
    Pass,
    Wait(Instant),
}

impl Lane {
    pub(super) fn new(burst: f64, per_second: f64) -> Self {
        let now = Instant::now();
        Self {
            state: Mutex::new(State {
                bucket: Bucket::new(burst, per_second, now),
                queue: VecDeque::new(),
                next_number: 0,
                first_since: now,
                alerted_at: None,
                paused_until: None,
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a turn. `adjust` is called with the bucket before each look at it.
    pub(super) async fn turn(&self, adjust: impl Fn(&mut Bucket, Instant)) {
        let ticket = self.queue_up();
        loop {
            match self.look(&ticket, &adjust) {
                Next::Pass => return,
                Next::Wait(until) => {
                    tokio::select! {
                        () = tokio::time::sleep_until(until) => {}
                        () = ticket.wake.notified() => {}
                    }
                }
            }
        }
    }

    fn queue_up(&self) -> Ticket<'_> {
        let mut state = self.state();
        let number = state.next_number;
        state.next_number += 1;
        let wake = Arc::new(Notify::new());
        if state.queue.is_empty() {
            state.first_since = Instant::now();
        }
        state.queue.push_back(Place {
            number,
            wake: Arc::clone(&wake),
        });
        drop(state);
        Ticket {
            lane: self,
            number,
            wake,
        }
    }

    fn look(&self, ticket: &Ticket<'_>, adjust: impl Fn(&mut Bucket, Instant)) -> Next {
        let now = Instant::now();
        let mut state = self.state();
        adjust(&mut state.bucket, now);
        loop {
            let position = match state.position(ticket.number) {
                Some(position) => position,
                None => state.come_back(ticket),
            };
            let ready = state.ready_at(position, now);
            if position == 0 {
                if ready > now {
                    return Next::Wait(ready);
                }
                state.bucket.take(now);
                state.remove(0, now);
                return Next::Pass;
            }
            let patience = GRACE * (1 + position.ilog2());
            let Some(since) = state.untaken_since(now) else {
                return Next::Wait(state.ready_at(0, now) + patience);
            };
            if now < since + GRACE {
                return Next::Wait(since + patience);
            }
            match state.alerted_at {
                None => {
                    state.alert(position, now);
                    return Next::Wait(now + GRACE);
                }
                Some(at) if now < at + GRACE => return Next::Wait(at + GRACE),
                Some(_) => drop(state.queue.drain(..position)),
            }
        }
    }

    /// Lets nobody pass until then, and starts with an empty bucket.
    pub(super) fn pause(&self, until: Instant, empties: bool) {
        let mut state = self.state();
        if state.paused_until.is_none_or(|known| known < until) {
            state.paused_until = Some(until);
        }
        if empties {
            state.bucket.empty(until);
        }
    }
}

impl State {
    /// Puts a place that was lost back to where it was by order of arrival.
    fn come_back(&mut self, ticket: &Ticket<'_>) -> usize {
        let position = self
            .queue
            .partition_point(|place| place.number < ticket.number);
        let place = Place {
            number: ticket.number,
            wake: Arc::clone(&ticket.wake),
        };
        self.queue.insert(position, place);
        if position == 0 {
            self.first_since = Instant::now();
        }
        position
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
        if let Some(position) = state.position(self.number) {
            state.remove(position, Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::poll;
    use std::pin::pin;

    fn lane() -> Lane {
        Lane::new(1.0, 1.0)
    }

    async fn turn(lane: &Lane) {
        lane.turn(|_, _| {}).await;
    }

    #[tokio::test(start_paused = true)]
    async fn turns_that_are_not_polled_hold_up_nobody() {
        let lane = lane();
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
        let lane = lane();
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
    async fn a_pause_is_waited_out_by_those_who_wait_already() {
        let lane = Lane::new(5.0, 5.0);
        lane.pause(Instant::now() + Duration::from_secs(7), true);
        let start = Instant::now();
        turn(&lane).await;
        let took = start.elapsed();
        assert!(
            took >= Duration::from_millis(7200) && took < Duration::from_millis(7210),
            "{took:?}"
        );
    }
}
