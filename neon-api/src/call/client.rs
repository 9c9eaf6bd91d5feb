//! The client of a call that has not begun.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use crate::neon::Neon;

/// Shared by a call and its future, since a timeout may be set after the future was made, and
/// counts from its first poll.
#[derive(Clone)]
pub(crate) struct CallClient(Arc<Mutex<Neon>>);

impl CallClient {
    pub(crate) fn new(neon: Neon) -> Self {
        Self(Arc::new(Mutex::new(neon)))
    }

    /// The client, with a deadline if the call has one.
    pub(crate) fn get(&self) -> Neon {
        self.neon().clone()
    }

    pub(super) fn set_deadline(&self, deadline: Instant) {
        let mut neon = self.neon();
        let derived = neon.derive(|options| options.set_deadline(deadline));
        *neon = derived;
    }

    fn neon(&self) -> MutexGuard<'_, Neon> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
