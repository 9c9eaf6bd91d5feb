//! The settings of rate limits.

use std::time::Duration;

use super::documented::BURST;

/// The rate limits of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum RateLimit {
    /// No limits.
    #[default]
    Off,
    /// As documented: 700 a minute for the account in bursts of up to 40, 40 a second for each
    /// route, 30 a minute for the three routes of consumption history together, and 10 a second
    /// for the creation of an organization's keys.
    Real,
    /// The documented limits, scaled to this many a minute for the account: all other limits are
    /// scaled in proportion to 700 a minute. The account's burst stays 40 unless
    /// [set](crate::Builder::rate_limit_burst); those of the others are scaled, but are no smaller
    /// than the documented ones up to 40. `PerMinute(700)` is `Real`.
    PerMinute(u32),
}

/// How requests are counted. A limit of 40 a second allows different sequences of requests in each
/// model, and a client that knows only the limit has to work with all of them.
///
/// Times are exact to the nanosecond. Windows and refills are aligned to midnight UTC.
///
/// ```
/// use neon_api_emulator::{Emulator, RateLimit, RateLimitModel};
///
/// let emulator = Emulator::builder()
///     .rate_limit(RateLimit::Real)
///     .rate_limit_model(RateLimitModel::SlidingLog)
///     .build();
/// # let _ = emulator;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum RateLimitModel {
    /// A token bucket that is refilled continuously.
    #[default]
    TokenBucket,
    /// A token bucket that is refilled at the end of each second.
    SecondRefill,
    /// At most the limit in *any* window of its length. A request leaves the window exactly one
    /// length after it arrived.
    SlidingLog,
    /// The requests of the current window, plus those of the previous one in proportion to how much
    /// of it a sliding window still covers, are at most the limit.
    SlidingCounter,
    /// At most the limit in each window. Twice as many can pass around the boundary of two windows.
    FixedWindow,
}

impl RateLimitModel {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::TokenBucket => "token bucket",
            Self::SecondRefill => "bucket refilled once a second",
            Self::SlidingLog => "sliding-window log",
            Self::SlidingCounter => "sliding-window counter",
            Self::FixedWindow => "fixed windows",
        }
    }
}

/// All settings of the limits.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) limit: RateLimit,
    /// Requests that the account's bucket lets through at once.
    pub(crate) burst: u32,
    pub(crate) model: RateLimitModel,
    /// For routes and groups of routes, if it differs.
    pub(crate) route_model: Option<RateLimitModel>,
    /// The length of the account's window.
    pub(crate) window: Duration,
    pub(crate) retry_after: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            limit: RateLimit::Off,
            burst: BURST,
            model: RateLimitModel::TokenBucket,
            route_model: None,
            window: Duration::from_secs(60),
            retry_after: false,
        }
    }
}
