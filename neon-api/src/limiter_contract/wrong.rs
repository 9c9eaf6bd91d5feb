//! Limiters that violate the contract, to see that the suite notices.

use std::sync::atomic::{AtomicU64, Ordering};

use neon_api_raw::{BoxFuture, Route};
use tokio::sync::Notify;

use crate::limiter::{AccountLimiter, Limiter, Outcome, Rates};

/// Allows twice the rate, as two processes with a limiter each do: fails `account_rate`.
///
/// ```
/// use neon_api::Rates;
/// use neon_api::limiter_contract::{LimiterContract, TwiceTheRate};
///
/// # let mut builder = tokio::runtime::Builder::new_current_thread();
/// # let runtime = builder.enable_all().start_paused(true).build()?;
/// # runtime.block_on(async {
/// let contract = LimiterContract::new(Rates::default());
/// let error = contract.check(async |rates| TwiceTheRate::new(rates)).await.unwrap_err();
/// assert_eq!(error.violations()[0].check, "account_rate");
/// # });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct TwiceTheRate {
    limiters: [AccountLimiter; 2],
    next: AtomicU64,
}

impl TwiceTheRate {
    /// A limiter for twice these rates.
    pub fn new(rates: Rates) -> Self {
        Self {
            limiters: [AccountLimiter::new(rates), AccountLimiter::new(rates)],
            next: AtomicU64::new(0),
        }
    }
}

impl Limiter for TwiceTheRate {
    fn permit<'a>(&'a self, operation: &'static Route) -> BoxFuture<'a, ()> {
        let [even, odd] = &self.limiters;
        if self.next.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) {
            even.permit(operation)
        } else {
            odd.permit(operation)
        }
    }

    fn observe(&self, operation: &'static Route, outcome: &Outcome<'_>) {
        for limiter in &self.limiters {
            limiter.observe(operation, outcome);
        }
    }
}

/// Ignores refusals: fails `retry_after`.
#[derive(Debug)]
pub struct Deaf(AccountLimiter);

impl Deaf {
    /// A limiter for these rates.
    pub fn new(rates: Rates) -> Self {
        Self(AccountLimiter::new(rates))
    }
}

impl Limiter for Deaf {
    fn permit<'a>(&'a self, operation: &'static Route) -> BoxFuture<'a, ()> {
        self.0.permit(operation)
    }

    fn observe(&self, operation: &'static Route, outcome: &Outcome<'_>) {
        if outcome.kind() != crate::limiter::OutcomeKind::Refused {
            self.0.observe(operation, outcome);
        }
    }
}

/// Serves numbers in order, also those whose waits were dropped or are not polled: fails `dropped` and
/// `unpolled`.
#[derive(Debug)]
pub struct Forgetful {
    rates: AccountLimiter,
    drawn: AtomicU64,
    served: AtomicU64,
    next: Notify,
}

impl Forgetful {
    /// A limiter for these rates.
    pub fn new(rates: Rates) -> Self {
        Self {
            rates: AccountLimiter::new(rates),
            drawn: AtomicU64::new(0),
            served: AtomicU64::new(0),
            next: Notify::new(),
        }
    }

    async fn serve(&self, operation: &'static Route) {
        let number = self.drawn.fetch_add(1, Ordering::SeqCst);
        loop {
            let next = self.next.notified();
            if self.served.load(Ordering::SeqCst) == number {
                break;
            }
            next.await;
        }
        self.rates.permit(operation).await;
        self.served.fetch_add(1, Ordering::SeqCst);
        self.next.notify_waiters();
    }
}

impl Limiter for Forgetful {
    fn permit<'a>(&'a self, operation: &'static Route) -> BoxFuture<'a, ()> {
        Box::pin(self.serve(operation))
    }

    fn observe(&self, operation: &'static Route, outcome: &Outcome<'_>) {
        self.rates.observe(operation, outcome);
    }
}
