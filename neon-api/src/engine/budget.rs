//! The budget of repetitions after server and network errors, shared by all calls.

use std::sync::atomic::{AtomicU32, Ordering};

/// What one repetition costs, in the coin of which a success earns one.
const COST: u32 = 5;

/// Repetitions are paid from it and successes pay into it, so that in an outage, when nothing
/// succeeds, the repetitions of all calls together come to an end.
#[derive(Debug)]
pub(super) struct RetryBudget {
    coins: AtomicU32,
    most: u32,
}

impl RetryBudget {
    /// A budget that is full.
    pub(super) fn new(repetitions: u32) -> Self {
        let most = repetitions.saturating_mul(COST);
        Self {
            coins: AtomicU32::new(most),
            most,
        }
    }

    /// Pays for a repetition, if there is enough.
    pub(super) fn pay(&self) -> bool {
        self.coins
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |coins| {
                coins.checked_sub(COST)
            })
            .is_ok()
    }

    /// Earns a coin; a success after a repetition earns its cost back.
    pub(super) fn earn(&self, attempts: u32) {
        let coins = if attempts > 1 { COST } else { 1 };
        // A budget that is full, as it is nearly always, is left as it is.
        let _ = self
            .coins
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |held| {
                (held < self.most).then(|| held.saturating_add(coins).min(self.most))
            });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetitions_end_when_nothing_succeeds() {
        let budget = RetryBudget::new(3);
        assert!(budget.pay() && budget.pay() && budget.pay());
        assert!(!budget.pay());
        for _ in 0..4 {
            budget.earn(1);
        }
        assert!(!budget.pay());
        budget.earn(1);
        assert!(budget.pay());
    }

    #[test]
    fn the_budget_does_not_grow_beyond_its_size() {
        let budget = RetryBudget::new(1);
        for _ in 0..100 {
            budget.earn(2);
        }
        assert!(budget.pay());
        assert!(!budget.pay());
    }
}
