//! What a project may use.

use std::time::Duration;

use neon_api_raw::types::ProjectQuota;

use super::{Fault, MOST, Unit, whole};
use crate::call::maybe;

/// A limit of a [`Quota`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Limit<T> {
    /// No limit. It is sent as 0.
    Unlimited,
    /// This much. Less than one, in seconds or bytes, is refused, since 0 means no limit.
    At(T),
}

impl From<Duration> for Limit<Duration> {
    fn from(time: Duration) -> Self {
        Self::At(time)
    }
}

impl From<u64> for Limit<u64> {
    fn from(bytes: u64) -> Self {
        Self::At(bytes)
    }
}

impl<T> Limit<T> {
    /// What is sent: `None` for what the API does not have or would take for no limit.
    fn sent(self, number: impl FnOnce(T) -> Option<i64>) -> Option<i64> {
        match self {
            Self::Unlimited => Some(0),
            Self::At(limit) => number(limit).filter(|sent| *sent > 0),
        }
    }
}

fn bytes(limit: Limit<u64>) -> Option<i64> {
    limit.sent(|bytes| bytes.try_into().ok())
}

fn seconds(field: &'static str, limit: Limit<Duration>) -> Option<i64> {
    limit.sent(|time| whole(field, time, Unit::Seconds, 1..=MOST).ok())
}

/// The usage limits of a project for a billing period. When a limit is reached, its computes are
/// suspended. What is not set stays as it is, or is unlimited in a new project.
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// use std::time::Duration;
///
/// use neon_api::input::{Limit, Quota};
///
/// let quota = Quota::new()
///     .active_time(Duration::from_secs(100 * 3600))
///     .data_transfer(5_000_000_000)
///     .written_data(Limit::Unlimited);
/// project.update().quota(quota).ready().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct Quota {
    quota: ProjectQuota,
    fault: Option<Fault>,
}

impl Quota {
    /// A quota that sets nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// How long the compute endpoints may be active, in whole seconds.
    pub fn active_time(mut self, limit: impl Into<Limit<Duration>>) -> Self {
        let field = "quota.active_time_seconds";
        self.quota.active_time_seconds = self.checked(field, seconds(field, limit.into()));
        self
    }

    /// How much compute time the compute endpoints may use, in whole seconds: that of one of
    /// several compute units counts so many times.
    pub fn compute_time(mut self, limit: impl Into<Limit<Duration>>) -> Self {
        let field = "quota.compute_time_seconds";
        self.quota.compute_time_seconds = self.checked(field, seconds(field, limit.into()));
        self
    }

    /// How much may be written, in bytes.
    pub fn written_data(mut self, limit: impl Into<Limit<u64>>) -> Self {
        let sent = bytes(limit.into());
        self.quota.written_data_bytes = self.checked("quota.written_data_bytes", sent);
        self
    }

    /// How much may be sent out of the project, in bytes.
    pub fn data_transfer(mut self, limit: impl Into<Limit<u64>>) -> Self {
        let sent = bytes(limit.into());
        self.quota.data_transfer_bytes = self.checked("quota.data_transfer_bytes", sent);
        self
    }

    /// How large each branch may be, in bytes of logical size.
    pub fn logical_size(mut self, limit: impl Into<Limit<u64>>) -> Self {
        let sent = bytes(limit.into());
        self.quota.logical_size_bytes = self.checked("quota.logical_size_bytes", sent);
        self
    }

    fn checked(&mut self, field: &'static str, sent: Option<i64>) -> Option<i64> {
        if sent.is_none() {
            let rule = "expected at least 1, and no more than the API can represent; \
                        Limit::Unlimited is no limit";
            self.fault.get_or_insert((field, rule.into()));
        }
        sent
    }

    /// Sets the quota, in place of the one that was set before.
    pub(crate) fn set(self, quota: &mut Option<ProjectQuota>) -> Option<Fault> {
        *quota = Some(self.quota);
        self.fault
    }
}

maybe! { Quota;
    maybe_active_time = active_time(impl Into<Limit<Duration>>);
    maybe_compute_time = compute_time(impl Into<Limit<Duration>>);
    maybe_written_data = written_data(impl Into<Limit<u64>>);
    maybe_data_transfer = data_transfer(impl Into<Limit<u64>>);
    maybe_logical_size = logical_size(impl Into<Limit<u64>>);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_limit_is_only_sent_on_purpose() {
        let sent = |quota: Quota| {
            let mut body = None;
            let fault = quota.set(&mut body);
            (
                serde_json::to_value(body).unwrap(),
                fault.map(|fault| fault.0),
            )
        };
        let all = Quota::new()
            .active_time(Duration::from_millis(1900))
            .compute_time(Duration::from_secs(2))
            .written_data(3)
            .data_transfer(4)
            .logical_size(Limit::Unlimited);
        let expected = serde_json::json!({
            "active_time_seconds": 1,
            "compute_time_seconds": 2,
            "written_data_bytes": 3,
            "data_transfer_bytes": 4,
            "logical_size_bytes": 0,
        });
        assert_eq!(sent(all), (expected, None));
        let (_, field) = sent(Quota::new().active_time(Duration::from_millis(900)));
        assert_eq!(field, Some("quota.active_time_seconds"));
        let (_, field) = sent(Quota::new().written_data(0));
        assert_eq!(field, Some("quota.written_data_bytes"));
        let (_, field) = sent(Quota::new().logical_size(u64::MAX));
        assert_eq!(field, Some("quota.logical_size_bytes"));
    }
}
