//! A timeout for each chunk of a streamed body.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use neon_api_raw::transport::{FailureKind, Response, ResponseBody};
use neon_api_raw::{ByteStream, TransportError};
use tokio::time::{Instant, Sleep};

use crate::clock;

/// Sets the chunk timeout of a response body, if it is a stream.
pub(super) fn bound(answer: &mut Response, time: Duration) {
    let body = std::mem::replace(&mut answer.body, ResponseBody::Whole(Bytes::new()));
    answer.body = match body {
        ResponseBody::Stream(pieces) => ResponseBody::Stream(ByteStream::new(Bounded {
            pieces: Some(pieces),
            time,
            limit: None,
        })),
        whole => whole,
    };
}

/// Ends with an error when a chunk takes longer than this.
struct Bounded {
    /// Until the end or the first failure.
    pieces: Option<ByteStream>,
    time: Duration,
    /// The deadline of the chunk that is awaited, if any.
    limit: Option<Pin<Box<Sleep>>>,
}

impl Stream for Bounded {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        let Some(pieces) = &mut this.pieces else {
            return Poll::Ready(None);
        };
        // A chunk that has arrived is returned, however late it is polled for.
        if let Poll::Ready(piece) = Pin::new(pieces).poll_next(cx) {
            this.limit = None;
            if !matches!(piece, Some(Ok(_))) {
                this.pieces = None;
            }
            return Poll::Ready(piece);
        }
        let limit = this.limit.get_or_insert_with(|| {
            let end = clock::after(Instant::now(), this.time);
            Box::pin(tokio::time::sleep_until(end))
        });
        if limit.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        // The transfer ends here.
        this.pieces = None;
        this.limit = None;
        Poll::Ready(Some(Err(TransportError::new(FailureKind::Timeout))))
    }
}
