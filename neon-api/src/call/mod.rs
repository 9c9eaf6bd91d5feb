//! One call: a future that sends nothing before it is polled.

mod body;
mod builder;
mod client;
mod into_id;

use std::fmt;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::FusedFuture;
use neon_api_raw::BoxFuture;
use tokio::time::Instant;

use crate::Result;
use crate::clock;
use crate::neon::Neon;

pub(crate) use body::{call, deleted, started};
pub(crate) use builder::{maybe, request};
pub(crate) use client::CallClient;
pub(crate) use into_id::from_values;
pub(crate) use into_id::sealed as into_id_sealed;
pub use into_id::{GivenId, IntoId};

/// An API call: the future returned by every method and builder of this crate.
///
/// It is lazy: nothing is sent before it is polled, and relative times in its request count from
/// the first poll. It is `Send`, `Unpin` and `'static`, so that it can be spawned, joined, buffered
/// and kept in a struct. If it is dropped before the response arrives, nothing is left running in
/// the client; the request may still take effect. Polled after it has completed, it stays pending.
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// use futures::{StreamExt, TryStreamExt, stream};
/// use neon_api::Call;
/// use neon_api::types::Project;
///
/// /// An entry of a program's queue.
/// struct Job {
///     call: Call<Project>,
/// }
/// let job = Job { call: project.get() };
/// println!("{}", job.call.await?.name);
///
/// let names = ["one", "two", "three"];
/// let creates = names.map(|name| project.branches().create(name).send());
/// let created: Vec<_> = stream::iter(creates).buffer_unordered(2).try_collect().await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Those listed by its method, and those that all calls have in common: see
/// [`Error`](crate::Error).
#[must_use = "nothing is sent until it is awaited"]
pub struct Call<T> {
    state: State<T>,
}

enum State<T> {
    Idle {
        client: CallClient,
        timeout: Option<Duration>,
        future: BoxFuture<'static, Result<T>>,
    },
    Running(BoxFuture<'static, Result<T>>),
    Over,
}

impl<T> Call<T> {
    /// The future takes the client from `client` when it is first polled.
    pub(crate) fn new(client: CallClient, future: BoxFuture<'static, Result<T>>) -> Self {
        Self {
            state: State::Idle {
                client,
                timeout: None,
                future,
            },
        }
    }

    /// The call that a function makes of this client. Its future takes it from there, once polled.
    pub(crate) fn of<F>(neon: Neon, future: impl FnOnce(CallClient) -> F) -> Self
    where
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let client = CallClient::new(neon);
        Self::new(client.clone(), Box::pin(future(client)))
    }

    /// Returns the call itself, so that code which calls `send` keeps compiling when a method gains
    /// options and returns a builder.
    pub fn send(self) -> Self {
        self
    }

    /// Limits the duration of the call, counted from its first poll, including rate-limit waits and
    /// retries; with a zero timeout nothing is sent. The error reports the timeout
    /// ([`is_timeout`](crate::Error::is_timeout)) and whether the request may have taken effect
    /// ([`outcome_unknown`](crate::Error::outcome_unknown)); its source is the last error response,
    /// if there was one. A call that fetches several pages has this time for all of them. The
    /// shorter of this and the client's own timeout
    /// ([`with_call_timeout`](crate::Neon::with_call_timeout)) applies. Setting it after the first
    /// poll has no effect.
    ///
    /// ```no_run
    /// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
    /// use std::time::Duration;
    ///
    /// let project = neon.project("late-frost-12345678").get().timeout(Duration::from_secs(2)).await;
    /// if project.is_err_and(|error| error.is_timeout()) {
    ///     println!("not within two seconds");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn timeout(mut self, time: Duration) -> Self {
        if let State::Idle { timeout, .. } = &mut self.state {
            *timeout = Some(time);
        }
        self
    }
}

impl<T: Send + 'static> Call<T> {
    /// `None` if the API itself responds that the resource does not exist.
    pub(crate) fn optional(self) -> Call<Option<T>> {
        let optional = |call| -> BoxFuture<'static, _> { Box::pin(Optional(call)) };
        let state = match self.state {
            State::Idle {
                client,
                timeout,
                future,
            } => State::Idle {
                client,
                timeout,
                future: optional(future),
            },
            State::Running(future) => State::Running(optional(future)),
            State::Over => State::Over,
        };
        Call { state }
    }
}

/// A call for something that may not exist.
struct Optional<T>(BoxFuture<'static, Result<T>>);

impl<T> Future for Optional<T> {
    type Output = Result<Option<T>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(match ready!(self.0.as_mut().poll(cx)) {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        })
    }
}

impl<T> Future for Call<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if let State::Idle { .. } = this.state
            && let State::Idle {
                client,
                timeout,
                future,
            } = mem::replace(&mut this.state, State::Over)
        {
            if let Some(timeout) = timeout {
                client.set_deadline(clock::after(Instant::now(), timeout));
            }
            this.state = State::Running(future);
        }
        let State::Running(future) = &mut this.state else {
            return Poll::Pending;
        };
        let outcome = ready!(future.as_mut().poll(cx));
        this.state = State::Over;
        Poll::Ready(outcome)
    }
}

impl<T> FusedFuture for Call<T> {
    fn is_terminated(&self) -> bool {
        matches!(self.state, State::Over)
    }
}

// `T` is never pinned: futures that make one are in boxes of their own.
impl<T> Unpin for Call<T> {}

impl<T> fmt::Debug for Call<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Idle { .. } => "not sent",
            State::Running(_) => "running",
            State::Over => "over",
        };
        f.debug_tuple("Call").field(&state).finish()
    }
}
