//! What a [`Limiter`] must do, as a suite for any implementation of it (feature `limiter-contract`).
//!
//! A limiter of one process is checked in paused time, which takes no time:
//!
//! ```
//! use neon_api::limiter_contract::LimiterContract;
//! use neon_api::{AccountLimiter, Rates};
//!
//! # let mut builder = tokio::runtime::Builder::new_current_thread();
//! # let runtime = builder.enable_all().start_paused(true).build()?;
//! # runtime.block_on(async {
//! // In a test: #[tokio::test(start_paused = true)]
//! let contract = LimiterContract::new(Rates::default());
//! contract.check(async |rates| AccountLimiter::new(rates)).await?;
//! # Ok::<(), neon_api::limiter_contract::ContractError>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! One that talks to a server needs real time, higher rates, and a tolerance:
//!
//! ```
//! use std::time::Duration;
//!
//! use neon_api::Rates;
//! use neon_api::limiter_contract::LimiterContract;
//!
//! // Also the limits of groups of routes are scaled; at 30 a minute one would take more than a minute.
//! let rates = Rates::default().scaled_to(12_000).route_per_second(100);
//! let contract = LimiterContract::new(rates).tolerance(Duration::from_millis(100));
//! ```
//!
//! | check | what must hold |
//! |---|---|
//! | `account_rate` | permits of many tasks never exceed the account's burst and rate, and come at about that rate |
//! | `route_rate` | permits of one route stay within its limit in any second |
//! | `group_rate` | those of consumption history stay within the limit of the group |
//! | `group_in_any_second` | those to create an organization's API keys as well |
//! | `order` | permits of one operation are given in order of arrival |
//! | `dropped` | waits that are dropped hold up nobody, and cost one permit each at most |
//! | `unpolled` | waits that are not polled hold up nobody |
//! | `retry_after` | nothing is sent before the time that a 429 asks for, and something soon after |
//! | `narrow_pause` | a 429 of a group of routes does not stop other routes |
//! | `failures` | server errors and lost responses stop nobody |
//! | `last_success` | it is a time that has been, and not before a success that was just observed |
//! | `load` | it counts those who wait, and reports no more than the rate |
//! | `spare` | a background request waits for nothing if nobody else does |

mod case;
mod checks;
mod wrong;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use neon_api_raw::BoxFuture;

use crate::call::maybe;
use crate::limiter::{Limiter, Rates};

use self::case::Case;
pub use self::wrong::{Deaf, Forgetful, TwiceTheRate};

/// The checks, and how they are run. See the [module](self).
#[derive(Debug, Clone)]
#[must_use]
pub struct LimiterContract {
    rates: Rates,
    tolerance: Duration,
    skipped: Vec<&'static str>,
}

/// A check that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// The name of the check.
    pub check: &'static str,
    /// What was observed.
    pub problem: String,
}

/// The checks that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractError {
    violations: Vec<Violation>,
}

impl ContractError {
    /// In the order of the checks, at least one.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }
}

impl fmt::Display for ContractError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the limiter violates the contract")?;
        for Violation { check, problem } in &self.violations {
            write!(f, "; {check}: {problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ContractError {}

impl LimiterContract {
    /// A suite for limiters with these rates, which it passes to them.
    pub fn new(rates: Rates) -> Self {
        Self {
            rates,
            tolerance: Duration::ZERO,
            skipped: Vec::new(),
        }
    }

    /// How much later than due a permit may come: zero by default, for paused time; about a tenth of a
    /// second for real time on a busy machine.
    pub fn tolerance(mut self, time: Duration) -> Self {
        self.tolerance = time;
        self
    }

    /// Leaves out the check of this name. A name that is not in the table of the [module](self) has no
    /// effect.
    pub fn skip(mut self, check: &'static str) -> Self {
        self.skipped.push(check);
        self
    }

    /// Runs all checks, each with a limiter of its own; a limiter that shares its state must be given
    /// a new account each time.
    ///
    /// # Errors
    ///
    /// The checks that failed.
    pub async fn check<L: Limiter>(
        &self,
        make: impl AsyncFn(Rates) -> L,
    ) -> Result<(), ContractError> {
        let mut violations = Vec::new();
        for (name, check) in checks::ALL {
            if self.skipped.contains(&name) {
                continue;
            }
            let limiter: Arc<dyn Limiter> = Arc::new(make(self.rates).await);
            let case = Case::new(limiter, self.rates, self.tolerance);
            if let Err(problem) = check(&case).await {
                violations.push(Violation {
                    check: name,
                    problem,
                });
            }
        }
        if violations.is_empty() {
            return Ok(());
        }
        Err(ContractError { violations })
    }
}

maybe! { LimiterContract;
    maybe_tolerance = tolerance(Duration);
    maybe_skip = skip(&'static str);
}

/// One check.
type Check = for<'a> fn(&'a Case) -> BoxFuture<'a, Result<(), String>>;
