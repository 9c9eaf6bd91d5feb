//! One request, until its response begins.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use tokio::time::Instant;

use super::connecting::observe;
use super::explained::Explained;
use super::failure;
use super::probe::Probe;
use crate::transport::{FailureKind, TransportError};

const SPEAKS_TLS: &str = "the server speaks TLS on this port: the URL must begin with https://";

/// Waits for a response. At the deadline the failure reports whether the request had a connection.
pub(super) async fn response(
    sending: impl Future<Output = reqwest::Result<reqwest::Response>>,
    probe: &Probe,
    deadline: Option<Instant>,
) -> Result<reqwest::Response, TransportError> {
    match outcome(sending, deadline).await? {
        Ok(response) => {
            probe.settle();
            Ok(response)
        }
        Err(error) => Err(Box::pin(explain(error, probe, deadline)).await),
    }
}

/// The result of a request, unless the deadline passes first.
async fn outcome(
    sending: impl Future<Output = reqwest::Result<reqwest::Response>>,
    deadline: Option<Instant>,
) -> Result<reqwest::Result<reqwest::Response>, TransportError> {
    let mut sending = pin!(sending);
    poll_fn(|cx| {
        let (polled, is_connecting) = observe(|| sending.as_mut().poll(cx));
        match polled {
            Poll::Ready(outcome) => Poll::Ready(Ok(outcome)),
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

async fn explain(
    error: reqwest::Error,
    probe: &Probe,
    deadline: Option<Instant>,
) -> TransportError {
    let url = error.url().cloned();
    let error = failure::of_request(error);
    let Some(url) = url else {
        return error;
    };
    let (kind, text) = match error.kind() {
        kind @ FailureKind::Proxy => match probe.proxy_refusal(&url, deadline).await {
            Some(status) => (kind, failure::proxy_responded(status)),
            None => return error,
        },
        FailureKind::Interrupted if probe.finds_tls(&url, deadline).await => {
            (FailureKind::Tls, SPEAKS_TLS.to_owned())
        }
        _ => return error,
    };
    TransportError::new(kind).with_source(Explained::new(text, error))
}

pub(super) fn has_passed(deadline: Option<Instant>) -> bool {
    deadline.is_some_and(|deadline| deadline <= Instant::now())
}
