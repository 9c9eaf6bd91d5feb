//! The background lane: calls that yield to all others.
//!
//! Background calls of one operation stand in a queue of their own, and only its first waits in the
//! limiter's; it enters there while no other call waits for a permit. So another call finds at most
//! one background call of each operation before it, however many there are, whatever the limiter.
//! A queue for each operation, since an operation may have a budget of its own, for which others
//! are not to wait.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use neon_api_raw::{BoxFuture, Route};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::Engine;
use super::run::CallRun;
use crate::limiter::Limiter;
use crate::queue::Queue;

/// How long the first background call may go without being polled before others pass it.
const LEASE: Duration = Duration::from_millis(100);
/// How long normal calls may make no progress before background calls continue: their futures may
/// not be polled, or they may wait for a budget that others do not need. Some three times as long
/// as the account's limit lies between two permits.
const STANDSTILL: Duration = Duration::from_millis(250);
/// How long a poll lets other calls that wait for permits go first, at most. The limit of a route in
/// any second holds a burst of changes up for a second; polls that took the permits of the account
/// meanwhile would hold it up again, and with it the end of what they poll.
const POLLS_YIELD: Duration = Duration::from_millis(1250);

/// The two lanes of a client.
#[derive(Debug)]
pub(super) struct Lanes {
    background: Mutex<HashMap<&'static str, Arc<Queue>>>,
    normal: Mutex<Normal>,
    /// Notified when no normal call waits any more, and when only polls do.
    cleared: Notify,
}

/// Normal calls that wait.
#[derive(Debug)]
struct Normal {
    waiting: usize,
    /// Those of them that are no polls.
    changes_and_reads: usize,
    /// When one of them last came or went.
    moved_at: Instant,
}

impl Default for Lanes {
    fn default() -> Self {
        Self {
            background: Mutex::default(),
            normal: Mutex::new(Normal {
                waiting: 0,
                changes_and_reads: 0,
                moved_at: Instant::now(),
            }),
            cleared: Notify::new(),
        }
    }
}

impl Lanes {
    /// Waits for a permit behind all normal calls.
    async fn permit(&self, number: u64, limiter: &dyn Limiter, operation: &'static Route) {
        let turn = self.queue(operation).turn(number).await;
        let permit = async {
            limiter.spare(operation).await;
            self.clear().await;
            limiter.permit(operation).await;
        };
        turn.keep(permit).await;
    }

    fn queue(&self, operation: &'static Route) -> Arc<Queue> {
        let mut queues = self
            .background
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let queue = queues
            .entry(operation.id)
            .or_insert_with(|| Arc::new(Queue::new(LEASE)));
        Arc::clone(queue)
    }

    /// Waits until no normal call waits for a permit, or until those that wait make no progress.
    async fn clear(&self) {
        loop {
            // Before the state is read, so that no notification is missed.
            let cleared = self.cleared.notified();
            let stands_at = {
                let normal = self.normal();
                if normal.waiting == 0 {
                    return;
                }
                normal.moved_at + STANDSTILL
            };
            if stands_at <= Instant::now() {
                return;
            }
            tokio::select! {
                () = cleared => {}
                () = tokio::time::sleep_until(stands_at) => {}
            }
        }
    }

    /// Waits until no normal call but polls waits for a permit, for a while at most.
    async fn let_calls_go_first(&self) {
        let clear = async {
            loop {
                // Before the state is read, so that no notification is missed.
                let cleared = self.cleared.notified();
                if self.normal().changes_and_reads == 0 {
                    return;
                }
                cleared.await;
            }
        };
        // In vain: the poll goes on.
        let _ = tokio::time::timeout(POLLS_YIELD, clear).await;
    }

    fn normal(&self) -> MutexGuard<'_, Normal> {
        self.normal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A normal call that waits for a permit. Dropping it lets background calls continue.
#[derive(Debug)]
pub(super) struct Precedence<'a> {
    lanes: &'a Lanes,
    is_poll: bool,
}

impl<'a> Precedence<'a> {
    fn new(lanes: &'a Lanes, is_poll: bool) -> Self {
        let mut normal = lanes.normal();
        normal.waiting += 1;
        normal.changes_and_reads += usize::from(!is_poll);
        normal.moved_at = Instant::now();
        drop(normal);
        Self { lanes, is_poll }
    }
}

impl Drop for Precedence<'_> {
    fn drop(&mut self) {
        let mut normal = self.lanes.normal();
        normal.waiting -= 1;
        normal.changes_and_reads -= usize::from(!self.is_poll);
        normal.moved_at = Instant::now();
        let is_cleared = normal.waiting == 0 || !self.is_poll && normal.changes_and_reads == 0;
        drop(normal);
        if is_cleared {
            self.lanes.cleared.notify_waiters();
        }
    }
}

impl Engine {
    /// What a poll waits for before it asks for a permit: the calls that wait for theirs, unless they
    /// take long.
    pub(crate) async fn let_calls_go_first(&self) {
        self.shared.lanes.let_calls_go_first().await;
    }
}

impl<'a> CallRun<'a> {
    /// Waits for a permit in the call's lane.
    pub(super) fn permit(&self) -> BoxFuture<'a, ()> {
        let shared = self.shared;
        let limiter = &*shared.settings.limiter;
        if self.yields() {
            let lanes = &shared.lanes;
            Box::pin(lanes.permit(self.number, limiter, self.call.route))
        } else {
            limiter.permit(self.call.route)
        }
    }

    /// What holds background calls back while this call waits for its permit.
    pub(super) fn precedence(&self) -> Option<Precedence<'a>> {
        let is_poll = self.engine.poll.is_some();
        (!self.yields()).then(|| Precedence::new(&self.shared.lanes, is_poll))
    }

    /// Whether this call waits behind all others. One that is the first of its project's queue does
    /// not: calls of either lane stand behind it.
    pub(super) fn yields(&self) -> bool {
        self.engine.is_background() && self.turn.is_none()
    }
}
