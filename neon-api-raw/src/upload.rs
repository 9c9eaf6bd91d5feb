//! Request bodies that are sent as streams.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;

use crate::transport::BoxFuture;

/// A request body that is sent as a stream, such as a file. It is opened anew for each attempt, so
/// that a request can be retried without keeping its body in memory.
///
/// ```
/// use neon_api_raw::upload::{Chunks, Upload};
///
/// use futures::stream;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> std::io::Result<()> {
/// let upload = Upload::new(|| async {
///     let archive = tokio::task::spawn_blocking(|| std::fs::read("Cargo.toml")).await??;
///     let length = archive.len() as u64;
///     Ok(Chunks::new(Some(length), stream::iter([Ok(archive.into())])))
/// });
/// assert!(upload.open().await?.length() > Some(0));
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Upload {
    open: Arc<dyn Fn() -> BoxFuture<'static, io::Result<Chunks>> + Send + Sync>,
}

impl Upload {
    /// An upload of what `open` returns. It is called once for each attempt to send the request,
    /// before anything of it is sent; if it fails, the request fails as not sent.
    pub fn new<F>(open: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = io::Result<Chunks>> + Send + 'static,
    {
        Self {
            open: Arc::new(move || Box::pin(open())),
        }
    }

    /// Opens it.
    ///
    /// # Errors
    ///
    /// That of the function it was built from.
    pub fn open(&self) -> BoxFuture<'static, io::Result<Chunks>> {
        (self.open)()
    }

    /// The same content between these bytes.
    pub(crate) fn between(self, before: Bytes, after: Bytes) -> Self {
        Self::new(move || {
            let (opening, before, after) = (self.open(), before.clone(), after.clone());
            async move { Ok(opening.await?.between(before, after)) }
        })
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload").finish_non_exhaustive()
    }
}

/// The chunks of an opened [`Upload`]: a [`Stream`] that fails if they come to another length than
/// was stated.
pub struct Chunks {
    before: Bytes,
    /// Until its end.
    content: Option<Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>>,
    after: Bytes,
    /// The bytes of the content that have not been read, if its length is known.
    missing: Option<u64>,
}

impl Chunks {
    /// Chunks of this length in bytes; `None` if it is not known. With a length the request has a
    /// `Content-Length`.
    pub fn new(
        length: Option<u64>,
        content: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
    ) -> Self {
        Self {
            before: Bytes::new(),
            content: Some(Box::pin(content)),
            after: Bytes::new(),
            missing: length,
        }
    }

    /// The length of what has not been read, in bytes, if it is known.
    pub fn length(&self) -> Option<u64> {
        let frame = (self.before.len() + self.after.len()) as u64;
        self.missing?.checked_add(frame)
    }

    /// Reads all chunks into memory.
    ///
    /// # Errors
    ///
    /// The first error of a chunk.
    pub async fn collect(mut self) -> io::Result<Bytes> {
        let mut whole = BytesMut::new();
        while let Some(chunk) = poll_fn(|cx| Pin::new(&mut self).poll_next(cx)).await {
            whole.extend_from_slice(&chunk?);
        }
        Ok(whole.freeze())
    }

    fn between(self, before: Bytes, after: Bytes) -> Self {
        Self {
            before,
            after,
            ..self
        }
    }

    /// Subtracts a chunk from the stated length.
    fn count(&mut self, chunk: &Bytes) -> io::Result<()> {
        if let Some(missing) = &mut self.missing {
            let rest = missing.checked_sub(chunk.len() as u64);
            *missing = rest.ok_or_else(|| not_as_long("longer"))?;
        }
        Ok(())
    }
}

fn not_as_long(what: &str) -> io::Error {
    let text = format!("the uploaded content is {what} than its stated length");
    io::Error::new(io::ErrorKind::InvalidData, text)
}

impl Stream for Chunks {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if !this.before.is_empty() {
            return Poll::Ready(Some(Ok(std::mem::take(&mut this.before))));
        }
        if let Some(content) = &mut this.content {
            let Poll::Ready(chunk) = content.as_mut().poll_next(cx) else {
                return Poll::Pending;
            };
            let fault = match chunk {
                Some(Ok(chunk)) => match this.count(&chunk) {
                    Ok(()) => return Poll::Ready(Some(Ok(chunk))),
                    Err(error) => Some(error),
                },
                Some(Err(error)) => Some(error),
                None if this.missing.is_some_and(|missing| missing > 0) => {
                    Some(not_as_long("shorter"))
                }
                None => None,
            };
            this.content = None;
            if let Some(error) = fault {
                this.after.clear();
                return Poll::Ready(Some(Err(error)));
            }
        }
        if this.after.is_empty() {
            return Poll::Ready(None);
        }
        Poll::Ready(Some(Ok(std::mem::take(&mut this.after))))
    }
}

impl fmt::Debug for Chunks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chunks")
            .field("length", &self.length())
            .finish_non_exhaustive()
    }
}

/// What a part of a form is sent from: bytes in memory, or an [`Upload`].
///
/// ```
/// use neon_api_raw::upload::Content;
///
/// let content = Content::from(b"PK\x05\x06".as_slice());
/// assert!(matches!(content, Content::Bytes(bytes) if bytes.len() == 4));
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub enum Content {
    /// Bytes in memory.
    Bytes(Bytes),
    /// A stream.
    Upload(Upload),
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
            Self::Upload(upload) => upload.fmt(f),
        }
    }
}

macro_rules! from_bytes {
    ($($bytes:ty),*) => {$(
        impl From<$bytes> for Content {
            fn from(bytes: $bytes) -> Self {
                Self::Bytes(bytes.into())
            }
        }
    )*};
}

from_bytes!(Bytes, Vec<u8>, Box<[u8]>, &'static [u8]);

impl From<Upload> for Content {
    fn from(upload: Upload) -> Self {
        Self::Upload(upload)
    }
}
