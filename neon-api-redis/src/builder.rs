//! Settings of a limiter.

use std::fmt;

use neon_api::Rates;
use neon_api::raw::routes::LIST_PROJECTS;
use tokio::time::Instant;

use crate::RedisLimiter;
use crate::connections::Connections;
use crate::error::Error;
use crate::request::Keys;
use crate::state::{Fixed, State};

/// What a process does while Redis cannot be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum OnFailure {
    /// It uses its share of the rates: the rates divided by the processes that were known last,
    /// without bursts; a process that has never reached Redis takes a 64th.
    #[default]
    Share,
    /// It sends nothing. Calls fail after their
    /// [`max_elapsed`](neon_api::RetryPolicy::max_elapsed).
    Closed,
}

/// Settings of a [`RedisLimiter`].
pub struct RedisLimiterBuilder {
    url: String,
    account: String,
    prefix: String,
    rates: Rates,
    on_failure: OnFailure,
}

/// Without the URL, which may have a password.
impl fmt::Debug for RedisLimiterBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisLimiterBuilder")
            .field("account", &self.account)
            .field("prefix", &self.prefix)
            .field("rates", &self.rates)
            .field("on_failure", &self.on_failure)
            .finish_non_exhaustive()
    }
}

impl RedisLimiterBuilder {
    pub(crate) fn new(url: String, account: String) -> Self {
        Self {
            url,
            account,
            prefix: "neon-api".to_owned(),
            rates: Rates::default(),
            on_failure: OnFailure::default(),
        }
    }

    /// The rates of the account, which all processes together use. All processes should have the
    /// same ones; leave [`share`](Rates::share) at 1.
    #[must_use]
    pub fn rates(mut self, rates: Rates) -> Self {
        self.rates = rates;
        self
    }

    /// What the process does while Redis cannot be reached: [`OnFailure::Share`] by default.
    #[must_use]
    pub fn on_failure(mut self, policy: OnFailure) -> Self {
        self.on_failure = policy;
        self
    }

    /// The start of all keys; `neon-api` by default.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Connects to Redis, and returns the limiter. If Redis does not respond, is refusing connections
    /// or is loading its data, the limiter starts without it, as `on_failure` says.
    ///
    /// # Errors
    ///
    /// Invalid settings, a host name that cannot be resolved, a wrong password or missing rights, and
    /// a server that is not Redis.
    ///
    /// # Panics
    ///
    /// Outside of a Tokio runtime.
    pub async fn build(self) -> Result<RedisLimiter, Error> {
        check("account", &self.account)?;
        check("prefix", &self.prefix)?;
        let connections = Connections::new(&self.url)?;
        let now = Instant::now();
        let fixed = Fixed {
            rates: self.rates,
            keys: Keys::new(&self.prefix, &self.account),
            member: format!("{:016x}", fastrand::u64(..)).into(),
            is_closed: self.on_failure == OnFailure::Closed,
        };
        let mut state = State::new(fixed, now);
        let request = state.first_request(&LIST_PROJECTS, now);
        let reply = connections.first(&request).await?;
        state.started(reply, now);
        Ok(RedisLimiter::new(connections, state))
    }
}

/// A part of a key must not contain what ends or begins a hash tag.
fn check(name: &str, value: &str) -> Result<(), Error> {
    let is_valid = !value.is_empty()
        && value.len() <= 200
        && !value.contains(|c: char| c.is_control() || matches!(c, '{' | '}'));
    if is_valid {
        return Ok(());
    }
    Err(Error::Settings(format!(
        "invalid {name}: expected 1 to 200 bytes without braces and control characters"
    )))
}
