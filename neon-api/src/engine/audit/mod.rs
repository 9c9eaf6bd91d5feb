//! The audit log: what records each change before it is sent, and may refuse it.

mod change;
mod failure;

use std::error::Error;
use std::fmt;

use neon_api_raw::transport::FailureKind;
use neon_api_raw::{BoxFuture, TransportError};
use tokio::time::{Instant, timeout_at};

use super::blocked::BlockReason;
use super::guard;
use super::patience::out_of_time;
use super::request_id::RequestId;
use super::run::CallRun;

pub use self::change::AuditedChange;
pub use self::failure::AuditFailure;

/// Records each change before it is sent, and can refuse it: for an audit log, or for a rule of your
/// own. Set by [`NeonBuilder::audit`](crate::NeonBuilder::audit).
///
/// Each attempt of a change is recorded, immediately before it is sent: those of raw and ergonomic
/// calls, workflows and streamed uploads, and retries with their own number. Requests that only read
/// are not: GET, HEAD, and POST requests that only read (`queryProjectBranchLogs`). Calls that the
/// client blocks itself (a guard rail such as [`read_only`](crate::Neon::read_only), a dry run, a
/// shutdown) are not recorded, since they are not sent. All clients derived from the one that was
/// built share the log, and none can remove it.
///
/// The attempt already has its permit of the [`Limiter`](crate::Limiter). So a log that takes long
/// delays requests whose permits are already granted, and several may then be sent together:
/// [`record`](Self::record) should take milliseconds, as an insertion into a database does.
///
/// What was recorded may still not be sent: when the future of the call is dropped, its deadline
/// passes, or the client shuts down meanwhile. What was sent has always been recorded.
///
/// ```
/// use neon_api::raw::BoxFuture;
/// use neon_api::{AuditLog, AuditedChange, Neon};
/// use std::error::Error;
///
/// /// One line of JSON for each change.
/// #[derive(Debug)]
/// struct File(tokio::sync::Mutex<tokio::fs::File>);
///
/// impl AuditLog for File {
///     fn record(
///         &self,
///         change: AuditedChange,
///     ) -> BoxFuture<'_, Result<(), Box<dyn Error + Send + Sync>>> {
///         Box::pin(async move {
///             use tokio::io::AsyncWriteExt;
///
///             let mut line = neon_api::serde_json::to_vec(&change)?;
///             line.push(b'\n');
///             let mut file = self.0.lock().await;
///             file.write_all(&line).await?;
///             // The change is sent only once its line is on the disk.
///             Ok(file.sync_data().await?)
///         })
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn Error>> {
/// # let path = std::env::temp_dir().join(format!("audit-{}.jsonl", std::process::id()));
/// let file = tokio::fs::File::options().append(true).create(true).open(&path).await?;
/// let log = File(tokio::sync::Mutex::new(file));
/// let neon = Neon::builder().api_key("napi_abc").audit(log).build()?;
/// # std::fs::remove_file(path)?;
/// # Ok(()) }
/// ```
pub trait AuditLog: fmt::Debug + Send + Sync + 'static {
    /// Records a change that is sent as soon as this returns.
    ///
    /// It has as long as an attempt ([`attempt_timeout`](crate::NeonBuilder::attempt_timeout)), and
    /// not longer than the call. A call that is dropped or ends meanwhile drops the future.
    ///
    /// # Errors
    ///
    /// Any error. Nothing is sent then: the call fails with [`Error::Blocked`](crate::Error::Blocked)
    /// and [`BlockReason::Audit`](crate::BlockReason::Audit), whose source is this error, and is not
    /// retried. The same applies if the time of an attempt is over. Its messages must not contain
    /// secrets.
    fn record(
        &self,
        change: AuditedChange,
    ) -> BoxFuture<'_, Result<(), Box<dyn Error + Send + Sync>>>;
}

impl<T: AuditLog + ?Sized> AuditLog for std::sync::Arc<T> {
    fn record(
        &self,
        change: AuditedChange,
    ) -> BoxFuture<'_, Result<(), Box<dyn Error + Send + Sync>>> {
        (**self).record(change)
    }
}

impl CallRun<'_> {
    /// Who records this call, if it is a change and there is a log.
    pub(super) fn audit(&self) -> Option<&dyn AuditLog> {
        let log = self.shared.settings.audit.as_deref()?;
        (!guard::reads(self.call.route)).then_some(log)
    }

    /// Records the next attempt, which must not be sent otherwise.
    pub(super) async fn record_change(
        &self,
        log: &dyn AuditLog,
        id: &RequestId,
    ) -> Result<(), TransportError> {
        let now = Instant::now();
        if self.deadline.is_some_and(|deadline| deadline <= now) {
            return Err(out_of_time());
        }
        let base_path = &self.shared.base_path;
        let change = AuditedChange::of(&self.call, base_path, id, self.attempts + 1);
        let until = self.end_from(now);
        let bounds = self.bounds();
        let recording = timeout_at(until, log.record(change));
        let recording = bounds.unless_shut_down(recording);
        let recorded = match &self.turn {
            None => recording.await?,
            Some(turn) => turn.keep(recording).await?,
        };
        let failure = match recorded {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => AuditFailure::new(error),
            Err(_) if self.deadline == Some(until) => {
                let source = "the audit log did not record the change in time";
                return Err(TransportError::new(FailureKind::Deadline).with_source(source));
            }
            Err(_) => AuditFailure::new("it took too long".into()),
        };
        let reason = BlockReason::Audit(failure);
        Err(reason.blocks(self.call.route).into_failure())
    }
}
