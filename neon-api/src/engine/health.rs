//! When the client's requests last succeeded and failed, to distinguish an outage from a long
//! queue.

use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use std::time::Duration;

use http::StatusCode;
use neon_api_raw::TransportError;
use neon_api_raw::transport::FailureKind;
use tokio::time::Instant;

/// The latest outcomes of all requests. Written by each of them, so without a lock: what two write
/// at the same time may be mixed, and either is right.
#[derive(Debug)]
pub(super) struct Health {
    start: Instant,
    /// Nanoseconds after the start; 0 for never.
    succeeded_at: AtomicU64,
    failed_at: AtomicU64,
    /// The status of the last failure; 0 without a response.
    status: AtomicU16,
}

impl Health {
    pub(super) fn new() -> Self {
        Self {
            start: Instant::now(),
            succeeded_at: AtomicU64::new(0),
            failed_at: AtomicU64::new(0),
            status: AtomicU16::new(0),
        }
    }

    /// The API accepted a request.
    pub(super) fn success(&self, now: Instant) {
        self.succeeded_at.store(self.nanos(now), Ordering::Relaxed);
    }

    /// The API rejected a request, failed on it, or did not respond.
    pub(super) fn failure(&self, now: Instant, status: Option<StatusCode>) {
        let status = status.map_or(0, |status| status.as_u16());
        self.status.store(status, Ordering::Relaxed);
        self.failed_at.store(self.nanos(now), Ordering::Relaxed);
    }

    pub(super) fn last_success(&self) -> Option<Instant> {
        self.instant(&self.succeeded_at)
    }

    /// The last failure, unless a success at this time or later came after it.
    pub(super) fn failure_after(&self, success: Option<Instant>) -> Option<LastFailure> {
        let failed_at = self.instant(&self.failed_at)?;
        let is_news = success.is_none_or(|success| success < failed_at);
        is_news.then(|| LastFailure(self.status.load(Ordering::Relaxed)))
    }

    fn nanos(&self, now: Instant) -> u64 {
        let passed = now.saturating_duration_since(self.start).as_nanos();
        u64::try_from(passed).unwrap_or(u64::MAX).max(1)
    }

    fn instant(&self, nanos: &AtomicU64) -> Option<Instant> {
        let nanos = nanos.load(Ordering::Relaxed);
        (nanos > 0).then(|| self.start + Duration::from_nanos(nanos))
    }
}

/// How the last request failed: its status, or 0 without a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LastFailure(u16);

impl LastFailure {
    pub(super) fn text(self) -> String {
        match self.0 {
            0 => "got no response".to_owned(),
            429 => "was rejected with 429".to_owned(),
            status => format!("failed with {status}"),
        }
    }
}

/// The error of a call that gave up before its first attempt.
pub(super) fn never_sent(failure: Option<LastFailure>, silence: Duration) -> TransportError {
    let kind = match failure {
        Some(LastFailure(429)) => FailureKind::RateLimited,
        _ => FailureKind::Unavailable,
    };
    let seconds = silence.as_secs();
    let text = match failure {
        Some(last) => {
            let last = last.text();
            format!("no request has succeeded for {seconds} s; the last one {last}")
        }
        None => format!("the limiter has granted no permit for {seconds} s"),
    };
    TransportError::new(kind).with_source(text)
}

/// Whether an error is that of a call that gave up before an attempt.
pub(super) fn is_never_sent(error: &TransportError) -> bool {
    matches!(
        error.kind(),
        FailureKind::RateLimited | FailureKind::Unavailable
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn only_what_failed_after_the_last_success_counts() {
        let health = Health::new();
        assert_eq!(
            (health.last_success(), health.failure_after(None)),
            (None, None)
        );
        let mut now = Instant::now();
        let mut later = || {
            now += Duration::from_secs(1);
            now
        };
        let failed = later();
        health.failure(failed, Some(StatusCode::TOO_MANY_REQUESTS));
        assert_eq!(health.failure_after(None), Some(LastFailure(429)));
        let succeeded = later();
        health.success(succeeded);
        assert_eq!(health.last_success(), Some(succeeded));
        assert_eq!(health.failure_after(health.last_success()), None);
        // A limiter may report that other budgets have had no success for longer.
        assert_eq!(health.failure_after(Some(failed)), None);
        health.failure(later(), None);
        let failure = health.failure_after(health.last_success());
        assert_eq!(failure, Some(LastFailure(0)));
    }

    #[test]
    fn the_error_of_what_was_never_sent_says_why() {
        for (failure, kind, text) in [
            (
                Some(LastFailure(429)),
                FailureKind::RateLimited,
                "the request was not sent: no request has succeeded for 300 s; the last one was rejected with 429",
            ),
            (
                Some(LastFailure(503)),
                FailureKind::Unavailable,
                "the request was not sent: no request has succeeded for 300 s; the last one failed with 503",
            ),
            (
                Some(LastFailure(0)),
                FailureKind::Unavailable,
                "the request was not sent: no request has succeeded for 300 s; the last one got no response",
            ),
            (
                None,
                FailureKind::Unavailable,
                "the request was not sent: the limiter has granted no permit for 300 s",
            ),
        ] {
            let error = never_sent(failure, Duration::from_secs(300));
            assert_eq!((error.kind(), error.to_string().as_str()), (kind, text));
            assert_eq!(error.attempts(), 0);
            assert!(!error.may_have_happened() && is_never_sent(&error));
        }
    }
}
