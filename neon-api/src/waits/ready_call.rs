//! A call and the wait for its operations in one future.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use neon_api_raw::BoxFuture;

use super::{Started, WaitToken};
use crate::call::Call;
use crate::error::{Error, WaitError};

impl<T: Send + 'static> Call<Started<T>> {
    /// Sends the call, when awaited, and waits until the operations that it starts have finished.
    /// [`ReadyCall`] describes how, for how long, and how it fails.
    ///
    /// ```no_run
    /// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
    /// project.branch("br-noisy-breeze-a5e59rrb").delete().ready().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn ready(self) -> ReadyCall<T> {
        ReadyCall::new(self)
    }
}

/// A call and the wait for the operations that it starts, returned by `.ready()` on a call or a
/// builder.
///
/// It sends the request when it is first polled, and then waits as [`Ready`](crate::Ready) does.
///
/// ```no_run
/// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
/// use std::time::Duration;
///
/// let app = neon
///     .projects()
///     .create("my-app")
///     .ready()
///     .timeout(Duration::from_secs(60))
///     .on_started(|app| println!("{} exists", app.project.id))
///     .await?;
/// println!("{} can be connected to", app.project.id);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`ReadyError`], which distinguishes a failed call from a failed wait.
#[must_use = "nothing is sent until it is awaited"]
pub struct ReadyCall<T> {
    state: State<T>,
}

type OnStarted<T> = Box<dyn FnOnce(&T) + Send>;

enum State<T> {
    Idle {
        call: Call<Started<T>>,
        timeout: Option<Duration>,
        on_started: Option<OnStarted<T>>,
    },
    Running(BoxFuture<'static, Result<T, ReadyError<T>>>),
    Over,
}

impl<T> ReadyCall<T> {
    fn new(call: Call<Started<T>>) -> Self {
        Self {
            state: State::Idle {
                call,
                timeout: None,
                on_started: None,
            },
        }
    }

    /// Sets the timeout of the wait for the operations, counted like
    /// [`Ready::timeout`](crate::Ready::timeout); the call before it has its own
    /// [timeout](Call::timeout). Setting it after the first poll has no effect.
    pub fn timeout(mut self, time: Duration) -> Self {
        if let State::Idle { timeout, .. } = &mut self.state {
            *timeout = Some(time);
        }
        self
    }

    /// Runs a function after the call has succeeded and before the wait: to store the ID of the new
    /// resource, in case the process ends during the wait. If set several times, the last one is
    /// run.
    pub fn on_started(mut self, run: impl FnOnce(&T) + Send + 'static) -> Self {
        if let State::Idle { on_started, .. } = &mut self.state {
            *on_started = Some(Box::new(run));
        }
        self
    }
}

impl<T: Send + 'static> Future for ReadyCall<T> {
    type Output = Result<T, ReadyError<T>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if let State::Idle { .. } = this.state
            && let State::Idle {
                call,
                timeout,
                on_started,
            } = std::mem::replace(&mut this.state, State::Over)
        {
            this.state = State::Running(Box::pin(async move {
                let started = call.await.map_err(ReadyError::NotStarted)?;
                if let Some(run) = on_started {
                    run(&started);
                }
                let mut ready = started.ready();
                if let Some(timeout) = timeout {
                    ready = ready.timeout(timeout);
                }
                ready.await.map_err(ReadyError::Unfinished)
            }));
        }
        let State::Running(future) = &mut this.state else {
            return Poll::Pending;
        };
        let outcome = std::task::ready!(future.as_mut().poll(cx));
        this.state = State::Over;
        Poll::Ready(outcome)
    }
}

// `T` is never pinned: futures that make one are in boxes of their own.
impl<T> Unpin for ReadyCall<T> {}

impl<T> fmt::Debug for ReadyCall<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("ReadyCall");
        if let State::Idle { call, timeout, .. } = &self.state {
            shown.field("call", call).field("timeout", timeout);
        }
        shown.finish_non_exhaustive()
    }
}

/// Why a [`ReadyCall`] did not succeed. `?` converts it to an [`Error`].
///
/// ```no_run
/// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
/// use neon_api::ReadyError;
///
/// match neon.projects().create("my-app").ready().await {
///     Ok(app) => println!("{} is ready", app.project.id),
///     Err(ReadyError::Unfinished(wait)) => {
///         println!("{} exists and is not ready", wait.value().project.id);
///         neon.wait(wait.token().clone()).await?;
///     }
///     Err(error) => return Err(error.into()),
/// }
/// # Ok(())
/// # }
/// ```
#[non_exhaustive]
pub enum ReadyError<T> {
    /// The call failed. Whether it may have taken effect,
    /// [`outcome_unknown`](Error::outcome_unknown) reports that.
    NotStarted(Error),
    /// The call succeeded, but its operations did not finish: the error has the call's result and
    /// the token to resume the wait.
    Unfinished(WaitError<T>),
}

impl<T> ReadyError<T> {
    /// The result of the call, if it succeeded.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::NotStarted(_) => None,
            Self::Unfinished(wait) => Some(wait.value()),
        }
    }

    /// The token to resume the wait, if the call succeeded.
    pub fn token(&self) -> Option<&WaitToken> {
        match self {
            Self::NotStarted(_) => None,
            Self::Unfinished(wait) => Some(wait.token()),
        }
    }

    /// Whether the call or the wait timed out.
    pub fn is_timeout(&self) -> bool {
        match self {
            Self::NotStarted(error) => error.is_timeout(),
            Self::Unfinished(wait) => wait.is_timeout(),
        }
    }
}

impl<T> fmt::Debug for ReadyError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, inner): (_, &dyn fmt::Debug) = match self {
            Self::NotStarted(error) => ("NotStarted", error),
            Self::Unfinished(wait) => ("Unfinished", wait),
        };
        f.debug_tuple(name).field(inner).finish()
    }
}

impl<T> fmt::Display for ReadyError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStarted(error) => error.fmt(f),
            Self::Unfinished(wait) => wait.fmt(f),
        }
    }
}

impl<T> std::error::Error for ReadyError<T> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NotStarted(error) => error.source(),
            Self::Unfinished(wait) => std::error::Error::source(wait),
        }
    }
}

impl<T> From<Error> for ReadyError<T> {
    fn from(error: Error) -> Self {
        Self::NotStarted(error)
    }
}

impl<T: Send + Sync + 'static> From<ReadyError<T>> for Error {
    fn from(error: ReadyError<T>) -> Self {
        match error {
            ReadyError::NotStarted(error) => error,
            ReadyError::Unfinished(wait) => wait.into(),
        }
    }
}
