//! The waiting requests of one operation, and the slots that were reserved for them.
//!
//! A waiter may stop being polled at any time. If a slot is not taken, the waiter that notices alerts
//! those in front of it; those that do not react lose their places, and get them back when they are
//! polled again.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::budgets::Budgets;

/// How long a slot may go untaken before the waiters in front are alerted, and how long they have to
/// react.
pub(crate) const GRACE: Duration = Duration::from_millis(50);
/// How long a slot can be used after its time.
const USABLE: Duration = Duration::from_secs(3);

#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) budgets: Arc<Budgets>,
    places: VecDeque<Place>,
    /// Slots of the first places, in order.
    pub(crate) slots: VecDeque<Instant>,
    /// A slot of the group that was reserved ahead of the account's.
    pub(crate) narrow_slot: Option<Instant>,
    /// Nothing is reserved before.
    pub(crate) blocked_until: Instant,
    first_since: Instant,
    alerted_at: Option<Instant>,
}

#[derive(Debug)]
struct Place {
    number: u64,
    wake: Arc<Notify>,
    is_silent: bool,
}

impl Lane {
    pub(crate) fn new(budgets: Arc<Budgets>, now: Instant) -> Self {
        Self {
            budgets,
            places: VecDeque::new(),
            slots: VecDeque::new(),
            narrow_slot: None,
            blocked_until: now,
            first_since: now,
            alerted_at: None,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    /// The number of the first place.
    pub(crate) fn first(&self) -> Option<u64> {
        self.places.front().map(|place| place.number)
    }

    /// The number of the first place that has no slot.
    pub(crate) fn first_without_slot(&self) -> Option<u64> {
        self.places.get(self.slots.len()).map(|place| place.number)
    }

    /// The position of a place, which from now on is not silent; a new or lost one is inserted by
    /// order of arrival.
    pub(crate) fn position(&mut self, number: u64, wake: &Arc<Notify>, now: Instant) -> usize {
        match self.find(number) {
            Ok(position) => {
                if let Some(place) = self.places.get_mut(position) {
                    place.is_silent = false;
                }
                position
            }
            Err(position) => {
                let place = Place {
                    number,
                    wake: Arc::clone(wake),
                    is_silent: false,
                };
                self.places.insert(position, place);
                if position == 0 {
                    self.first_is_new(now);
                }
                position
            }
        }
    }

    fn find(&self, number: u64) -> Result<usize, usize> {
        self.places
            .binary_search_by_key(&number, |place| place.number)
    }

    pub(crate) fn remove(&mut self, number: u64, now: Instant) {
        if let Ok(position) = self.find(number) {
            self.places.remove(position);
            if position == 0 {
                self.first_is_new(now);
            }
        }
    }

    pub(crate) fn wake_first(&self) {
        if let Some(place) = self.places.front() {
            place.wake.notify_one();
        }
    }

    fn first_is_new(&mut self, now: Instant) {
        self.first_since = now;
        self.alerted_at = None;
    }

    /// Forgets slots whose time is long past, or lies in a pause.
    pub(crate) fn prune(&mut self, now: Instant, paused_until: Instant) {
        self.slots
            .retain(|slot| *slot + USABLE > now && (*slot >= paused_until || paused_until <= now));
        if self
            .narrow_slot
            .is_some_and(|slot| slot + USABLE * 10 < now)
        {
            self.narrow_slot = None;
        }
    }

    /// Lets this position pass the silent ones in front of it, if the first could have had its permit
    /// since `ready`. Returns when to check again.
    pub(crate) fn pass_over(&mut self, position: usize, ready: Instant, now: Instant) -> Instant {
        let due = ready.max(self.first_since);
        if now < due + GRACE {
            return due + GRACE;
        }
        match self.alerted_at {
            None => {
                self.alerted_at = Some(now);
                for place in self.places.range_mut(..position) {
                    place.is_silent = true;
                    place.wake.notify_one();
                }
                now + GRACE
            }
            Some(at) if now < at + GRACE => at + GRACE,
            Some(_) => {
                self.places.retain(|place| !place.is_silent);
                self.first_is_new(now);
                now
            }
        }
    }
}
