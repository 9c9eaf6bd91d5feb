//! The budget of retries after server and network errors, shared by all calls.
//!
//! Retries are paid from it and successes pay into it, so that an outage is not multiplied. When it
//! is empty, one retry a second is still allowed as a probe, in order of arrival, with the background
//! lane behind all other calls: in an outage the retries of all calls together stay few, and none of
//! them fails for lack of budget.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::queue::{Queue, in_background};

/// The cost of one retry, in tokens; a success earns one.
const COST: u32 = 5;
/// The time between two retries while the budget is empty.
const PROBE_EVERY: Duration = Duration::from_secs(1);
/// How long the first call in line may go without being polled before others pass it.
const LEASE: Duration = Duration::from_millis(250);

/// The tokens, and the calls that wait for them.
#[derive(Debug)]
pub(super) struct RetryBudget {
    most: u32,
    /// Whether the budget is full, as is nearly always so: read without the lock, so it may be out
    /// of date by a token.
    is_full: AtomicBool,
    state: Mutex<State>,
    /// The waiting calls, in order of arrival.
    queue: Arc<Queue>,
    next_number: AtomicU64,
    /// Notified when a retry may be made sooner than at the next probe.
    earned: Notify,
}

#[derive(Debug)]
struct State {
    coins: u32,
    /// The earliest time of the next retry.
    open_at: Instant,
}

impl State {
    fn take(&mut self, now: Instant) {
        self.coins = self.coins.checked_sub(COST).unwrap_or(self.coins);
        let pause = if self.coins < COST {
            PROBE_EVERY
        } else {
            Duration::ZERO
        };
        self.open_at = now + pause;
    }
}

impl RetryBudget {
    /// A full budget.
    pub(super) fn new(retries: u32) -> Self {
        let most = retries.saturating_mul(COST);
        Self {
            most,
            is_full: AtomicBool::new(true),
            state: Mutex::new(State {
                coins: most,
                open_at: Instant::now(),
            }),
            queue: Arc::new(Queue::new(LEASE)),
            next_number: AtomicU64::new(0),
            earned: Notify::new(),
        }
    }

    /// Pays for a retry, if it may be made immediately.
    pub(super) fn pay(&self) -> bool {
        !self.queue.is_in_use() && self.take_open()
    }

    /// Waits until a retry may be made, and pays for it. Dropping the future frees the place in the
    /// queue.
    pub(super) async fn wait_to_pay(&self, is_background: bool) {
        let mut number = self.next_number.fetch_add(1, Ordering::Relaxed);
        if is_background {
            number = in_background(number);
        }
        loop {
            let turn = self.queue.turn(number).await;
            turn.keep(self.opened()).await;
            // Others have passed if this call was not polled for a while.
            if !turn.is_lost() && self.take_open() {
                return;
            }
        }
    }

    /// Waits until a retry may be made.
    async fn opened(&self) {
        loop {
            // Before the state is read, so that no notification is missed.
            let earned = self.earned.notified();
            let open_at = self.state().open_at;
            if open_at <= Instant::now() {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep_until(open_at) => {}
                () = earned => {}
            }
        }
    }

    /// Pays for a retry, if one may be made now.
    fn take_open(&self) -> bool {
        let now = Instant::now();
        let mut state = self.state();
        if state.open_at > now {
            return false;
        }
        self.take(&mut state, now);
        true
    }

    fn take(&self, state: &mut State, now: Instant) {
        state.take(now);
        self.is_full
            .store(state.coins == self.most, Ordering::Relaxed);
    }

    /// Earns a token; a success after a retry earns its cost back.
    pub(super) fn earn(&self, attempts: u32, now: Instant) {
        if self.is_full.load(Ordering::Relaxed) {
            return;
        }
        let coins = if attempts > 1 { COST } else { 1 };
        let mut state = self.state();
        let was_empty = state.coins < COST;
        state.coins = state.coins.saturating_add(coins).min(self.most);
        self.is_full
            .store(state.coins == self.most, Ordering::Relaxed);
        if was_empty && state.coins >= COST {
            state.open_at = state.open_at.min(now);
            drop(state);
            self.earned.notify_waiters();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::pin::pin;

    use futures::future::join_all;
    use futures::poll;

    fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn empty() -> RetryBudget {
        let budget = RetryBudget::new(1);
        assert!(budget.pay() && !budget.pay());
        budget
    }

    #[tokio::test(start_paused = true)]
    async fn five_successes_or_one_after_a_retry_earn_a_retry() {
        let budget = RetryBudget::new(3);
        assert!(budget.pay() && budget.pay() && budget.pay());
        assert!(!budget.pay());
        for _ in 0..4 {
            budget.earn(1, Instant::now());
        }
        assert!(!budget.pay());
        budget.earn(1, Instant::now());
        assert!(budget.pay() && !budget.pay());
        budget.earn(2, Instant::now());
        assert!(budget.pay() && !budget.pay());
    }

    #[tokio::test(start_paused = true)]
    async fn the_budget_does_not_grow_beyond_its_size() {
        let budget = RetryBudget::new(1);
        for _ in 0..100 {
            budget.earn(2, Instant::now());
        }
        assert!(budget.pay() && !budget.pay());
        for _ in 0..100 {
            budget.earn(2, Instant::now());
        }
        assert!(budget.pay() && !budget.pay());
    }

    #[tokio::test(start_paused = true)]
    async fn an_empty_budget_lets_one_retry_a_second_pass_in_order() {
        for budget in [empty(), RetryBudget::new(0)] {
            let start = Instant::now();
            let first = budget.pay();
            let waits = (0..100).map(|number| {
                let budget = &budget;
                async move {
                    budget.wait_to_pay(false).await;
                    (number, start.elapsed().as_secs())
                }
            });
            let passed = join_all(waits).await;
            // One that is empty from the start has its first probe at once.
            let expected: Vec<_> = (0..100).map(|number| (number, number + 1)).collect();
            assert_eq!(passed, expected, "{first}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_background_lane_pays_last() {
        let budget = empty();
        let start = Instant::now();
        let waits = [true, true, false, true, false].map(|is_background| {
            let budget = &budget;
            async move {
                budget.wait_to_pay(is_background).await;
                start.elapsed().as_secs()
            }
        });
        // The first stood alone, and is passing already.
        assert_eq!(join_all(waits).await, [1, 4, 2, 5, 3]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_earned_is_handed_to_the_first() {
        let budget = empty();
        let start = Instant::now();
        let mut waits: Vec<_> = (0..3)
            .map(|_| Box::pin(budget.wait_to_pay(false)))
            .collect();
        for wait in &mut waits {
            assert!(poll!(wait.as_mut()).is_pending());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        budget.earn(2, Instant::now());
        // Who comes now stands behind the others.
        assert!(!budget.pay());
        assert!(poll!(waits[1].as_mut()).is_pending());
        for (wait, millis) in waits.into_iter().zip([200, 1200, 2200]) {
            wait.await;
            assert_eq!(start.elapsed(), Duration::from_millis(millis));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn waits_that_are_dropped_or_not_polled_hold_up_nobody() {
        let budget = empty();
        let start = Instant::now();
        let mut kept: Vec<_> = (0..100)
            .map(|_| Box::pin(budget.wait_to_pay(false)))
            .collect();
        for wait in &mut kept {
            assert!(poll!(wait.as_mut()).is_pending());
        }
        let mut behind = pin!(budget.wait_to_pay(false));
        assert!(poll!(behind.as_mut()).is_pending());
        // Half of those in front are dropped, the others are not polled.
        kept.truncate(50);
        behind.await;
        assert!(start.elapsed() < secs(2), "{:?}", start.elapsed());
        // They still get theirs, one a second.
        let start = Instant::now();
        join_all(kept).await;
        let took = start.elapsed();
        assert!(took >= secs(50) && took <= secs(51), "{took:?}");
        assert!(!budget.queue.is_in_use());
    }
}
