//! Poll intervals.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

/// How long after a change began the first poll comes: short operations take about as long.
pub(super) const FIRST_INTERVAL: Duration = Duration::from_millis(100);
/// The interval that polls grow to.
pub(super) const LONGEST_INTERVAL: Duration = Duration::from_secs(3);
/// The growth of each interval over the one before, in percent.
const GROWTH_PERCENT: u32 = 115;
/// The same after a poll that failed.
const GROWTH_AFTER_FAILURE_PERCENT: u32 = 200;
/// How long each further page of a poll delays the next poll, so that a wait for operations that
/// are hard to find leaves most of the account's rate to others.
pub(super) const PAUSE_FOR_PAGE: Duration = Duration::from_millis(250);
/// The same for each operation that is fetched individually.
pub(super) const PAUSE_FOR_SINGLE: Duration = Duration::from_millis(100);

/// The interval after this one.
pub(super) fn longer(interval: Duration, is_after_success: bool) -> Duration {
    let percent = if is_after_success {
        GROWTH_PERCENT
    } else {
        GROWTH_AFTER_FAILURE_PERCENT
    };
    (interval * percent / 100).min(LONGEST_INTERVAL)
}

/// Up to a tenth shorter, so that many clients do not poll in step.
pub(super) fn with_jitter(interval: Duration) -> Duration {
    if interval.is_zero() {
        return interval;
    }
    interval.mul_f64(1.0 - 0.1 * fastrand::f64())
}

/// Yields once to the other futures of the task and to other tasks.
pub(super) async fn let_others_run() {
    let mut has_yielded = false;
    poll_fn(|cx| {
        if has_yielded {
            return Poll::Ready(());
        }
        has_yielded = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
