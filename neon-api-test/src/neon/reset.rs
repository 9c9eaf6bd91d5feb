//! Resetting a branch with as few requests as possible.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use neon_api::{Neon, WaitToken};
use tokio::time::{Instant, sleep};

use super::error::PoolError;
use super::slots::{Known, Slot, Slots};
use crate::error::{Error, Result};

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
    /// Restores the branch of a slot to what its parent holds: one request, and one or two polls. One
    /// that a process has begun which is gone is only polled.
    pub(super) async fn reset(&self, neon: &Neon, slots: &Slots, slot: &mut Slot) -> Result<()> {
        let Some(known) = slot.known.clone() else {
            return Ok(());
        };
        let queue = {
            let mut projects = self.projects.lock().unwrap_or_else(PoisonError::into_inner);
            let queue = projects.entry(known.project.clone());
            Arc::clone(queue.or_insert_with(|| Arc::new(tokio::sync::Mutex::new(GUESS))))
        };
        // In the order of arrival in this process, and then with the others.
        let mut usual = queue.lock().await;
        let _lock = slots.locked(&known.project).await?;
        let is_begun = match &known.resetting {
            // What cannot be polled anymore is begun again.
            Some(token) => finish(neon, token, Duration::ZERO, None).await.is_ok(),
            None => false,
        };
        if !is_begun && let Some(token) = begin(neon, &known).await? {
            slot.keep(Known {
                resetting: Some(token.clone()),
                ..known.clone()
            })?;
            let pause = *usual;
            finish(neon, &token, pause, Some(&mut usual)).await?;
        }
        slot.keep(Known {
            is_dirty: false,
            resetting: None,
            ..known
        })
    }
}

/// Sends the reset; `None` if nothing is to be waited for.
async fn begin(neon: &Neon, known: &Known) -> Result<Option<WaitToken>> {
    let project = neon.project(known.project.as_str());
    let branch = project.branch(known.branch.as_str());
    let restored = branch.restore(known.parent.as_str()).send().await?;
    let has_operations = !restored.operations().is_empty();
    Ok(has_operations.then(|| restored.token()))
}

/// Polls until it is done, for the first time after this pause, and learns how long that takes.
async fn finish(
    neon: &Neon,
    token: &WaitToken,
    mut pause: Duration,
    mut usual: Option<&mut Duration>,
) -> Result<()> {
    let failed = |why| Err(Error::Neon(PoolError::Reset(why)));
    let (begin, mut is_first) = (Instant::now(), true);
    loop {
        sleep(pause).await;
        let progress = neon.check(token).await?;
        if progress.is_failed() {
            return failed(format!(
                "its operations failed: {:?}",
                progress.operations()
            ));
        }
        let is_done = progress.is_done();
        if let Some(usual) = usual.as_deref_mut().filter(|_| is_first) {
            // As many are longer as are shorter: so it becomes the median.
            *usual = if is_done {
                (*usual * 97 / 100).max(SHORTEST)
            } else {
                (*usual * 103 / 100).min(LONGEST)
            };
        }
        if is_done {
            return Ok(());
        }
        if begin.elapsed() > PATIENCE {
            return failed(format!("it takes longer than {} s", PATIENCE.as_secs()));
        }
        is_first = false;
        let usual = usual.as_deref().copied().unwrap_or(GUESS);
        pause = (usual / 4).max(SHORTEST);
    }
}
