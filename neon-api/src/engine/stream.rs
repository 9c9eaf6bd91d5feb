//! A bound on the time of each piece of a streamed body.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use neon_api_raw::transport::{Answer, AnswerBody, FailureKind};
use neon_api_raw::{ByteStream, TransportError};
use tokio::time::{Instant, Sleep};

use crate::clock;

/// Bounds the pieces of an answer's body, where that is a stream.
pub(super) fn bound(answer: &mut Answer, time: Duration) {
    let body = std::mem::replace(&mut answer.body, AnswerBody::Whole(Bytes::new()));
    answer.body = match body {
        AnswerBody::Stream(pieces) => AnswerBody::Stream(ByteStream::new(Bounded {
            pieces: Some(pieces),
            time,
            limit: None,
        })),
        whole => whole,
    };
}

/// Ends with an error when a piece takes longer than this to come.
struct Bounded {
    /// Until their end or their first failure.
    pieces: Option<ByteStream>,
    time: Duration,
    /// The end of the time of the piece that is waited for, if one is.
    limit: Option<Pin<Box<Sleep>>>,
}

impl Stream for Bounded {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        let Some(pieces) = &mut this.pieces else {
            return Poll::Ready(None);
        };
        // What has come is handed out, however late it is asked for.
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
