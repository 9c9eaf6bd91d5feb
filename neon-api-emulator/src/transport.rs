//! The emulator as the transport of a client, in process.

use std::fmt;

use neon_api_raw::transport::{Answer, Call};
use neon_api_raw::{BoxFuture, Transport, TransportError};

use crate::emulator::Emulator;

/// Carries a client's calls to an emulator without sockets, so that whole clients can be tested in
/// paused time. See [`Emulator::transport`].
#[derive(Clone)]
pub struct EmulatorTransport {
    emulator: Emulator,
}

impl Emulator {
    /// A transport for clients in this process.
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
    fn send(&self, call: Call) -> BoxFuture<'_, Result<Answer, TransportError>> {
        Box::pin(async move {
            let (parts, body) = self.emulator.respond(call.request).await.into_parts();
            Ok(Answer::new(parts.status, parts.headers, body))
        })
    }
}

impl fmt::Debug for EmulatorTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("EmulatorTransport")
            .field(&self.emulator)
            .finish()
    }
}
