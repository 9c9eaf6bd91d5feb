//! Where the states of long workflows are saved.

mod file;

use std::fmt;
use std::io;
use std::sync::Arc;

use neon_api_raw::{BoxFuture, serde_json};
use serde::Serialize;

pub use file::FileCheckpoint;

use crate::Result;
use crate::error::Error;

/// Where the states of a workflow are saved, so that it can be resumed after its process has ended.
///
/// A workflow saves what it is about to do *before* each effect, and its result after it, and goes
/// on when the save has completed: so whatever happens, the state that was saved last says what may
/// have been done. States contain IDs and names of resources, and never secrets. Each replaces the
/// one before.
///
/// ```
/// use std::sync::Mutex;
///
/// use neon_api::raw::BoxFuture;
/// use neon_api::workflows::Checkpoint;
///
/// /// A table with a row for each workflow, say.
/// #[derive(Debug, Default)]
/// struct Row(Mutex<String>);
///
/// impl Checkpoint for Row {
///     fn save<'a>(&'a self, state: &'a str) -> BoxFuture<'a, std::io::Result<()>> {
///         Box::pin(async move {
///             let mut row = self.0.lock().map_err(|_| std::io::Error::other("poisoned"))?;
///             state.clone_into(&mut row);
///             Ok(())
///         })
///     }
/// }
/// ```
pub trait Checkpoint: fmt::Debug + Send + Sync + 'static {
    /// Saves a state, JSON in one line, in place of the one before. It has to be durable when the
    /// future completes. If the future is dropped, either state may be the saved one, and nothing
    /// may be written later.
    ///
    /// # Errors
    ///
    /// Any error: the workflow then ends with [`Error::Checkpoint`](crate::Error::Checkpoint),
    /// without the effect that was to follow.
    fn save<'a>(&'a self, state: &'a str) -> BoxFuture<'a, io::Result<()>>;
}

impl<C: Checkpoint + ?Sized> Checkpoint for Arc<C> {
    fn save<'a>(&'a self, state: &'a str) -> BoxFuture<'a, io::Result<()>> {
        (**self).save(state)
    }
}

/// The sink of a workflow, if it has one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Saver(Option<Arc<dyn Checkpoint>>);

impl Saver {
    pub(crate) fn of(sink: impl Checkpoint) -> Self {
        Self(Some(Arc::new(sink)))
    }

    /// Whether there is one.
    #[cfg(feature = "fleet")]
    pub(crate) fn is_any(&self) -> bool {
        self.0.is_some()
    }

    pub(super) async fn save(&self, state: &(impl Serialize + Sync)) -> Result<()> {
        self.saving(state).await
    }

    /// Saves the state as it is now, while the workflow goes on.
    pub(crate) fn saving<S: Serialize>(
        &self,
        state: &S,
    ) -> impl Future<Output = Result<()>> + use<S> {
        let sink = self.0.clone();
        // Without a sink nothing is serialized.
        let state = sink.as_ref().map(|_| serde_json::to_string(state));
        async move {
            let (Some(sink), Some(state)) = (sink, state) else {
                return Ok(());
            };
            let state = state.map_err(|error| Error::Checkpoint(io::Error::other(error)))?;
            sink.save(&state).await.map_err(Error::Checkpoint)
        }
    }
}
