//! The queue of a budget.
//!
//! If a token is not taken, the waiter that notices alerts all waiters in front of it; those that
//! do not react lose their places, and get them back when they are polled again.
//!
//! The first waits for its token, and a waiter that leaves wakes the next one. Since that one may
//! not be polled, each also checks by itself whether the queue moves: soon after it arrived, since
//! those in front may not be polled, and then at growing intervals, up to one that grows with its
//! place. It is also woken when three quarters of those in front have left. So the number of checks
//! grows with the logarithm of its place, and not with the time that it waits.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::budget::Budget;

/// How long a token may go untaken before the waiters in front are alerted, and how long they then
/// have to react. A future that is polled takes its permit as soon as the runtime gets to it.
pub(super) const GRACE: Duration = Duration::from_millis(50);

/// A budget and its waiters.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) budget: Budget,
    places: VecDeque<Place>,
    next_number: u64,
    /// Since when the first waiter has been first.
    first_since: Instant,
    /// When the waiters in front were alerted that a token is untaken.
    pub(super) alerted_at: Option<Instant>,
}

#[derive(Debug)]
struct Place {
    number: u64,
    wake: Arc<Notify>,
    /// Whether it was alerted and has not reacted since.
    is_silent: bool,
}

impl Place {
    fn new(number: u64, wake: &Arc<Notify>) -> Self {
        Self {
            number,
            wake: Arc::clone(wake),
            is_silent: false,
        }
    }
}

impl Queue {
    pub(super) fn new(budget: Budget, now: Instant) -> Self {
        Self {
            budget,
            places: VecDeque::new(),
            next_number: 0,
            first_since: now,
            alerted_at: None,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// Takes the last place, and returns its number.
    pub(super) fn join(&mut self, wake: &Arc<Notify>, now: Instant) -> u64 {
        if self.is_empty() {
            self.first_is_new(now);
        }
        let number = self.next_number;
        self.next_number += 1;
        self.places.push_back(Place::new(number, wake));
        number
    }

    /// The position of a place, which from now on is not silent. A lost place is restored by order
    /// of arrival.
    pub(super) fn position(&mut self, number: u64, wake: &Arc<Notify>, now: Instant) -> usize {
        match self.find(number) {
            Ok(position) => {
                if let Some(place) = self.places.get_mut(position) {
                    place.is_silent = false;
                }
                position
            }
            Err(position) => {
                self.places.insert(position, Place::new(number, wake));
                if position == 0 {
                    self.first_is_new(now);
                }
                position
            }
        }
    }

    /// The position of a place, or where it would be.
    pub(super) fn find(&self, number: u64) -> Result<usize, usize> {
        self.places
            .binary_search_by_key(&number, |place| place.number)
    }

    /// Removes a place and wakes the waiters that may have to check earlier than planned: the one
    /// behind it, and those that are now in another [`stage`].
    pub(super) fn remove(&mut self, position: usize, now: Instant) {
        self.places.remove(position);
        if position == 0 {
            self.first_is_new(now);
        }
        self.wake(position);
        let mut first_of_stage = 4;
        while first_of_stage <= self.places.len() {
            if first_of_stage > position {
                self.wake(first_of_stage - 1);
            }
            first_of_stage *= 4;
        }
    }

    pub(super) fn wake(&self, position: usize) {
        if let Some(place) = self.places.get(position) {
            place.wake.notify_one();
        }
    }

    fn first_is_new(&mut self, now: Instant) {
        self.first_since = now;
        self.alerted_at = None;
    }

    /// When the first of the queue can pass, or since when it could have.
    pub(super) fn due(&mut self, now: Instant) -> Instant {
        let ready = self.budget.ready_at(0, now);
        if ready > now {
            return ready;
        }
        self.first_since.max(self.budget.ready_since(now))
    }

    /// When a place behind the first checks whether the queue moves: the later, the more waiters
    /// are in front and the more often it has checked, but no later than its own permit is due.
    pub(super) fn look_at(
        &mut self,
        position: usize,
        looks: u32,
        due: Instant,
        now: Instant,
    ) -> Instant {
        let others = u32::try_from(position).unwrap_or(u32::MAX - 1);
        let patience = (GRACE * others).min(GRACE * 16_u32.saturating_pow(looks));
        let own = self.budget.ready_at(position, now);
        (due + patience).min(own + GRACE)
    }

    /// Wakes all in front of a position.
    pub(super) fn alert(&mut self, position: usize, now: Instant) {
        self.alerted_at = Some(now);
        for place in self.places.range_mut(..position) {
            place.is_silent = true;
            place.wake.notify_one();
        }
    }

    /// Removes the places that did not react to the alert.
    pub(super) fn pass_over_silent(&mut self, now: Instant) {
        let (mut before, mut after) = (0, 0);
        self.places.retain(|place| {
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
