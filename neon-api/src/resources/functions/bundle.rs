//! The code of a function.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use neon_api_raw::upload::{Chunks, Content, Upload};
use tokio::fs::File;
use tokio::io::{AsyncRead as _, ReadBuf};

/// The code of a function, a zip archive: bytes in memory, a file, or a stream of pieces.
///
/// A request is sent again where the API did not take it (429, 423). A [`file`](Self::file) and an
/// [`Upload`] are therefore opened anew for each attempt, and sent as they are read. A
/// [`stream`](Self::stream), which can be read only once, is read to its end before anything is
/// sent, and is in memory until the call is over.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// use neon_api::functions::FunctionBundle;
///
/// let bundle = FunctionBundle::file("target/function.zip");
/// branch.function("resize").deploy(bundle).await?;
/// # Ok(())
/// # }
/// ```
pub struct FunctionBundle(Source);

type Pieces = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

enum Source {
    Content(Content),
    File(PathBuf),
    Pieces(Pieces),
}

impl FunctionBundle {
    /// A file, which is sent as it is read and never in memory as a whole.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self(Source::File(path.into()))
    }

    /// The pieces of an archive, which are read when the call is polled, and before it is sent. If
    /// reading fails, nothing is sent.
    ///
    /// ```no_run
    /// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
    /// use futures::stream;
    /// use neon_api::functions::FunctionBundle;
    ///
    /// // As a pipe or the response of a web server gives them.
    /// let pieces = stream::iter([Ok::<_, std::io::Error>("PK\u{3}\u{4}"), Ok("…")]);
    /// branch.function("resize").deploy(FunctionBundle::stream(pieces)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn stream<B: Into<Bytes>, E: Into<io::Error>>(
        pieces: impl Stream<Item = Result<B, E>> + Send + 'static,
    ) -> Self {
        Self(Source::Pieces(Box::pin(Converted(Box::pin(pieces)))))
    }

    /// What is sent; `None` if the archive is known to be empty.
    pub(super) async fn content(self) -> io::Result<Option<Content>> {
        let content = match self.0 {
            Source::Content(content) => content,
            Source::File(path) => {
                let length = tokio::fs::metadata(&path).await?.len();
                return Ok((length > 0).then(|| uploaded(path).into()));
            }
            Source::Pieces(pieces) => Chunks::new(None, pieces).collect().await?.into(),
        };
        let is_empty = matches!(&content, Content::Bytes(archive) if archive.is_empty());
        Ok((!is_empty).then_some(content))
    }
}

/// A file as an upload.
fn uploaded(path: PathBuf) -> Upload {
    Upload::new(move || {
        let path = path.clone();
        async move {
            let file = File::open(path).await?;
            let length = file.metadata().await?.len();
            Ok(Chunks::new(Some(length), FileChunks(file)))
        }
    })
}

/// The bytes that are read from a file at a time.
const CHUNK_BYTES: usize = 64 << 10;

struct FileChunks(File);

impl Stream for FileChunks {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut chunk = vec![0; CHUNK_BYTES];
        let mut read = ReadBuf::new(&mut chunk);
        ready!(Pin::new(&mut self.0).poll_read(cx, &mut read))?;
        let length = read.filled().len();
        chunk.truncate(length);
        Poll::Ready((length > 0).then(|| Ok(chunk.into())))
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

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let piece = self.0.as_mut().poll_next(cx);
        piece.map(|piece| piece.map(|piece| piece.map(Into::into).map_err(Into::into)))
    }
}

macro_rules! from_content {
    ($($content:ty),*) => {$(
        impl From<$content> for FunctionBundle {
            fn from(archive: $content) -> Self {
                Self(Source::Content(archive.into()))
            }
        }
    )*};
}

from_content!(Bytes, Vec<u8>, Box<[u8]>, &'static [u8], Upload);

impl fmt::Debug for FunctionBundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source: &dyn fmt::Debug = match &self.0 {
            Source::Content(archive) => archive,
            Source::File(path) => path,
            Source::Pieces(_) => &"stream",
        };
        f.debug_tuple("FunctionBundle").field(source).finish()
    }
}
