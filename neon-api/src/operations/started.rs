//! The answer of a call that started operations, and the wait for them.

use std::fmt;
use std::future::IntoFuture;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use neon_api_raw::BoxFuture;
use neon_api_raw::ids::ProjectId;
use neon_api_raw::types::Operation;
use tokio::time::Instant;

use super::WaitHandle;
use super::watch::Outcome;
use crate::clock;
use crate::error::{WaitError, WaitFailure, WaitReport};
use crate::neon::Neon;

/// What a call answered, while the operations that it started still run.
///
/// It dereferences to the answer. [`ready`](Self::ready) waits for the operations and gives the
/// answer back; dropping it stops nothing, since the operations run at Neon.
///
/// ```no_run
/// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
/// let app = neon.projects().create("my-app").await?;
/// println!("{} exists, {} operations run", app.project.id, app.operations().len());
/// let app = app.ready().await?;
/// println!("{} can be connected to", app.project.id);
/// # Ok(())
/// # }
/// ```
#[must_use = "its operations still run: `.ready().await` waits for them"]
pub struct Started<T> {
    neon: Neon,
    project: ProjectId,
    value: T,
    operations: Vec<Operation>,
}

impl<T> Started<T> {
    pub(crate) fn new(
        neon: &Neon,
        project: ProjectId,
        value: T,
        operations: Vec<Operation>,
    ) -> Self {
        Self {
            neon: neon.clone(),
            project,
            value,
            operations,
        }
    }

    /// The operations as the answer told them; none where there is nothing to wait for.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// What resumes the wait in another process, by [`Neon::wait`](crate::Neon::wait).
    ///
    /// ```no_run
    /// # async fn run(neon: neon_api::Neon) -> Result<(), Box<dyn std::error::Error>> {
    /// let app = neon.projects().create("my-app").await?;
    /// std::fs::write("wait.json", serde_json::to_string(&app.handle())?)?;
    /// let app = app.into_value();
    /// println!("{} will be ready some time", app.project.id);
    /// # Ok(())
    /// # }
    /// ```
    pub fn handle(&self) -> WaitHandle {
        WaitHandle::of(&self.project, &self.operations)
    }

    /// The answer, without waiting. The operations go on.
    pub fn into_value(self) -> T {
        self.value
    }

    /// Waits, when awaited, until all operations have finished or were skipped, and gives the answer
    /// back as it was. [`Ready`] tells how, for how long, and how it fails.
    pub fn ready(self) -> Ready<T> {
        let handle = self.handle();
        Ready {
            neon: self.neon,
            value: self.value,
            seen: self.operations,
            handle,
            timeout: None,
        }
    }
}

impl<T> Deref for Started<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Started<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T: fmt::Debug> fmt::Debug for Started<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Started")
            .field("value", &self.value)
            .field("operations", &self.operations)
            .finish_non_exhaustive()
    }
}

/// A wait for operations; awaited, it gives the value back.
///
/// Waits for operations of one project share their polls, whoever waits. A poll lists the newest
/// operations (`listProjectOperations`); up to two that are missing there are asked for by themselves
/// (`getProjectOperation`), more are sought on further pages. The first poll comes after about 100
/// milliseconds, later ones at growing intervals of up to 3 seconds, each as a call with a turn of
/// the limiter and repetitions. One that fails is made again at the next interval, unless it can
/// never succeed. Nothing is spawned: a dropped wait polls no more. Without operations it is over at
/// once.
///
/// ```no_run
/// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
/// use std::time::Duration;
///
/// let app = neon.projects().create("my-app").await?;
/// match app.ready().timeout(Duration::from_secs(60)).await {
///     Ok(app) => println!("{} is ready", app.project.id),
///     Err(error) if error.is_timeout() => neon.wait(error.handle().clone()).await?,
///     Err(error) => return Err(error.into()),
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`WaitError`] when an operation fails or is cancelled
/// ([`is_failure`](WaitError::is_failure)), when the key may not look at the operations or their ids
/// cannot be asked for ([`is_refused`](WaitError::is_refused)), or when the time runs out
/// ([`is_timeout`](WaitError::is_timeout)): the time set by [`timeout`](Self::timeout), or else 5
/// minutes from the first look at the operations, unless the client was
/// [set up](crate::NeonBuilder::wait_timeout) otherwise. It gives the value back, and a handle to
/// wait on.
#[must_use = "a wait does nothing until it is awaited"]
pub struct Ready<T> {
    neon: Neon,
    value: T,
    seen: Vec<Operation>,
    handle: WaitHandle,
    timeout: Option<Duration>,
}

impl Ready<()> {
    pub(crate) fn resumed(neon: Neon, handle: WaitHandle) -> Self {
        Self {
            neon,
            value: (),
            seen: Vec::new(),
            handle,
            timeout: None,
        }
    }
}

impl<T> Ready<T> {
    /// How long to wait at most, counted from the await, turns of the limiter included. Of no time at
    /// all, it ends with what the answer told already, without a look.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    async fn run(self) -> Result<T, WaitError<T>> {
        let Self {
            neon,
            value,
            seen,
            handle,
            timeout,
        } = self;
        if handle.operations().is_empty() {
            return Ok(value);
        }
        if let Err(inadmissible) = neon.engine().admit_polls(handle.project()) {
            let report = WaitReport {
                failure: WaitFailure::Refused,
                operations: seen,
                last_poll_error: Some(Arc::new(inadmissible.into())),
                handle,
                value: None,
            };
            return Err(WaitError::new(value, report));
        }
        let poller = neon.waiters().poller(handle.project());
        let watch = poller.watch(handle.operations(), seen);
        let limit = async {
            let started = Instant::now();
            let Some(timeout) = timeout else {
                // Behind thousands of calls the first poll may be minutes away. Waiting for a turn
                // is not failing, so the time counts from when there was a look.
                watch.first_look().await;
                let until = clock::after(Instant::now(), neon.wait_timeout());
                return tokio::time::sleep_until(until).await;
            };
            tokio::time::sleep_until(clock::after(started, timeout)).await;
        };
        let outcome = tokio::select! {
            biased;
            outcome = watch.settle(neon.raw()) => Some(outcome),
            () = limit => None,
        };
        let failure = match outcome {
            Some(Outcome::Succeeded) => return Ok(value),
            Some(Outcome::Failed) => WaitFailure::Failed,
            Some(Outcome::Refused) => WaitFailure::Refused,
            None => WaitFailure::Timeout,
        };
        let report = WaitReport {
            failure,
            operations: watch.operations(),
            last_poll_error: watch.poll_error(),
            handle,
            value: None,
        };
        Err(WaitError::new(value, report))
    }
}

impl<T: Send + 'static> IntoFuture for Ready<T> {
    type Output = Result<T, WaitError<T>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<T> fmt::Debug for Ready<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ready")
            .field("handle", &self.handle)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
