//! Responses of the generated methods.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use http::{HeaderMap, StatusCode};

use crate::transport::TransportError;

/// A decoded response with its status and headers. It dereferences to the value.
#[derive(Clone)]
pub struct ResponseValue<T> {
    /// Boxed, since it is moved from future to future, and some are a kilobyte.
    value: Box<T>,
    head: Head,
}

/// What a response has besides its value.
#[derive(Clone)]
pub(crate) struct Head {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) attempts: u32,
}

impl<T> ResponseValue<T> {
    pub(crate) fn new(value: Box<T>, head: Head) -> Self {
        Self { value, head }
    }

    /// The value.
    pub fn into_inner(self) -> T {
        *self.value
    }

    /// The boxed value. A part of it can be moved out without copying the whole.
    pub fn into_boxed(self) -> Box<T> {
        self.value
    }

    /// The status, which is a success.
    pub fn status(&self) -> StatusCode {
        self.head.status
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// How many attempts were made, 1 or more, including failed connections.
    pub fn attempts(&self) -> u32 {
        self.head.attempts
    }

    /// The API's request ID, if the response has one.
    pub fn request_id(&self) -> Option<&str> {
        request_id(&self.head.headers)
    }
}

impl<T> Deref for ResponseValue<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for ResponseValue<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T: fmt::Debug> fmt::Debug for ResponseValue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseValue")
            .field("status", &self.head.status)
            .field("value", &self.value)
            .finish_non_exhaustive()
    }
}

/// The request ID in a response.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<&str> {
    ["x-neon-ret-request-id", "x-request-id"]
        .iter()
        .find_map(|name| headers.get(*name))
        .and_then(|value| value.to_str().ok())
}

/// A body that is read in chunks, such as an object of a bucket.
///
/// Dropping it ends the transfer. An error ends the stream: no further chunks follow.
///
/// ```no_run
/// # use neon_api_raw::{Client, ids::{BranchId, ProjectId}};
/// # async fn run(
/// #     client: Client,
/// #     project: ProjectId,
/// #     branch: BranchId,
/// # ) -> Result<(), Box<dyn std::error::Error>> {
/// use std::io::Write;
///
/// use futures::TryStreamExt;
///
/// let response = client
///     .get_project_branch_bucket_object(&project, &branch, "uploads", "2026/report.pdf")
///     .await?;
/// let mut pieces = response.into_inner();
/// let mut file = std::fs::File::create("report.pdf")?;
/// while let Some(piece) = pieces.try_next().await? {
///     file.write_all(&piece)?;
/// }
/// # Ok(())
/// # }
/// ```
pub struct ByteStream(Pin<Box<dyn Stream<Item = Result<Bytes, TransportError>> + Send>>);

impl ByteStream {
    /// Wraps a stream of chunks.
    pub fn new(pieces: impl Stream<Item = Result<Bytes, TransportError>> + Send + 'static) -> Self {
        Self(Box::pin(pieces))
    }
}

impl Stream for ByteStream {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(cx)
    }
}

impl fmt::Debug for ByteStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ByteStream(…)")
    }
}
