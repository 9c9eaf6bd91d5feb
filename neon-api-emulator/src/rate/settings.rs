//! What a user chooses of the limits.

use std::time::Duration;

use super::documented::BURST;

/// How many requests an account may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum RateLimit {
    /// As many as it likes.
    #[default]
    Off,
    /// As documented: 700 a minute for the account in bursts of up to 40, 40 a second for each
    /// route, 30 a minute for the three routes of consumption history together, and 10 a second
    /// for the creation of an organization's keys.
    Real,
    /// The documented limits, scaled to this many a minute for the account: every other limit is
    /// to it as the documented one is to 700 a minute. Bursts of the account stay as they are, 40
    /// unless [set](crate::Builder::rate_limit_burst); those of the others are scaled, but no
    /// smaller than the documented ones up to 40. `PerMinute(700)` is `Real`.
    PerMinute(u32),
}

/// How a limit counts. A limit of 40 a second allows other sequences of requests in each of these
/// models, and a client that knows only the limit has to work with all of them.
///
/// Times are exact to the nanosecond. Windows and refills are aligned to the clock, counted from
/// midnight UTC.
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
    /// A bucket of tokens that is refilled continuously.
    #[default]
    TokenBucket,
    /// The same bucket, but what a second adds comes all at once at its end.
    SecondRefill,
    /// At most so many requests in *any* window of the limit's length. A request leaves the window
    /// exactly one length after it came.
    SlidingLog,
    /// The requests of the current window, and those of the one before in proportion to how much of
    /// it a sliding window still covers, are together at most so many.
    SlidingCounter,
    /// At most so many requests in each window. Twice as many pass around the border of two.
    FixedWindow,
}

/// All that is chosen of the limits.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) limit: RateLimit,
    /// Requests that the account's bucket lets through at once.
    pub(crate) burst: u32,
    pub(crate) model: RateLimitModel,
    /// For routes and groups of them, if it is another one.
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
