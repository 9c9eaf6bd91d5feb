//! The response to a call that started operations, and the wait for them.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use neon_api_raw::BoxFuture;
use neon_api_raw::types::Operation;

use super::WaitToken;
use super::failures::PollFailures;
use super::pace::FIRST_INTERVAL;
use super::poller::Poller;
use super::watch::Outcome;
use crate::call::GivenId;
use crate::call::into_id_sealed::Sealed;
use crate::error::{MaskedOperations, WaitError, WaitFailure, WaitReport};
use crate::neon::Neon;

/// Up to which timeout a wait polls immediately.
const SHORT: Duration = Duration::from_secs(1);

/// The response of a call whose operations may still be running.
///
/// It dereferences to the response. [`ready`](Self::ready) waits for the operations and returns the
/// response; dropping it stops nothing, since the operations run on Neon's side.
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
#[must_use = "its operations may still be running: `.ready().await` waits for them"]
pub struct Started<T> {
    /// `None` only where there are no operations.
    neon: Option<Neon>,
    value: T,
    operations: Vec<Operation>,
}

impl<T> Started<T> {
    /// All operations belong to one project.
    pub(crate) fn new(neon: &Neon, value: T, operations: Vec<Operation>) -> Self {
        Self {
            neon: Some(neon.clone()),
            value,
            operations,
        }
    }

    /// One that nothing needs to be waited for, without a client: [`ready`](Self::ready) gives the
    /// value back at once. For unit tests of code that takes a `Started`.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), neon_api::Error> {
    /// use neon_api::{Error, Started};
    /// use neon_api::types::Role;
    ///
    /// // What is to be tested.
    /// async fn name_when_ready(role: Started<Role>) -> Result<String, Error> {
    ///     Ok(role.ready().await?.name)
    /// }
    ///
    /// let role: Role = serde_json::from_str(
    ///     r#"{
    ///         "branch_id": "br-noisy-breeze-a5e59rrb", "name": "alice",
    ///         "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"
    ///     }"#,
    /// )
    /// .expect("it is a role");
    /// assert_eq!(name_when_ready(Started::finished(role)).await?, "alice");
    /// # Ok(())
    /// # }
    /// ```
    pub fn finished(value: T) -> Self {
        Self {
            neon: None,
            value,
            operations: Vec::new(),
        }
    }

    /// The operations as the response names them; none if there is nothing to wait for.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// The token to resume the wait in another process with [`Neon::wait`](crate::Neon::wait).
    ///
    /// ```no_run
    /// # async fn run(neon: neon_api::Neon) -> Result<(), Box<dyn std::error::Error>> {
    /// let app = neon.projects().create("my-app").await?;
    /// std::fs::write("wait.json", serde_json::to_string(&app.token())?)?;
    /// let app = app.into_value();
    /// println!("{} will be ready some time", app.project.id);
    /// # Ok(())
    /// # }
    /// ```
    pub fn token(&self) -> WaitToken {
        WaitToken::of(&self.operations)
    }

    /// Returns the response without waiting. The operations continue.
    pub fn into_value(self) -> T {
        self.value
    }

    /// Waits, when awaited, until all operations have finished or were skipped, and returns the
    /// original response. [`Ready`] describes how, for how long, and how it fails.
    pub fn ready(self) -> Ready<T> {
        let token = self.token();
        Ready {
            state: State::Idle(Wait {
                neon: self.neon,
                value: self.value,
                seen: self.operations,
                token,
                timeout: None,
            }),
        }
    }
}

/// What has started has the ID that its value has.
impl<'a, T, I> Sealed<I> for &'a Started<T>
where
    &'a T: Sealed<I>,
{
    fn given(self) -> GivenId<I> {
        (&self.value).given()
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
            .field("operations", &MaskedOperations(&self.operations))
            .finish_non_exhaustive()
    }
}

/// A wait for operations; awaiting it returns the value.
///
/// All waits for operations of one project share their polls, one poll at a time. A poll lists the
/// newest operations (`listProjectOperations`); up to five that are not listed are fetched
/// individually (`getProjectOperation`), more are searched for on up to 25 further pages. The first
/// poll is made about 100 milliseconds after a change, and immediately for a wait that is
/// [resumed](crate::Neon::wait) or has a timeout of a second or less; later polls follow at growing
/// intervals of up to 3 seconds. Each request is a call with a permit of the limiter and with
/// retries, for up to 30 seconds from its first attempt, or [one attempt's
/// timeout](crate::NeonBuilder::attempt_timeout) if that is longer. A failed poll is retried at the
/// next interval. An operation in the status `error` counts as running for as long as the API plans
/// a retry. Nothing is spawned: a dropped wait stops polling. Without operations it returns
/// immediately.
///
/// ```no_run
/// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
/// use std::time::Duration;
///
/// let app = neon.projects().create("my-app").await?;
/// match app.ready().timeout(Duration::from_secs(60)).await {
///     Ok(app) => println!("{} is ready", app.project.id),
///     Err(error) if error.is_timeout() => neon.wait(error.token().clone()).await?,
///     Err(error) => return Err(error.into()),
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`WaitError`], which contains the value and a token to resume the wait:
///
/// - [`is_failure`](WaitError::is_failure): an operation failed or was cancelled;
/// - [`is_timeout`](WaitError::is_timeout): the [`timeout`](Self::timeout) has expired; by default
///   5 minutes, or as [configured](crate::NeonBuilder::wait_timeout) for the client;
/// - [`is_not_found`](WaitError::is_not_found): the API has responded for 5 seconds that the
///   project does not exist;
/// - [`is_forgotten`](WaitError::is_forgotten): the API has responded for 10 seconds that an
///   operation does not exist, although the project does;
/// - [`is_refused`](WaitError::is_refused): the key lacks permission to poll the operations, their
///   IDs are not valid in a request, or the client has never reached the API and cannot, as with an
///   untrusted certificate.
#[must_use = "a wait does nothing until it is awaited"]
pub struct Ready<T> {
    state: State<T>,
}

enum State<T> {
    Idle(Wait<T>),
    Running(BoxFuture<'static, Result<T, WaitError<T>>>),
    Over,
}

/// The operations that are waited for.
struct Wait<T> {
    /// `None` only where there are no operations.
    neon: Option<Neon>,
    value: T,
    seen: Vec<Operation>,
    token: WaitToken,
    timeout: Option<Duration>,
}

impl Neon {
    /// Waits for operations that another process started, or resumes an earlier wait. [`Ready`]
    /// describes how they are polled, for how long, and how it fails.
    ///
    /// ```no_run
    /// # async fn run(neon: neon_api::Neon) -> Result<(), Box<dyn std::error::Error>> {
    /// use neon_api::WaitToken;
    ///
    /// // Written by another process with `serde_json::to_string(&started.token())`.
    /// let kept = std::fs::read_to_string("wait.json")?;
    /// let token: WaitToken = serde_json::from_str(&kept)?;
    /// neon.wait(token).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait(&self, token: WaitToken) -> Ready<()> {
        Ready::resumed(self.clone(), token)
    }
}

impl Ready<()> {
    fn resumed(neon: Neon, token: WaitToken) -> Self {
        let wait = Wait {
            neon: Some(neon),
            value: (),
            seen: Vec::new(),
            token,
            timeout: None,
        };
        Self {
            state: State::Idle(wait),
        }
    }
}

impl<T> Ready<T> {
    /// Sets the timeout, counted from the first attempt to poll: waiting for the limiter's first
    /// permit does not count. The first poll is always completed, so a wait for operations that
    /// have finished succeeds however short its timeout; later polls end with the timeout.
    /// Operations that are not among the newest are searched for up to 5 seconds after the timeout
    /// or the first page, whichever is later. If `Retry-After` of an earlier poll asks for a pause
    /// beyond the timeout, it returns at the timeout without polling, and the error reports the
    /// pause. With a zero timeout it returns without polling.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        if let State::Idle(wait) = &mut self.state {
            wait.timeout = Some(timeout);
        }
        self
    }
}

impl<T> Wait<T> {
    async fn run(self) -> Result<T, WaitError<T>> {
        let Self {
            neon,
            value,
            seen,
            token,
            timeout,
        } = self;
        let (Some(neon), Some(project)) = (neon, token.project()) else {
            return Ok(value);
        };
        if token.operations().is_empty() {
            return Ok(value);
        }
        if let Err(inadmissible) = neon.engine().admit_polls(project) {
            let error = Arc::new(inadmissible.into());
            let report = WaitReport {
                failure: WaitFailure::Refused,
                operations: seen,
                poll_failures: Some(PollFailures::one(error)),
                unpolled: None,
                token,
                value: None,
            };
            return Err(WaitError::new(value, report));
        }
        // Operations that were just started are not worth an immediate poll, unless there is no
        // time for a later one.
        let is_hasty = seen.is_empty() || timeout.is_some_and(|timeout| timeout <= SHORT);
        let first = if is_hasty {
            Duration::ZERO
        } else {
            FIRST_INTERVAL
        };
        let timeout = timeout.unwrap_or(neon.wait_timeout());
        let poller = if timeout.is_zero() {
            // A future that is not polled.
            Arc::new(Poller::new(project.clone()))
        } else {
            neon.waiters().poller(project)
        };
        let watch = poller.watch(token.operations(), seen, first);
        let mut timer = neon.engine().metrics().wait();
        let outcome = if timeout.is_zero() {
            watch.outcome()
        } else {
            tokio::select! {
                biased;
                outcome = watch.settle(neon.engine()) => Some(outcome),
                () = watch.expire(timeout) => None,
            }
        };
        timer.end(Outcome::name(outcome), || watch.ended());
        match outcome {
            Some(Outcome::Succeeded) => Ok(value),
            outcome => Err(WaitError::new(value, watch.report(token, outcome))),
        }
    }
}

impl<T: Send + 'static> Future for Ready<T> {
    type Output = Result<T, WaitError<T>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if let State::Idle(_) = this.state
            && let State::Idle(wait) = std::mem::replace(&mut this.state, State::Over)
        {
            this.state = State::Running(Box::pin(wait.run()));
        }
        let State::Running(future) = &mut this.state else {
            return Poll::Pending;
        };
        let outcome = std::task::ready!(future.as_mut().poll(cx));
        this.state = State::Over;
        Poll::Ready(outcome)
    }
}

// `T` is never pinned: the future that holds one is in a box of its own.
impl<T> Unpin for Ready<T> {}

impl<T> fmt::Debug for Ready<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Ready");
        if let State::Idle(wait) = &self.state {
            shown
                .field("token", &wait.token)
                .field("timeout", &wait.timeout);
        }
        shown.finish_non_exhaustive()
    }
}
