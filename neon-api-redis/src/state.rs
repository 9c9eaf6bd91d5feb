//! What the requests of a process share: their places, their slots, and what Redis said last.

mod calls;
mod replies;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use neon_api::Rates;
use neon_api::raw::Route;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::away::{Away, UNKNOWN_MEMBERS};
use crate::budgets::Budgets;
use crate::connections::Connections;
use crate::lane::{GRACE, Lane};
use crate::request::Keys;
use crate::successes::Successes;

pub(crate) use calls::Running;

/// How old the last response of Redis may be when a slot is used: a pause may have begun since.
const FRESH: Duration = Duration::from_millis(250);
/// The longest sleep without a reason.
const IDLE: Duration = Duration::from_secs(1);

/// What stays as it is.
#[derive(Debug)]
pub(crate) struct Fixed {
    pub(crate) rates: Rates,
    pub(crate) keys: Keys,
    /// The name of this process.
    pub(crate) member: Arc<str>,
    /// Whether nothing is sent without Redis.
    pub(crate) is_closed: bool,
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) fixed: Fixed,
    lanes: HashMap<&'static str, Lane>,
    next_number: u64,
    call: Option<Running>,
    calls: u64,
    /// When the last call began that was responded to.
    heard_at: Option<Instant>,
    known_start: Option<i64>,
    members: Option<f64>,
    /// The part of the account's rate that the API accepts.
    part: f64,
    account_paused_until: Instant,
    /// The account is full beyond the horizon until then.
    full_until: Instant,
    /// When the account could send one more request.
    pub(crate) lead_until: Instant,
    /// How far ahead that was.
    lead: Duration,
    away: Option<Away>,
    refusals: HashMap<&'static str, Refusal>,
    pub(crate) successes: Successes,
    /// Whether a task reports the refusals.
    pub(crate) is_reporting: bool,
}

/// A 429 response that was not reported to Redis yet.
#[derive(Debug, Clone, Copy)]
struct Refusal {
    sent_at: Instant,
    until: Option<Instant>,
}

/// A place in the queue of an operation.
#[derive(Debug)]
pub(crate) struct Ticket {
    pub(crate) operation: &'static Route,
    pub(crate) number: u64,
    pub(crate) wake: Arc<Notify>,
    /// How often it has checked by itself whether the queue moves.
    pub(crate) looks: u32,
}

/// What a waiter does next.
pub(crate) enum Step {
    Go,
    /// Waits until then, until it is woken, or until this call is over.
    Wait(Instant, Option<Running>),
}

impl State {
    pub(crate) fn new(fixed: Fixed, now: Instant) -> Self {
        Self {
            fixed,
            lanes: HashMap::new(),
            next_number: 0,
            call: None,
            calls: 0,
            heard_at: None,
            known_start: None,
            members: None,
            part: 1.0,
            account_paused_until: now,
            full_until: now,
            lead_until: now,
            lead: Duration::ZERO,
            away: None,
            refusals: HashMap::new(),
            successes: Successes::new(now),
            is_reporting: false,
        }
    }

    pub(crate) fn join(&mut self, operation: &'static Route) -> Ticket {
        let number = self.next_number;
        self.next_number += 1;
        Ticket {
            operation,
            number,
            wake: Arc::default(),
            looks: 0,
        }
    }

    pub(crate) fn leave(&mut self, ticket: &Ticket, now: Instant) {
        if let Some(lane) = self.lanes.get_mut(ticket.operation.id) {
            lane.remove(ticket.number, now);
        }
        self.wake();
    }

    fn lane(&mut self, operation: &'static Route, now: Instant) -> &mut Lane {
        let rates = &self.fixed.rates;
        let lane = self.lanes.entry(operation.id);
        lane.or_insert_with(|| Lane::new(Arc::new(Budgets::new(rates, operation)), now))
    }

    /// Wakes the first of each queue.
    fn wake(&self) {
        for lane in self.lanes.values() {
            lane.wake_first();
        }
    }

    /// The next step of a place.
    pub(crate) fn step(&mut self, ticket: &Ticket, connections: &Arc<Connections>) -> Step {
        let now = Instant::now();
        let paused_until = self.account_paused_until;
        self.expire_call(now);
        let lane = self.lane(ticket.operation, now);
        let mut position = lane.position(ticket.number, &ticket.wake, now);
        lane.prune(now, paused_until);
        let mut check_at = now + IDLE;
        if position > 0 {
            check_at = self.check_at(ticket, position, now);
            if ticket.looks > 0
                && let Some(ready) = self.ready_since(ticket.operation, now)
            {
                let lane = self.lane(ticket.operation, now);
                check_at = check_at.min(lane.pass_over(position, ready, now));
                position = lane.position(ticket.number, &ticket.wake, now);
            }
        }
        if position == 0 && self.take(ticket, now) {
            return Step::Go;
        }
        if position > 0 && ticket.looks == 0 {
            return Step::Wait(check_at, None);
        }
        let call = self.call(connections, ticket.operation, now);
        if position == 0 {
            check_at = self.next_event(ticket.operation, now);
        }
        Step::Wait(check_at.max(now + Duration::from_millis(1)), call)
    }

    /// Takes the permit of the first place, if it is due.
    fn take(&mut self, ticket: &Ticket, now: Instant) -> bool {
        if self.ready_since(ticket.operation, now).is_none() {
            return false;
        }
        let Some(lane) = self.lanes.get_mut(ticket.operation.id) else {
            return false;
        };
        if lane.slots.front().is_some_and(|slot| *slot <= now) {
            lane.slots.pop_front();
        } else if let Some(away) = &mut self.away {
            away.take(&lane.budgets, now);
        }
        lane.remove(ticket.number, now);
        self.wake();
        true
    }

    /// Since when the first place of an operation could have had its permit, if it can.
    fn ready_since(&self, operation: &'static Route, now: Instant) -> Option<Instant> {
        let lane = self.lanes.get(operation.id)?;
        let slot = lane.slots.front().filter(|slot| **slot <= now).copied();
        match (&self.away, slot) {
            (None, Some(slot)) => self.is_fresh(now).then_some(slot),
            (Some(_), Some(slot)) => Some(slot),
            (Some(away), None) if !self.fixed.is_closed => {
                let ready = self.share_ready_at(away, lane);
                let is_first = self.lanes.values().all(|other| {
                    other
                        .first()
                        .is_none_or(|first| Some(first) >= lane.first())
                        || self.share_ready_at(away, other) > now
                });
                // Of several operations, the one that waits longest goes first, if it is polled.
                (ready <= now && (is_first || ready + GRACE <= now)).then_some(ready)
            }
            (None | Some(_), None) => None,
        }
    }

    fn share_ready_at(&self, away: &Away, lane: &Lane) -> Instant {
        let blocked = lane.blocked_until.max(self.account_paused_until);
        away.ready_at(&lane.budgets).max(blocked)
    }

    fn is_fresh(&self, now: Instant) -> bool {
        self.heard_at.is_some_and(|at| at + FRESH > now)
    }

    /// When a place behind the first checks by itself whether the queue moves.
    fn check_at(&self, ticket: &Ticket, position: usize, now: Instant) -> Instant {
        let others = u32::try_from(position).unwrap_or(u32::MAX - 1);
        let slot = self
            .lanes
            .get(ticket.operation.id)
            .and_then(|lane| lane.slots.front());
        let due = slot.map_or(now, |slot| now.max(*slot));
        due + (GRACE * others).min(GRACE * 16_u32.saturating_pow(ticket.looks))
    }

    /// The next time at which the first place may have something to do.
    fn next_event(&self, operation: &'static Route, now: Instant) -> Instant {
        let mut events = vec![self.full_until, self.account_paused_until];
        events.extend(self.call.as_ref().map(Running::expires_at));
        events.extend(self.lanes.values().filter_map(|lane| lane.slots.front()));
        if let Some(lane) = self.lanes.get(operation.id) {
            events.push(lane.blocked_until);
            events.extend(lane.narrow_slot);
        }
        if let Some(away) = &self.away {
            events.push(away.next_probe);
            if !self.fixed.is_closed
                && let Some(lane) = self.lanes.get(operation.id)
            {
                let ready = self.share_ready_at(away, lane);
                events.push(ready);
                events.push(ready + GRACE);
            }
        }
        let next = events.into_iter().filter(|event| *event > now).min();
        next.map_or(now + IDLE, |event| event.min(now + IDLE))
    }

    /// Loses the connection to Redis.
    fn go_away(&mut self, now: Instant) {
        for lane in self.lanes.values_mut() {
            lane.narrow_slot = None;
        }
        if let Some(away) = &mut self.away {
            away.probe_failed(now);
        } else {
            let members = self.members.unwrap_or(UNKNOWN_MEMBERS);
            self.away = Some(Away::new(
                members,
                self.part,
                self.of_account(),
                now + self.lead,
                now,
            ));
        }
        self.wake();
    }

    /// The account's requests a second.
    fn of_account(&self) -> f64 {
        Budgets::account_per_second(&self.fixed.rates)
    }

    /// Requests that wait.
    pub(crate) fn queued(&self) -> usize {
        self.lanes.values().map(Lane::len).sum()
    }

    /// The rate of the account, or of this process without Redis.
    pub(crate) fn per_second(&self) -> f64 {
        let full = self.of_account();
        match &self.away {
            Some(_) if self.fixed.is_closed => 0.0,
            Some(away) => away.per_second(full),
            None => full * self.part,
        }
    }

    pub(crate) fn is_away(&self) -> bool {
        self.away.is_some()
    }

    /// The last success of the budgets that requests of an operation wait for.
    pub(crate) fn last_success(&self, operation: &'static Route, now: Instant) -> Option<Instant> {
        let lane = self.lanes.get(operation.id);
        let waits = |lane: &Lane| lane.len() > 0 || lane.blocked_until > now;
        let is_narrow =
            lane.is_some_and(|lane| lane.blocked_until > now || lane.narrow_slot.is_some());
        let is_waited_for = self.account_paused_until > now || self.lanes.values().any(waits);
        is_waited_for.then(|| {
            self.successes
                .last(lane.filter(|_| is_narrow).map(|lane| &*lane.budgets))
        })
    }
}
