//! The emulator as an in-process transport of a client.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use neon_api_raw::transport::{Exchange, FailureKind, Response, ResponseBody};
use neon_api_raw::{BoxFuture, ByteStream, Transport, TransportError};

use crate::answer::Delivery;
use crate::emulator::Emulator;

/// Passes a client's calls to an emulator without sockets, so that clients can be tested in paused
/// time. See [`Emulator::transport`]. If a fault breaks the connection or truncates the response,
/// the call ends with a `TransportError` of kind `Interrupted`.
#[derive(Clone)]
pub struct EmulatorTransport {
    emulator: Emulator,
}

impl Emulator {
    /// Returns a transport for clients in this process.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use neon_api_emulator::Emulator;
    ///
    /// let emulator = Emulator::builder().build();
    /// let client = neon_api_raw::Client::builder()
    ///     .api_key("napi_any")
    ///     .transport(emulator.transport())
    ///     .build()?;
    /// client.list_projects(&Default::default()).await?;
    /// assert_eq!(emulator.count("listProjects"), 1);
    /// # Ok(()) }
    /// ```
    pub fn transport(&self) -> EmulatorTransport {
        EmulatorTransport {
            emulator: self.clone(),
        }
    }
}

impl Transport for EmulatorTransport {
    fn send(&self, call: Exchange) -> BoxFuture<'_, Result<Response, TransportError>> {
        Box::pin(async move {
            let (response, delivery) = self.emulator.deliver(call.request).await;
            let (parts, mut body) = response.into_parts();
            match delivery {
                Delivery::Whole => Ok(Response::new(parts.status, parts.headers, body)),
                Delivery::Cut(bytes) if call.streams && parts.status.is_success() => {
                    body.truncate(bytes);
                    let mut answer = Response::new(parts.status, parts.headers, Bytes::new());
                    answer.body = ResponseBody::Stream(ByteStream::new(Pieces::Bytes(body)));
                    Ok(answer)
                }
                Delivery::Cut(_) => Err(interrupted("the body was truncated")),
                Delivery::Reset => Err(interrupted("connection reset")),
            }
        })
    }
}

fn interrupted(why: &str) -> TransportError {
    TransportError::new(FailureKind::Interrupted).with_source(format!("{why} by a fault"))
}

/// The arrived part of a truncated body, and then its failure.
enum Pieces {
    Bytes(Bytes),
    Failure,
    End,
}

impl Stream for Pieces {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let (piece, next) = match std::mem::replace(&mut *self, Self::End) {
            Self::Bytes(bytes) => (Some(Ok(bytes)), Self::Failure),
            Self::Failure => (Some(Err(interrupted("the body was truncated"))), Self::End),
            Self::End => (None, Self::End),
        };
        *self = next;
        Poll::Ready(piece)
    }
}

impl fmt::Debug for EmulatorTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("EmulatorTransport")
            .field(&self.emulator)
            .finish()
    }
}
