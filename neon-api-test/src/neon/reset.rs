//! Resetting a branch with as few requests as possible.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use neon_api::Neon;
use tokio::time::{Instant, sleep};

use super::error::PoolError;
use super::slots::{Known, Slots};
use crate::error::Result;

/// How long the operations of a reset are taken to last, before any was seen.
const GUESS: Duration = Duration::from_millis(400);
const SHORTEST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(10);
/// How long they may take.
const PATIENCE: Duration = Duration::from_secs(300);

/// One reset at a time in each project, which refuses more with 423: a queue costs no requests. And
/// how long the last ones took, so that it is polled when about half of them are done, not before.
#[derive(Debug, Default)]
pub(super) struct Resets {
    projects: Mutex<HashMap<String, Arc<tokio::sync::Mutex<Duration>>>>,
}

impl Resets {
    /// Restores the branch to what its parent holds: one request, and one or two polls.
    pub(super) async fn reset(&self, neon: &Neon, slots: &Slots, known: &Known) -> Result<()> {
        let queue = {
            let mut projects = self.projects.lock().unwrap_or_else(PoisonError::into_inner);
            let queue = projects.entry(known.project.clone());
            Arc::clone(queue.or_insert_with(|| Arc::new(tokio::sync::Mutex::new(GUESS))))
        };
        // In the order of arrival in this process, and then with the others.
        let mut usual = queue.lock().await;
        let _lock = slots.locked(&known.project).await?;
        let branch = neon
            .project(known.project.as_str())
            .branch(known.branch.as_str());
        let restored = branch.restore(known.parent.as_str()).send().await?;
        if restored.operations().is_empty() {
            return Ok(());
        }
        let token = restored.token();
        let (begin, mut pause, mut is_first) = (Instant::now(), *usual, true);
        loop {
            sleep(pause).await;
            let progress = neon.check(&token).await?;
            if progress.is_failed() {
                let why = format!("its operations failed: {:?}", progress.operations());
                return Err(crate::Error::Neon(PoolError::Reset(why)));
            }
            if progress.is_done() {
                break;
            }
            if begin.elapsed() > PATIENCE {
                let why = format!("it takes longer than {} s", PATIENCE.as_secs());
                return Err(crate::Error::Neon(PoolError::Reset(why)));
            }
            if is_first {
                // As many are longer as are shorter: so it becomes the median.
                *usual = (*usual * 103 / 100).min(LONGEST);
            }
            is_first = false;
            pause = (*usual / 4).max(SHORTEST);
        }
        if is_first {
            *usual = (*usual * 97 / 100).max(SHORTEST);
        }
        Ok(())
    }
}
