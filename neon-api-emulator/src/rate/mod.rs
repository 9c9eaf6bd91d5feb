//! The account's limits of requests.
//!
//! A request takes from the budget of the account, from that of its route and from that of the
//! group that its route belongs to, if it belongs to one.

mod bucket;
mod budget;
mod documented;
mod fixed;
mod limiter;
mod settings;
mod sliding_counter;
mod sliding_log;
#[cfg(test)]
mod tests;

pub(crate) use limiter::{Limiter, ShownLimits};
pub(crate) use settings::Settings;
pub use settings::{RateLimit, RateLimitModel};
