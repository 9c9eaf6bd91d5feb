//! One request, until its response begins.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use tokio::time::Instant;

use super::connecting::observe;
use super::failure;
use crate::transport::{FailureKind, TransportError};

/// Waits for a response. At the deadline the failure says whether the request had a connection.
pub(super) async fn response(
    sending: impl Future<Output = reqwest::Result<reqwest::Response>>,
    deadline: Option<Instant>,
) -> Result<reqwest::Response, TransportError> {
    let mut sending = pin!(sending);
    poll_fn(|cx| {
        let (polled, is_connecting) = observe(|| sending.as_mut().poll(cx));
        match polled {
            Poll::Ready(outcome) => Poll::Ready(outcome.map_err(failure::of_request)),
            Poll::Pending if !has_passed(deadline) => Poll::Pending,
            Poll::Pending if is_connecting => {
                let source = "no connection was established in time";
                let error = TransportError::new(FailureKind::Connect).with_source(source);
                Poll::Ready(Err(error))
            }
            Poll::Pending => Poll::Ready(Err(TransportError::new(FailureKind::Timeout))),
        }
    })
    .await
}

pub(super) fn has_passed(deadline: Option<Instant>) -> bool {
    deadline.is_some_and(|deadline| deadline <= Instant::now())
}
