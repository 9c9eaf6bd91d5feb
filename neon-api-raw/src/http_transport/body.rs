//! Response bodies: limited in size, and checked for truncation.

use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, StatusCode};
use tokio::time::Instant;

use super::exchange::has_passed;
use super::failure;
use crate::response::ByteStream;
use crate::transport::{FailureKind, Response, ResponseBody, TransportError};

/// How much of an error body is read: more than any message, and enough to identify a proxy's page.
const MAX_ERROR_BYTES: usize = 64 << 10;

/// How much memory is allocated for a body before it arrives.
const MAX_RESERVED_BYTES: usize = 1 << 20;

/// The limits for reading a body.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) max_bytes: usize,
    /// The caller's deadline.
    pub(super) deadline: Option<Instant>,
}

/// Reads a response, or returns its body as a stream: as much of the body of an error as is useful.
// Not an `async fn`, whose future would contain the response twice.
pub(super) fn answer(
    mut response: reqwest::Response,
    streams: bool,
    is_head: bool,
    limits: Limits,
) -> impl Future<Output = Result<Response, TransportError>> + Send {
    let status = response.status();
    let headers = std::mem::take(response.headers_mut());
    let length = if is_head {
        None
    } else {
        length(status, &headers)
    };
    async move {
        if streams && status.is_success() {
            let mut answer = Response::new(status, headers, Bytes::new());
            answer.body = ResponseBody::Stream(ByteStream::new(Pieces {
                pieces: Some(Box::pin(response.bytes_stream())),
                missing: length,
            }));
            return Ok(answer);
        }
        let most = if status.is_success() {
            limits.max_bytes
        } else {
            limits.max_bytes.min(MAX_ERROR_BYTES)
        };
        let too_large = || {
            let source = TooLarge(most);
            TransportError::new(FailureKind::TooLarge).with_source(source)
        };
        if status.is_success() && length.is_some_and(|length| length > most as u64) {
            return Err(too_large());
        }
        let mut body = Body::new(length);
        match body.read(&mut response, most, limits.deadline).await {
            Ok(End::TooLarge) if status.is_success() => return Err(too_large()),
            Ok(_) => {}
            // The API has decided: a truncated body does not change that.
            Err(_) if status.is_client_error() || status.is_redirection() => {}
            Err(error) => return Err(error),
        }
        Ok(Response::new(status, headers, body.into_bytes()))
    }
}

/// The length of the body according to its header, if any.
fn length(status: StatusCode, headers: &HeaderMap) -> Option<u64> {
    if matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
        return None;
    }
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

enum End {
    Whole,
    /// The rest was not read.
    TooLarge,
}

/// The part of a body that has been read.
struct Body {
    length: Option<u64>,
    /// A body of one chunk is not copied.
    first: Bytes,
    rest: BytesMut,
}

impl Body {
    fn new(length: Option<u64>) -> Self {
        Self {
            length,
            first: Bytes::new(),
            rest: BytesMut::new(),
        }
    }

    async fn read(
        &mut self,
        response: &mut reqwest::Response,
        max_bytes: usize,
        deadline: Option<Instant>,
    ) -> Result<End, TransportError> {
        while let Some(piece) = next(response, deadline).await? {
            if self.push(piece, max_bytes) {
                return Ok(End::TooLarge);
            }
        }
        match self.length {
            Some(length) if length > self.len() as u64 => Err(cut(length - self.len() as u64)),
            _ => Ok(End::Whole),
        }
    }

    /// Keeps a chunk up to the limit; returns whether it exceeds it.
    fn push(&mut self, mut piece: Bytes, max_bytes: usize) -> bool {
        let room = max_bytes.saturating_sub(self.len());
        let is_too_large = piece.len() > room;
        piece.truncate(room);
        if self.first.is_empty() {
            self.first = piece;
            return is_too_large;
        }
        if self.rest.is_empty() {
            // The header is trusted only up to a limit; beyond it, memory is allocated for what
            // arrives.
            let length = usize::try_from(self.length.unwrap_or_default()).unwrap_or_default();
            self.rest
                .reserve(length.min(max_bytes).min(MAX_RESERVED_BYTES));
            self.rest.extend_from_slice(&self.first);
        }
        self.rest.extend_from_slice(&piece);
        is_too_large
    }

    fn len(&self) -> usize {
        self.rest.len().max(self.first.len())
    }

    fn into_bytes(self) -> Bytes {
        if self.rest.is_empty() {
            self.first
        } else {
            self.rest.freeze()
        }
    }
}

/// The next chunk, unless the deadline passes first.
async fn next(
    response: &mut reqwest::Response,
    deadline: Option<Instant>,
) -> Result<Option<Bytes>, TransportError> {
    let mut piece = pin!(response.chunk());
    poll_fn(|cx| match piece.as_mut().poll(cx) {
        Poll::Ready(outcome) => Poll::Ready(outcome.map_err(failure::of_body)),
        Poll::Pending if has_passed(deadline) => {
            Poll::Ready(Err(TransportError::new(FailureKind::Timeout)))
        }
        Poll::Pending => Poll::Pending,
    })
    .await
}

fn cut(missing: u64) -> TransportError {
    TransportError::new(FailureKind::Interrupted).with_source(Cut(missing))
}

/// A body shorter than its `Content-Length`. HTTP/2 can end one without an error: by `RST_STREAM`
/// or `GOAWAY` with the code `NO_ERROR`.
#[derive(Debug)]
struct Cut(u64);

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the body is {} bytes shorter than its Content-Length",
            self.0
        )
    }
}

impl std::error::Error for Cut {}

#[derive(Debug)]
struct TooLarge(usize);

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it exceeds the limit of {} bytes", self.0)
    }
}

impl std::error::Error for TooLarge {}

/// The chunks of a streamed body.
struct Pieces<S> {
    /// Until the end or the first failure.
    pieces: Option<Pin<Box<S>>>,
    /// The remaining bytes according to the header.
    missing: Option<u64>,
}

impl<S: Stream<Item = reqwest::Result<Bytes>>> Stream for Pieces<S> {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let Some(pieces) = &mut this.pieces else {
            return Poll::Ready(None);
        };
        let Poll::Ready(piece) = pieces.as_mut().poll_next(cx) else {
            return Poll::Pending;
        };
        let piece = match piece {
            Some(Ok(piece)) => {
                let length = piece.len() as u64;
                this.missing = this.missing.map(|missing| missing.saturating_sub(length));
                return Poll::Ready(Some(Ok(piece)));
            }
            Some(Err(error)) => Some(Err(failure::of_body(error))),
            None => match this.missing {
                None | Some(0) => None,
                Some(missing) => Some(Err(cut(missing))),
            },
        };
        this.pieces = None;
        Poll::Ready(piece)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_joined_up_to_the_bound() {
        for (pieces, max_bytes, expected, is_too_large) in [
            (&[][..], 4, "", false),
            (&["abcd"][..], 4, "abcd", false),
            (&["abcde"][..], 4, "abcd", true),
            (&["ab", "", "cd"][..], 4, "abcd", false),
            (&["ab", "cde"][..], 4, "abcd", true),
            (&["", "ab"][..], 4, "ab", false),
            (&["a"][..], 0, "", true),
        ] {
            let mut body = Body::new(None);
            let mut last = false;
            for piece in pieces {
                last = body.push(Bytes::from_static(piece.as_bytes()), max_bytes);
            }
            assert_eq!(last, is_too_large, "{pieces:?}");
            assert_eq!(body.len(), expected.len());
            assert_eq!(body.into_bytes(), expected, "{pieces:?}");
        }
    }
}
