//! Changes in flight, and the shutdown of a client.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::Uri;
use neon_api_raw::error::OneLine;
use neon_api_raw::{Route, TransportError};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::Engine;
use super::blocked::{BlockReason, Blocked, shown_path};
use super::patience::Bounds;
use super::request_id::RequestId;
use super::run::CallRun;
use crate::clock;
use crate::numbered::Numbered;

/// How many changes with an unknown outcome are remembered.
const REMEMBERED: usize = 1000;

/// Counts the changes that are in flight, for a client and all clients derived from it.
#[derive(Debug)]
pub(super) struct Drain {
    has_begun: watch::Sender<bool>,
    changes: Mutex<Changes>,
    /// Notified when none is in flight anymore.
    emptied: Notify,
}

#[derive(Debug, Default)]
struct Changes {
    /// By call number.
    in_flight: Numbered<Change>,
    unknown: VecDeque<UnknownChange>,
}

/// A change as it was sent.
#[derive(Debug, Clone)]
struct Change {
    operation: &'static Route,
    uri: Uri,
    request_id: RequestId,
}

impl Change {
    fn ended(&self, base_path: &str, end: ChangeEnd) -> UnknownChange {
        UnknownChange {
            operation: self.operation,
            path: shown_path(self.operation, self.uri.path(), base_path),
            request_id: self.request_id.text(),
            end,
        }
    }
}

impl Default for Drain {
    fn default() -> Self {
        Self {
            has_begun: watch::Sender::new(false),
            changes: Mutex::default(),
            emptied: Notify::new(),
        }
    }
}

impl Drain {
    /// The failure of a new change while the client shuts down.
    pub(super) fn blocks(&self, operation: &'static Route) -> Option<Blocked> {
        let blocks = !operation.is_safe() && *self.has_begun.borrow();
        blocks.then(|| BlockReason::ShutDown.blocks(operation))
    }

    fn changes(&self) -> MutexGuard<'_, Changes> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Blocks new changes and lets those in flight complete until then; returns those that have
    /// not.
    async fn run(&self, until: Instant, base_path: &str) -> ShutdownReport {
        self.has_begun.send_replace(true);
        loop {
            // Before the state is read, so that no notification is missed.
            let emptied = self.emptied.notified();
            if self.changes().in_flight.is_empty()
                || tokio::time::timeout_at(until, emptied).await.is_err()
            {
                break;
            }
        }
        let changes = self.changes();
        let in_flight = changes.in_flight.values();
        let in_flight = in_flight.map(|change| change.ended(base_path, ChangeEnd::InFlight));
        ShutdownReport {
            unknown: changes.unknown.iter().cloned().chain(in_flight).collect(),
        }
    }
}

/// A change that is in flight. Dropping it before it completes makes its outcome unknown.
#[derive(Debug)]
pub(super) struct InFlight<'a> {
    drain: &'a Drain,
    base_path: &'a str,
    number: u64,
    end: Option<ChangeEnd>,
}

impl InFlight<'_> {
    /// The response has arrived, or will not.
    pub(super) fn end(mut self, is_unknown: bool) {
        self.end = is_unknown.then_some(ChangeEnd::Failed);
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        let mut changes = self.drain.changes();
        let change = changes.in_flight.remove(self.number);
        if let (Some(change), Some(end)) = (change, self.end) {
            if changes.unknown.len() == REMEMBERED {
                changes.unknown.pop_front();
            }
            let ended = change.ended(self.base_path, end);
            changes.unknown.push_back(ended);
        }
        let is_emptied = changes.in_flight.is_empty();
        drop(changes);
        if is_emptied {
            self.drain.emptied.notify_waiters();
        }
    }
}

impl<'a> CallRun<'a> {
    /// Records a change that is about to be sent, unless the client is shutting down.
    pub(super) fn take_off(
        &self,
        request_id: &RequestId,
    ) -> Result<Option<InFlight<'a>>, TransportError> {
        let operation = self.call.route;
        if operation.is_safe() {
            return Ok(None);
        }
        let drain = &self.shared.drain;
        let change = Change {
            operation,
            uri: self.call.request.uri().clone(),
            request_id: request_id.clone(),
        };
        let mut changes = drain.changes();
        // Under the lock, so that a shutdown that has seen none in flight sees none afterwards.
        if let Some(blocked) = drain.blocks(operation) {
            return Err(blocked.into_failure());
        }
        changes.in_flight.insert(self.number, change);
        drop(changes);
        Ok(Some(InFlight {
            drain,
            base_path: &self.shared.base_path,
            number: self.number,
            end: Some(ChangeEnd::Dropped),
        }))
    }
}

impl Bounds<'_> {
    /// Runs a wait of a change that is not in flight; it ends when the client shuts down.
    pub(super) async fn unless_shut_down<T>(
        &self,
        wait: impl Future<Output = T>,
    ) -> Result<T, TransportError> {
        if self.operation.is_safe() {
            return Ok(wait.await);
        }
        let mut has_begun = self.shared.drain.has_begun.subscribe();
        tokio::select! {
            biased;
            // The sender lives in the engine, which the call holds.
            _ = has_begun.wait_for(|has_begun| *has_begun) => {
                Err(BlockReason::ShutDown.blocks(self.operation).into_failure())
            }
            value = wait => Ok(value),
        }
    }
}

impl Engine {
    /// Blocks new changes and lets those in flight complete within this time.
    pub(crate) fn shutdown(
        &self,
        time: Duration,
    ) -> impl Future<Output = ShutdownReport> + Send + use<> {
        let shared = std::sync::Arc::clone(&self.shared);
        async move {
            let until = clock::after(Instant::now(), time);
            shared.drain.run(until, &shared.base_path).await
        }
    }
}

/// The result of a shutdown: see [`Neon::shutdown`](crate::Neon::shutdown).
#[derive(Debug, Clone)]
#[must_use = "it contains the changes whose outcome is unknown"]
pub struct ShutdownReport {
    unknown: Vec<UnknownChange>,
}

impl ShutdownReport {
    /// The changes whose outcome is unknown, over the lifetime of the client, newest last: first
    /// those that ended that way (the newest 1,000 are kept), then those that were still in flight
    /// at the deadline.
    pub fn unknown(&self) -> &[UnknownChange] {
        &self.unknown
    }

    /// Whether the outcome of every change is known.
    pub fn is_clean(&self) -> bool {
        self.unknown.is_empty()
    }
}

/// A change whose outcome is unknown. Check whether it took effect before you make it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownChange {
    operation: &'static Route,
    path: String,
    request_id: String,
    end: ChangeEnd,
}

/// How a change with an unknown outcome ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChangeEnd {
    /// It was in flight when the deadline of the shutdown passed.
    InFlight,
    /// Its future was dropped while it was in flight.
    Dropped,
    /// Its caller got an error with [`outcome_unknown`](crate::Error::outcome_unknown). A success
    /// whose body cannot be read is not counted here.
    Failed,
}

impl UnknownChange {
    /// The operation that was called.
    pub fn route(&self) -> &'static Route {
        self.operation
    }

    /// The path of the request below the base URL, percent-encoded, without the query. Secrets are
    /// masked, and so are IDs that grant access (of transfer requests).
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The ID that the request carried in `X-Request-ID`.
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// How the change ended.
    pub fn end(&self) -> ChangeEnd {
        self.end
    }
}

impl fmt::Display for UnknownChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            operation,
            path,
            request_id,
            end,
        } = self;
        let how = match end {
            ChangeEnd::InFlight => "was still in flight",
            ChangeEnd::Dropped => "was dropped in flight",
            ChangeEnd::Failed => "failed without a conclusive response",
        };
        let path = OneLine(path);
        write!(
            f,
            "{operation} ({} {path}, request {request_id}) {how}",
            operation.method
        )
    }
}
