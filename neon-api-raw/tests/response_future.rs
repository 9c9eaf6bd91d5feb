//! When a request is sent: with the first poll of its future, and once.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

use std::future::ready;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use neon_api_raw::http::{HeaderMap, StatusCode};
use neon_api_raw::transport::{Exchange, Response};
use neon_api_raw::{BoxFuture, Client, Transport, TransportError};

#[derive(Debug, Clone, Default)]
struct Counting(Arc<AtomicUsize>);

impl Transport for Counting {
    fn send(&self, _: Exchange) -> BoxFuture<'_, Result<Response, TransportError>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        let answer = Response::new(StatusCode::OK, HeaderMap::new(), "[]");
        Box::pin(ready(Ok(answer)))
    }
}

#[test]
fn a_request_is_sent_with_the_first_poll_and_once() {
    let counting = Counting::default();
    let sent = || counting.0.load(Ordering::Relaxed);
    let client = Client::builder()
        .transport(counting.clone())
        .build()
        .unwrap();
    drop(client.list_api_keys());
    let mut future = pin!(client.list_api_keys());
    assert_eq!(sent(), 0);

    let mut cx = Context::from_waker(Waker::noop());
    let Poll::Ready(keys) = future.as_mut().poll(&mut cx) else {
        panic!("the response is there");
    };
    assert!(keys.unwrap().is_empty());
    assert_eq!(sent(), 1);

    for _ in 0..2 {
        assert!(future.as_mut().poll(&mut cx).is_pending());
    }
    assert_eq!(sent(), 1);
}
