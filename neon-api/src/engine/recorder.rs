//! Records of calls, for callers who need more than the result.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::StatusCode;
use neon_api_raw::Route;
use neon_api_raw::transport::Response;
use tokio::time::Instant;

use super::attempt;
use super::run::{CallRun, Outcome};

/// How many calls a recorder keeps.
const KEPT: usize = 1000;

/// Records the calls of a client: request IDs, attempts, status and times.
///
/// It is attached to a client by [`Neon::with_recorder`](crate::Neon::with_recorder). Each page is
/// a call; polls of waits are not recorded, since waits of other clients may share them. The newest
/// 1,000 calls are kept, in the order in which they ended; calls whose future was dropped are not
/// recorded. Clones share their records. For concurrent calls, use a recorder for each.
///
/// ```no_run
/// # async fn run(neon: neon_api::Neon, id: neon_api::ids::ProjectId) -> Result<(), neon_api::Error> {
/// use neon_api::Recorder;
///
/// let recorder = Recorder::new();
/// let project = neon.with_recorder(&recorder).project(id).get().await?;
/// if let Some(call) = recorder.last() {
///     println!("{}: request {:?}, {} attempts", project.name, call.request_id(), call.attempts());
///     println!("{:?} in all, {:?} for a permit", call.elapsed(), call.waited_for_permit());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Recorder(Arc<Mutex<VecDeque<CallMeta>>>);

impl Recorder {
    /// Returns an empty recorder.
    pub fn new() -> Self {
        Self::default()
    }

    /// The call that ended last, if any.
    pub fn last(&self) -> Option<CallMeta> {
        self.calls().back().cloned()
    }

    /// Takes out all records, in the order in which the calls ended.
    pub fn take(&self) -> Vec<CallMeta> {
        std::mem::take(&mut *self.calls()).into()
    }

    fn keep(&self, call: CallMeta) {
        let mut calls = self.calls();
        if calls.len() == KEPT {
            calls.pop_front();
        }
        calls.push_back(call);
    }

    fn calls(&self) -> MutexGuard<'_, VecDeque<CallMeta>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder")
            .field("calls", &self.calls().len())
            .finish_non_exhaustive()
    }
}

/// The record of one call.
#[derive(Debug, Clone)]
pub struct CallMeta {
    operation: &'static Route,
    status: Option<StatusCode>,
    request_id: Option<String>,
    attempts: u32,
    elapsed: Duration,
    waited_for_permit: Duration,
    waited_to_retry: Duration,
}

impl CallMeta {
    /// The operation that was called.
    pub fn route(&self) -> &'static Route {
        self.operation
    }

    /// The status of the last response; `None` if the last attempt got no response, or there was no
    /// attempt.
    pub fn status(&self) -> Option<StatusCode> {
        self.status
    }

    /// The ID of the last request, to quote to Neon support: the API's, or else the one that was
    /// sent. `None` if nothing was sent.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// How many attempts were made, 0 or more.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The time from the first poll of the call to its end, including waits. The time that the
    /// caller takes to read a streamed body does not count.
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// How much of it was spent waiting for permits of the [`Limiter`](crate::Limiter).
    pub fn waited_for_permit(&self) -> Duration {
        self.waited_for_permit
    }

    /// How much of it was spent waiting before retries or in the queue of a locked project.
    pub fn waited_to_retry(&self) -> Duration {
        self.waited_to_retry
    }
}

/// A call that is being recorded.
#[derive(Debug)]
pub(super) struct Recording {
    recorder: Recorder,
    since: Instant,
    waited_for_permit: Duration,
    waited_to_retry: Duration,
}

impl Recording {
    pub(super) fn begin(recorder: &Recorder) -> Self {
        Self {
            recorder: recorder.clone(),
            since: Instant::now(),
            waited_for_permit: Duration::ZERO,
            waited_to_retry: Duration::ZERO,
        }
    }
}

impl CallRun<'_> {
    /// Counts a wait for a permit.
    pub(super) fn count_permit_wait(&mut self, waited: Duration) {
        self.shared.counters.waited_for_permit(waited);
        if let Some(recording) = &mut self.recording {
            recording.waited_for_permit += waited;
        }
    }

    /// Counts a wait before a retry.
    pub(super) fn count_retry_wait(&mut self, waited: Duration) {
        self.shared.counters.waited_to_retry(waited);
        if let Some(recording) = &mut self.recording {
            recording.waited_to_retry += waited;
        }
    }

    /// Records how the call ended.
    pub(super) fn record(&mut self, outcome: &Outcome) {
        let Some(recording) = self.recording.take() else {
            return;
        };
        let response: Option<&Response> = outcome.as_ref().ok();
        let (request_id, attempts) = match outcome {
            Ok(answer) => (attempt::response_id(answer), self.attempts),
            Err(error) => (error.request_id().map(str::to_owned), error.attempts()),
        };
        recording.recorder.keep(CallMeta {
            operation: self.call.route,
            status: response.map(|answer| answer.status),
            request_id,
            attempts,
            elapsed: recording.since.elapsed(),
            waited_for_permit: recording.waited_for_permit,
            waited_to_retry: recording.waited_to_retry,
        });
    }
}
