//! A job that runs, as a stream of events.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;

use super::event::{Event, Status};
use super::feed::Feed;
use super::report::Report;
use crate::Result;
use crate::call::Call;

/// A running job, made by [`Job::events`](super::Job::events): a stream of its [events](Event), with
/// the [report](Report) at the end. It goes on only while it is polled, so that a consumer that is
/// slow slows it down; dropped, it leaves nothing running.
///
/// ```no_run
/// # async fn run(fleet: neon_api::fleet::Fleet, tenants: Vec<neon_api::projects::CreateProject>) -> Result<(), Box<dyn std::error::Error>> {
/// use futures::StreamExt;
///
/// let run = fleet.provision(tenants).events();
/// let finished = run.take_while(|event| {
///     println!("{event:?}");
///     futures::future::ready(true)
/// });
/// println!("{} events", finished.count().await);
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is sent until it is polled"]
pub struct Run<T> {
    call: Option<Call<Report<T>>>,
    outcome: Option<Result<Report<T>>>,
    feed: Arc<Feed<T>>,
}

impl<T> Run<T> {
    pub(super) fn new(call: Call<Report<T>>, feed: Arc<Feed<T>>) -> Self {
        Self {
            call: Some(call),
            outcome: None,
            feed,
        }
    }

    /// The next event; `None` at the end of the job.
    pub async fn next(&mut self) -> Option<Event<T>> {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// Where the job is, as the last event that was taken left it or a little later.
    pub fn status(&self) -> Status {
        self.feed.status()
    }

    /// Runs the rest of the job, without events, and returns its report.
    ///
    /// # Errors
    ///
    /// As the [job](super::Job).
    pub async fn finish(self) -> Result<Report<T>> {
        self.feed.close();
        match (self.outcome, self.call) {
            (Some(outcome), _) => outcome,
            (None, Some(call)) => call.await,
            // One of them is there.
            (None, None) => std::future::pending().await,
        }
    }
}

impl<T> Stream for Run<T> {
    type Item = Event<T>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event<T>>> {
        let this = &mut *self;
        if let Some(event) = this.feed.take() {
            return Poll::Ready(Some(event));
        }
        if let Some(call) = &mut this.call
            && let Poll::Ready(outcome) = Pin::new(call).poll(cx)
        {
            this.call = None;
            this.outcome = Some(outcome);
        }
        match this.feed.take() {
            Some(event) => Poll::Ready(Some(event)),
            None if this.call.is_none() => Poll::Ready(None),
            None => Poll::Pending,
        }
    }
}

// `T` is never pinned.
impl<T> Unpin for Run<T> {}

impl<T> fmt::Debug for Run<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run")
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}
