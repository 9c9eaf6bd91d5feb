//! The queue of those who wait for an empty retry budget.
//!
//! They pass in order of arrival. Nothing is held over a wait, since a future may stop being polled
//! at any time: each place sees for itself whether the queue moves, the later the further back it
//! stands. Where those in front leave a retry untaken they are woken, and those that do not come
//! then lose their places until they are polled again.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// How long a retry may be left untaken before those in front are woken, and how long they then
/// have. A future that is polled takes its own as soon as the runtime gets to it.
const GRACE: Duration = Duration::from_millis(50);

#[derive(Debug, Default)]
pub(super) struct Queue {
    /// In order of their numbers.
    places: VecDeque<Place>,
    next_number: u64,
    /// Since when the first place has been the first.
    first_since: Option<Instant>,
    /// When those in front were woken since they left a retry untaken.
    alerted_at: Option<Instant>,
}

#[derive(Debug)]
struct Place {
    number: u64,
    wake: Arc<Notify>,
    /// Whether it was alerted and has not come since.
    is_silent: bool,
}

/// The right to a place.
#[derive(Debug)]
pub(super) struct Ticket {
    number: u64,
    wake: Arc<Notify>,
}

impl Ticket {
    /// Waits until the place may have something to do.
    pub(super) async fn woken(&self) {
        self.wake.notified().await;
    }
}

/// What a place is to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// It is its move, and its place is given up.
    Pass,
    Wait(Instant),
}

impl Queue {
    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Takes the last place.
    pub(super) fn enter(&mut self, now: Instant) -> Ticket {
        let ticket = Ticket {
            number: self.next_number,
            wake: Arc::new(Notify::new()),
        };
        self.next_number += 1;
        self.insert(self.places.len(), &ticket, now);
        ticket
    }

    /// Gives up a place, if it is still held.
    pub(super) fn leave(&mut self, ticket: &Ticket, now: Instant) {
        if let Ok(position) = self.find(ticket) {
            self.remove(position, now);
        }
    }

    pub(super) fn wake_first(&self) {
        if let Some(place) = self.places.front() {
            place.wake.notify_one();
        }
    }

    /// What a place is to do when the next one may pass from `open_at` on.
    pub(super) fn next(&mut self, ticket: &Ticket, open_at: Instant, now: Instant) -> Next {
        loop {
            let position = self.position(ticket, now);
            if position == 0 {
                if open_at > now {
                    return Next::Wait(open_at);
                }
                self.remove(0, now);
                return Next::Pass;
            }
            let due = self.first_since.map_or(open_at, |at| at.max(open_at));
            let behind = u32::try_from(position / 8).unwrap_or(u32::MAX - 1);
            let late = due + GRACE * (behind + 1);
            if now < late {
                return Next::Wait(late);
            }
            match self.alerted_at {
                None => {
                    self.alert(position, now);
                    return Next::Wait(now + GRACE);
                }
                Some(at) if now < at + GRACE => return Next::Wait(at + GRACE),
                Some(_) => {
                    self.places.retain(|place| !place.is_silent);
                    self.first_is_new(now);
                    self.wake_first();
                }
            }
        }
    }

    /// The position of a place, which from now on is not silent. One that was lost is put back to
    /// where it was by order of arrival.
    fn position(&mut self, ticket: &Ticket, now: Instant) -> usize {
        match self.find(ticket) {
            Ok(position) => {
                if let Some(place) = self.places.get_mut(position) {
                    place.is_silent = false;
                }
                position
            }
            Err(position) => {
                self.insert(position, ticket, now);
                position
            }
        }
    }

    /// Where a place is, or else where it would be.
    fn find(&self, ticket: &Ticket) -> Result<usize, usize> {
        self.places
            .binary_search_by_key(&ticket.number, |place| place.number)
    }

    fn insert(&mut self, position: usize, ticket: &Ticket, now: Instant) {
        let place = Place {
            number: ticket.number,
            wake: Arc::clone(&ticket.wake),
            is_silent: false,
        };
        self.places.insert(position, place);
        if position == 0 {
            self.first_is_new(now);
        }
    }

    fn remove(&mut self, position: usize, now: Instant) {
        self.places.remove(position);
        if position == 0 {
            self.first_is_new(now);
            self.wake_first();
        }
    }

    fn first_is_new(&mut self, now: Instant) {
        self.first_since = Some(now);
        self.alerted_at = None;
    }

    /// Wakes all in front of a position.
    fn alert(&mut self, position: usize, now: Instant) {
        self.alerted_at = Some(now);
        for place in self.places.range_mut(..position) {
            place.is_silent = true;
            place.wake.notify_one();
        }
    }
}
