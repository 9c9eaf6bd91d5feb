//! Truncated bodies.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

/// That a fault broke the connection.
#[derive(Debug)]
pub(super) struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("broken by an injected fault")
    }
}

impl std::error::Error for Broken {}

/// The body of a response, complete or truncated.
#[derive(Debug)]
pub(super) struct AnswerBody {
    bytes: Bytes,
    then: Then,
}

/// What follows the bytes.
#[derive(Debug)]
enum Then {
    End,
    /// They are sent first: what breaks off takes with it what was not.
    Flush,
    Break,
}

impl AnswerBody {
    pub(super) fn whole(bytes: Bytes) -> Self {
        Self {
            bytes,
            then: Then::End,
        }
    }

    /// The first `kept` bytes, and then the end of the connection.
    pub(super) fn cut(mut bytes: Bytes, kept: usize) -> Self {
        bytes.truncate(kept);
        Self {
            bytes,
            then: Then::Flush,
        }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        if !self.bytes.is_empty() {
            let bytes = std::mem::take(&mut self.bytes);
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        match self.then {
            Then::End => Poll::Ready(None),
            Then::Flush => {
                self.then = Then::Break;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Then::Break => Poll::Ready(Some(Err(Broken))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_empty() && matches!(self.then, Then::End)
    }

    fn size_hint(&self) -> SizeHint {
        match self.then {
            Then::End => SizeHint::with_exact(u64::try_from(self.bytes.len()).unwrap_or(u64::MAX)),
            _ => SizeHint::default(),
        }
    }
}
