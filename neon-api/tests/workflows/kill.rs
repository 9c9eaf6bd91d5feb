//! Futures that are dropped at every point where they wait.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Polls a future this often at most; `None` if it has not completed by then, and was dropped.
pub(crate) async fn polled<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    Polled {
        future: Some(Box::pin(future)),
        polls,
    }
    .await
}

struct Polled<F> {
    future: Option<Pin<Box<F>>>,
    polls: usize,
}

impl<F: Future> Future for Polled<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.polls > 0 {
            self.polls -= 1;
            let outcome = self.future.as_mut().unwrap().as_mut().poll(cx);
            if outcome.is_ready() || self.polls > 0 {
                return outcome.map(Some);
            }
        }
        self.future = None;
        Poll::Ready(None)
    }
}

/// Runs a scenario with 0, 1, 2, … polls before the kill, until it completes without one; returns how
/// many kills there were. The scenario reports whether its future completed.
pub(crate) async fn at_every_poll<F: Future<Output = bool>>(
    mut scenario: impl FnMut(usize) -> F,
) -> usize {
    for polls in 0..5_000 {
        if scenario(polls).await {
            return polls;
        }
    }
    panic!("it never completed");
}
