//! Whether a request still waits for a connection.
//!
//! reqwest reports nothing about a request in progress, and one that is dropped while its
//! connection is being opened was not sent. The connector runs within the poll of the request that
//! waits for it, and leaves a mark for the [`observe`]r of that poll. The mark is valid for that
//! poll only, since a request that gets a free connection instead leaves its connector to the
//! background.

use std::cell::Cell;
use std::pin::Pin;
use std::task::{Context, Poll};

use tower_layer::Layer;
use tower_service::Service;

thread_local! {
    /// Whether the connector that was polled last on this thread has yet to finish.
    static IS_CONNECTING: Cell<bool> = const { Cell::new(false) };
}

/// Runs one poll of a request, and also returns whether the request waits for a connection.
pub(super) fn observe<T>(poll: impl FnOnce() -> T) -> (T, bool) {
    IS_CONNECTING.set(false);
    let polled = poll();
    (polled, IS_CONNECTING.replace(false))
}

/// Creates connectors that leave the mark.
#[derive(Debug, Clone, Copy)]
pub(super) struct Marked;

impl<S> Layer<S> for Marked {
    type Service = Connector<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Connector(inner)
    }
}

#[derive(Debug, Clone)]
pub(super) struct Connector<S>(S);

impl<R, S: Service<R>> Service<R> for Connector<S>
where
    S::Future: Unpin,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Connecting<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, target: R) -> Self::Future {
        Connecting(self.0.call(target))
    }
}

#[derive(Debug)]
pub(super) struct Connecting<F>(F);

impl<F: Future + Unpin> Future for Connecting<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let polled = Pin::new(&mut self.0).poll(cx);
        IS_CONNECTING.set(polled.is_pending());
        polled
    }
}
