//! Creating something once, whatever happens to the requests.

use std::time::Duration;

use crate::Result;
use crate::call::Call;
use crate::neon::Neon;
use crate::waits::Started;
use crate::workflows::running;

/// How often a creation is sent at most, if it is unknown whether it took effect.
pub(super) const ATTEMPTS: u32 = 3;

/// When to search for what a creation may have made: at once, and again, since it may still be under
/// way.
const SEARCHES: [Duration; 3] = [
    Duration::ZERO,
    Duration::from_secs(1),
    Duration::from_secs(3),
];

/// How something came to be there.
pub(crate) enum Once<F, C> {
    /// It was there.
    Found(F),
    /// It was not there before, and is now; another process created it, or this one and the response
    /// was lost.
    Appeared {
        found: F,
        /// Whether a response of this process was lost.
        lost: bool,
    },
    /// It was created.
    Created(Started<C>),
}

/// Finds something by its name, which the API keeps unique, or creates it. So it is safe to create
/// again after an outcome that is unknown: if the first creation took effect, the second is a
/// conflict.
pub(in crate::workflows) async fn once<F: Send + 'static, C: Send + 'static>(
    neon: &Neon,
    find: impl Fn() -> Call<Option<F>> + Send,
    create: impl Fn() -> Call<Started<C>> + Send,
) -> Result<Once<F, C>> {
    if let Some(found) = find().await? {
        return Ok(Once::Found(found));
    }
    create_once(neon, find, create).await
}

/// The same for what was not there a moment ago.
pub(crate) async fn create_once<F: Send + 'static, C: Send + 'static>(
    neon: &Neon,
    find: impl Fn() -> Call<Option<F>> + Send,
    create: impl Fn() -> Call<Started<C>> + Send,
) -> Result<Once<F, C>> {
    let mut lost = false;
    let mut attempts = 1;
    loop {
        let error = match create().await {
            Ok(created) => return Ok(Once::Created(created)),
            Err(error) if error.outcome_unknown() || error.is_conflict() => error,
            Err(error) => return Err(error),
        };
        lost |= error.outcome_unknown();
        for pause in SEARCHES {
            if !pause.is_zero() {
                running::pause(neon, pause).await;
            }
            if let Some(found) = find().await? {
                return Ok(Once::Appeared { found, lost });
            }
        }
        if attempts == ATTEMPTS {
            return Err(error);
        }
        attempts += 1;
    }
}
