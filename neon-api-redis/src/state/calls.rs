//! Calls of the script: when one is due, and for whom.
//!
//! One runs at a time. It belongs to no waiter: whoever is polled drives it, so that a waiter that is
//! dropped or not polled holds up nobody. There is no task that could outlive the limiter.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use neon_api::raw::Route;
use tokio::runtime::{Handle, Id};
use tokio::time::Instant;

use super::{Lane, State, UNKNOWN_MEMBERS};
use crate::budgets::Budgets;
use crate::connections::{Connections, Failure};
use crate::request::{Refused, Reply, Request};

/// When a call is given up that nobody drives.
const ABANDONED: Duration = Duration::from_millis(250);
/// The same for one that may have to connect first.
const PROBE_ABANDONED: Duration = Duration::from_millis(1500);
/// For how long ahead a process may hold slots, if not for one request only.
const AHEAD: f64 = 0.25;

pub(crate) type Response = Result<Reply, Failure>;

/// A call that runs.
#[derive(Debug, Clone)]
pub(crate) struct Running {
    pub(super) number: u64,
    pub(super) operation: &'static str,
    pub(super) began: Instant,
    pub(super) refusal_sent_at: Option<Instant>,
    pub(super) has_narrow_slot: bool,
    expires: Instant,
    /// Its timers and connections belong to this runtime, and cannot be polled on another.
    runtime: Id,
    pub(crate) response: Shared<BoxFuture<'static, Response>>,
}

impl Running {
    pub(super) fn expires_at(&self) -> Instant {
        self.expires
    }
}

/// A call that is due.
struct Plan {
    operation: &'static str,
    want: usize,
    has_narrow_slot: bool,
}

impl State {
    /// The running call, or the next one if it is due, unless it runs on another runtime.
    /// `operation` is that of the caller, which may only want to know whether its slot is still good.
    pub(crate) fn call(
        &mut self,
        connections: &Arc<Connections>,
        operation: &'static Route,
        now: Instant,
    ) -> Option<Running> {
        if self.call.is_none() {
            let plan = self.plan(operation.id, now)?;
            self.start(&plan, connections, now);
        }
        self.running()
    }

    /// A call that reserves nothing.
    pub(crate) fn ask(
        &mut self,
        connections: &Arc<Connections>,
        operation: &'static Route,
        now: Instant,
    ) -> Option<Running> {
        self.expire_call(now);
        self.lane(operation, now);
        if self.call.is_none() {
            let plan = Plan {
                operation: operation.id,
                want: 0,
                has_narrow_slot: false,
            };
            self.start(&plan, connections, now);
        }
        self.running()
    }

    /// The running call, or one that reports refusals.
    pub(crate) fn report(
        &mut self,
        connections: &Arc<Connections>,
        now: Instant,
    ) -> Option<Running> {
        self.expire_call(now);
        if self.away.is_some() {
            return None;
        }
        let operation = *self.refusals.keys().next()?;
        if self.call.is_none() {
            let plan = self.refusal_plan(operation, now);
            self.start(&plan, connections, now);
        }
        self.running()
    }

    fn running(&self) -> Option<Running> {
        let runtime = Handle::try_current().ok()?.id();
        self.call.clone().filter(|call| call.runtime == runtime)
    }

    /// Gives up a call that nobody drives.
    pub(super) fn expire_call(&mut self, now: Instant) {
        if self.call.as_ref().is_some_and(|call| call.expires <= now) {
            self.call = None;
        }
    }

    fn plan(&self, own: &'static str, now: Instant) -> Option<Plan> {
        if self.away.as_ref().is_some_and(|away| away.next_probe > now) {
            return None;
        }
        if let Some(operation) = self.refusals.keys().next() {
            return Some(self.refusal_plan(operation, now));
        }
        if let Some(operation) = self.next_operation(now) {
            return Some(self.reservation(operation, now));
        }
        let has_slot = |lane: &Lane| lane.slots.front().is_some_and(|slot| *slot <= now);
        let is_stale = !self.is_fresh(now) && self.lanes.get(own).is_some_and(has_slot);
        (is_stale || self.away.is_some()).then_some(Plan {
            operation: own,
            want: 0,
            has_narrow_slot: false,
        })
    }

    /// A refusal is reported with the call of its own operation, if that is due, or alone.
    fn refusal_plan(&self, operation: &'static str, now: Instant) -> Plan {
        if self.next_operation(now) == Some(operation) {
            return self.reservation(operation, now);
        }
        Plan {
            operation,
            want: 0,
            has_narrow_slot: false,
        }
    }

    /// The operation of the request that waits longest of those for which a slot can be reserved.
    fn next_operation(&self, now: Instant) -> Option<&'static str> {
        if self.full_until > now || self.allowance(now) == 0 {
            return None;
        }
        let lanes = self.lanes.iter().filter_map(|(operation, lane)| {
            let number = lane.first_without_slot()?;
            let is_open = lane.blocked_until <= now && lane.narrow_slot.is_none_or(|at| at <= now);
            is_open.then_some((number, *operation))
        });
        lanes.min().map(|(_, operation)| operation)
    }

    fn reservation(&self, operation: &'static str, now: Instant) -> Plan {
        let lane = self.lanes.get(operation);
        let waiting = lane.map_or(0, |lane| lane.len().saturating_sub(lane.slots.len()));
        let has_narrow_slot = lane.is_some_and(|lane| lane.narrow_slot.is_some());
        let most = if has_narrow_slot {
            1
        } else {
            self.allowance(now)
        };
        Plan {
            operation,
            want: waiting.min(most),
            has_narrow_slot,
        }
    }

    /// How many more slots the process may hold: its share of a quarter of a second, or one.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn allowance(&self, now: Instant) -> usize {
        let members = self.members.unwrap_or(UNKNOWN_MEMBERS);
        let share = self.of_account() * self.part * AHEAD / members;
        let ahead = |lane: &Lane| lane.slots.iter().filter(|slot| **slot > now).count();
        let held: usize = self.lanes.values().map(ahead).sum();
        (share.floor().clamp(1.0, 1000.0) as usize).saturating_sub(held)
    }

    fn start(&mut self, plan: &Plan, connections: &Arc<Connections>, now: Instant) {
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let Some(lane) = self.lanes.get(plan.operation) else {
            return;
        };
        let refusal = self.refusals.get(plan.operation).copied();
        let request = self.request(plan, &lane.budgets, now);
        let connections = Arc::clone(connections);
        let is_probe = self.away.is_some();
        let response = async move {
            if is_probe {
                connections.probe(&request).await
            } else {
                connections.call(&request).await
            }
        };
        self.calls += 1;
        self.call = Some(Running {
            number: self.calls,
            operation: plan.operation,
            began: now,
            refusal_sent_at: refusal.map(|refusal| refusal.sent_at),
            has_narrow_slot: plan.has_narrow_slot,
            expires: now + if is_probe { PROBE_ABANDONED } else { ABANDONED },
            runtime: runtime.id(),
            response: response.boxed().shared(),
        });
    }

    fn request(&self, plan: &Plan, budgets: &Arc<Budgets>, now: Instant) -> Request {
        let refused = self.refusals.get(plan.operation).map(|refusal| Refused {
            age: now.saturating_duration_since(refusal.sent_at),
            wait: refusal
                .until
                .map(|until| until.saturating_duration_since(now)),
        });
        Request {
            keys: self.fixed.keys.clone(),
            member: Arc::clone(&self.fixed.member),
            budgets: Arc::clone(budgets),
            want: plan.want,
            has_narrow_slot: plan.has_narrow_slot,
            members: self.members.unwrap_or(1.0),
            known_start: self.known_start,
            absence: self.away.as_ref().map(|away| away.absence(budgets, now)),
            refused,
        }
    }

    /// The first call, made when the limiter is built.
    pub(crate) fn first_request(&mut self, operation: &'static Route, now: Instant) -> Request {
        let budgets = Arc::clone(&self.lane(operation, now).budgets);
        let plan = Plan {
            operation: operation.id,
            want: 0,
            has_narrow_slot: false,
        };
        self.request(&plan, &budgets, now)
    }
}
