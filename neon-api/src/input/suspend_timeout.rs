//! When idle computes are suspended.

use std::time::Duration;

use neon_api_raw::types::SuspendTimeoutSeconds;

use super::{Fault, MOST, Unit, whole};

/// How long a compute endpoint may be idle before it is suspended.
///
/// ```
/// use std::time::Duration;
///
/// use neon_api::input::SuspendTimeout;
/// use neon_api::types::SuspendTimeoutSeconds;
///
/// // As responses have it: `SuspendTimeout::from(&endpoint.suspend_timeout_seconds)`.
/// assert_eq!(SuspendTimeout::from(SuspendTimeoutSeconds(0)), SuspendTimeout::Default);
/// assert_eq!(SuspendTimeout::from(SuspendTimeoutSeconds(-1)), SuspendTimeout::Never);
/// let hour = SuspendTimeout::from(&SuspendTimeoutSeconds(3600));
/// assert_eq!(hour, SuspendTimeout::After(Duration::from_secs(3600)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SuspendTimeout {
    /// The API's own: 300 seconds. It is sent as 0.
    #[default]
    Default,
    /// It is not suspended. It is sent as -1.
    Never,
    /// After this time, rounded down to seconds, 1 second to 7 days by the
    /// spec; plans may allow less. A time of less than a second is refused, since 0 means the
    /// default.
    After(Duration),
}

/// The API's own timeout.
const DEFAULT: Duration = Duration::from_secs(300);

impl SuspendTimeout {
    /// How long a connection in a pool may be idle: four fifths of the timeout, so that the pool
    /// closes it before its compute is suspended. `None` if that never happens.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use neon_api::input::SuspendTimeout;
    ///
    /// assert_eq!(SuspendTimeout::Default.idle_timeout(), Some(Duration::from_secs(240)));
    /// assert_eq!(SuspendTimeout::Never.idle_timeout(), None);
    /// ```
    pub fn idle_timeout(self) -> Option<Duration> {
        match self {
            Self::Default => Some(DEFAULT / 5 * 4),
            Self::Never => None,
            Self::After(time) => Some(time / 5 * 4),
        }
    }

    /// Sets the timeout, in place of the one that was set before.
    pub(crate) fn set(self, timeout: &mut Option<SuspendTimeoutSeconds>) -> Option<Fault> {
        let seconds = match self {
            Self::Default => 0,
            Self::Never => -1,
            Self::After(time) => {
                match whole("suspend_timeout_seconds", time, Unit::Seconds, 1..=MOST) {
                    Ok(seconds) => seconds,
                    Err(fault) => return Some(fault),
                }
            }
        };
        *timeout = Some(SuspendTimeoutSeconds(seconds));
        None
    }
}

impl From<Duration> for SuspendTimeout {
    fn from(time: Duration) -> Self {
        Self::After(time)
    }
}

impl From<SuspendTimeoutSeconds> for SuspendTimeout {
    fn from(timeout: SuspendTimeoutSeconds) -> Self {
        Self::from(&timeout)
    }
}

impl From<&SuspendTimeoutSeconds> for SuspendTimeout {
    fn from(timeout: &SuspendTimeoutSeconds) -> Self {
        match u64::try_from(timeout.0) {
            Ok(0) => Self::Default,
            Ok(seconds) => Self::After(Duration::from_secs(seconds)),
            Err(_) => Self::Never,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentinels_are_sent_and_a_time_is_never_one() {
        let sent = |timeout: SuspendTimeout| {
            let mut seconds = None;
            let fault = timeout.set(&mut seconds);
            assert_eq!(fault.is_some(), seconds.is_none());
            seconds.map(|seconds| seconds.0)
        };
        assert_eq!(sent(SuspendTimeout::Default), Some(0));
        assert_eq!(sent(SuspendTimeout::Never), Some(-1));
        assert_eq!(sent(Duration::from_millis(1900).into()), Some(1));
        assert_eq!(sent(Duration::from_millis(900).into()), None);
        assert_eq!(sent(Duration::MAX.into()), None);
    }
}
