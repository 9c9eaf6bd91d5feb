//! When to poll for what was created: once, when most are ready.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until};

use crate::Result;
use crate::clock;
use crate::error::Error;
use crate::neon::Neon;
use crate::waits::{Progress, WaitToken};

/// How long the first projects are left alone.
const FIRST: Duration = Duration::from_secs(1);

/// How many find out how long it takes, while the others wait for that.
const EXPLORERS: usize = 4;

/// What a poll that came too early, and one that did not, make of the time. Their ratio is that of
/// the polls: about one in fifteen comes too early.
const LATER: f64 = 1.15;
const EARLIER: f64 = 0.99;

/// How much later the next poll of the same project comes.
const GROWTH: f64 = 1.5;

/// No first poll comes sooner, or later.
const SHORTEST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(60);

/// How long a project may be unknown to the API after its creation.
const UNKNOWN: Duration = Duration::from_secs(10);

/// What the waits of a job learn from each other: how long operations take.
#[derive(Debug)]
pub(super) struct Pace {
    learned: Mutex<Option<Duration>>,
    explorers: Semaphore,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            learned: Mutex::new(None),
            explorers: Semaphore::new(EXPLORERS),
        }
    }
}

impl Pace {
    /// Waits for the operations of a response that has just come.
    pub(super) async fn ready(&self, neon: &Neon, token: WaitToken) -> Result<()> {
        if token.operations().is_empty() {
            return Ok(());
        }
        let begun_at = Instant::now();
        let deadline = clock::after(begun_at, neon.wait_timeout());
        // That of the job, if it is earlier.
        let latest = neon.engine().deadline();
        let deadline = latest.map_or(deadline, |latest| latest.min(deadline));
        let (mut time, _explores) = self.first().await;
        let mut is_first = true;
        loop {
            sleep_until(clock::after(begun_at, time).min(deadline)).await;
            let checked = neon.check(&token).await;
            let age = begun_at.elapsed();
            match checked {
                Ok(Progress::Done(_)) => {
                    self.was_ready(age, is_first);
                    return Ok(());
                }
                // The wait has the error.
                Ok(Progress::Failed(_)) => return Ok(neon.wait(token).await?),
                Ok(_) => self.came_too_early(age),
                Err(error) if may_pass(neon, &error, age) => {}
                Err(error) => return Err(error),
            }
            if Instant::now() >= deadline {
                return Ok(neon.wait(token).timeout(Duration::ZERO).await?);
            }
            time = age.mul_f64(GROWTH).max(SHORTEST);
            is_first = false;
        }
    }

    /// When to poll first. Until it is known, only few find out.
    async fn first(&self) -> (Duration, Option<SemaphorePermit<'_>>) {
        if let Some(learned) = *self.learned() {
            return (learned, None);
        }
        let explores = self.explorers.acquire().await.ok();
        match *self.learned() {
            Some(learned) => (learned, None),
            None => (FIRST, explores),
        }
    }

    fn was_ready(&self, age: Duration, at_once: bool) {
        let mut learned = self.learned();
        *learned = Some(match *learned {
            None => age,
            Some(time) if at_once => time.mul_f64(EARLIER).max(SHORTEST),
            Some(time) => time,
        });
    }

    fn came_too_early(&self, age: Duration) {
        if let Some(learned) = &mut *self.learned() {
            *learned = age.mul_f64(LATER).clamp(*learned, LONGEST.max(*learned));
        }
    }

    fn learned(&self) -> MutexGuard<'_, Option<Duration>> {
        self.learned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether to poll again after this error.
fn may_pass(neon: &Neon, error: &Error, age: Duration) -> bool {
    let is_late = |deadline: Instant| deadline <= Instant::now();
    if neon.engine().deadline().is_some_and(is_late) {
        return false;
    }
    // The API may not know a project briefly after its creation.
    let is_new = error.is_not_found() && age < UNKNOWN;
    is_new || error.is_retryable() || error.is_timeout()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_follows_what_it_takes() {
        let pace = Pace::default();
        let second = Duration::from_secs(1);
        pace.came_too_early(second);
        assert_eq!(
            *pace.learned(),
            None,
            "that it takes longer is not how long"
        );
        pace.was_ready(second * 3, false);
        assert_eq!(*pace.learned(), Some(second * 3));
        for _ in 0..1_000 {
            pace.was_ready(second, true);
        }
        assert_eq!(*pace.learned(), Some(SHORTEST));
        pace.came_too_early(second * 2);
        assert_eq!(*pace.learned(), Some(second.mul_f64(2.0 * LATER)));
        pace.came_too_early(second);
        assert_eq!(*pace.learned(), Some(second.mul_f64(2.0 * LATER)));
        pace.came_too_early(LONGEST * 2);
        assert_eq!(*pace.learned(), Some(LONGEST));
    }
}
