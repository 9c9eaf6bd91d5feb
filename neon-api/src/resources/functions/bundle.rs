//! The code of a function.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;

use bytes::{Bytes, BytesMut};
use futures_core::Stream;

/// The code of a function, a zip archive: bytes in memory, or a stream of pieces.
///
/// A request is sent again where the API did not take it (429, 423), so that a stream is read to
/// its end before it is sent, and the archive is in memory until the call is over. Where reading
/// fails, nothing is sent.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// use futures::stream;
/// use neon_api::functions::FunctionBundle;
///
/// // As a file, a pipe or the response of a web server gives them.
/// let pieces = stream::iter([Ok::<_, std::io::Error>("PK\u{3}\u{4}"), Ok("…")]);
/// branch.function("resize").deploy(FunctionBundle::stream(pieces)).await?;
/// # Ok(())
/// # }
/// ```
pub struct FunctionBundle(Source);

type Pieces = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

enum Source {
    Whole(Bytes),
    Pieces(Pieces),
}

impl FunctionBundle {
    /// The pieces of an archive, which are read when the call is polled.
    pub fn stream<B: Into<Bytes>, E: Into<io::Error>>(
        pieces: impl Stream<Item = Result<B, E>> + Send + 'static,
    ) -> Self {
        Self(Source::Pieces(Box::pin(Converted(Box::pin(pieces)))))
    }

    /// The whole archive.
    pub(super) async fn read(self) -> io::Result<Bytes> {
        let mut pieces = match self.0 {
            Source::Whole(archive) => return Ok(archive),
            Source::Pieces(pieces) => pieces,
        };
        let mut archive = BytesMut::new();
        while let Some(piece) = poll_fn(|cx| pieces.as_mut().poll_next(cx)).await {
            archive.extend_from_slice(&piece?);
        }
        Ok(archive.freeze())
    }
}

/// A stream whose pieces are bytes.
struct Converted<S>(Pin<Box<S>>);

impl<S, B, E> Stream for Converted<S>
where
    S: Stream<Item = Result<B, E>>,
    B: Into<Bytes>,
    E: Into<io::Error>,
{
    type Item = io::Result<Bytes>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        let piece = self.0.as_mut().poll_next(cx);
        piece.map(|piece| piece.map(|piece| piece.map(Into::into).map_err(Into::into)))
    }
}

macro_rules! from_bytes {
    ($($bytes:ty),*) => {$(
        impl From<$bytes> for FunctionBundle {
            fn from(archive: $bytes) -> Self {
                Self(Source::Whole(archive.into()))
            }
        }
    )*};
}

from_bytes!(Bytes, Vec<u8>, Box<[u8]>, &'static [u8]);

impl fmt::Debug for FunctionBundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source: &dyn fmt::Debug = match &self.0 {
            Source::Whole(archive) => &archive.len(),
            Source::Pieces(_) => &"stream",
        };
        f.debug_tuple("FunctionBundle").field(source).finish()
    }
}
